/** Checks of what a person wrote: configuration, event list, rules. */
import { describeOrigin } from '../../core/config/origin.ts';
import { formatError, SentinelError } from '../../core/errors.ts';
import { selectEvents } from '../event-selection.ts';
import { forwardingRulesName, loadForwardingRules } from '../forwarding-rules.ts';
import type { Check, Finding, PreflightContext } from './check.ts';

/** The checks. */
export const SETTINGS_CHECKS: readonly Check[] = [
  { id: 'config', title: 'Configuration', code: 'SNT_CONFIG_INVALID', run: configuration },
  { id: 'events', title: 'Event types', code: 'SNT_CONFIG_INVALID', run: events },
  { id: 'rules', title: 'Forwarding rules', code: 'SNT_RULE_INVALID', run: rules },
];

function configuration({ settings }: PreflightContext): Finding {
  if (settings instanceof SentinelError) {
    return { status: 'fail', detail: formatError(settings), fix: 'correct it; probe refuses to start' };
  }
  const { file, warnings, origins } = settings;
  const changed = [...origins.values()].filter(({ kind }) => kind !== 'default').length;
  const detail = `${file ?? 'no file'}, ${changed} of ${origins.size} settings not at their default`;
  return warnings.length === 0
    ? { status: 'ok', detail }
    : { status: 'warn', detail: [detail, ...warnings].join('\n'), fix: 'remove the settings without effect' };
}

function events({ settings }: PreflightContext): Finding {
  if (settings instanceof SentinelError) {
    return { status: 'skip', detail: 'the configuration has to be right first' };
  }
  try {
    return { status: 'ok', detail: `${selectEvents(settings.config.probe.events).size} selected` };
  } catch (error) {
    if (!(error instanceof SentinelError)) {
      throw error;
    }
    const origin = settings.origins.get('probe.events');
    const where = origin === undefined ? '' : ` (${describeOrigin(origin)})`;
    return { status: 'fail', detail: `${error.message}${where}`, fix: 'leave it out of probe.events' };
  }
}

function rules({ settings }: PreflightContext): Finding {
  if (settings instanceof SentinelError) {
    return { status: 'skip', detail: 'the configuration has to be right first' };
  }
  const name = forwardingRulesName(settings.config);
  try {
    const { ruleNames } = loadForwardingRules(settings.config);
    return ruleNames.length === 0
      ? {
          status: 'warn',
          detail: `${name}: no rule is enabled, so nothing is forwarded`,
          fix: 'enable a rule, or use --all',
        }
      : { status: 'ok', detail: `${name}, ${ruleNames.length} enabled` };
  } catch (error) {
    if (!(error instanceof SentinelError)) {
      throw error;
    }
    return { status: 'fail', detail: formatError(error), fix: 'correct it; probe refuses to start' };
  }
}
