/** Which event types `--events` means. */

import type { Config } from '../core/config/schema.ts';
import { SentinelError } from '../core/errors.ts';
import { EVENT_FAMILIES, EVENT_TYPES, type EventType } from '../core/event-types.ts';
import { DEFAULT_OFF_TYPES, describeAttachPlan, isObservable, OPT_IN_TYPES } from '../kernel/attach-plan.ts';
import type { ForwardingRules } from '../pipeline/rules/forwarding.ts';

/**
 * The event types that a list selects, left to right; a leading `-` takes out. A list that begins with `-` starts from
 * the default: everything that this version can see but the types that are only on by name.
 *
 * @param selectors Event types and families; unknown names select nothing (the configuration refuses them before).
 * @throws {SentinelError} SNT_CONFIG_INVALID when a type is asked for by name that this version cannot see, or when
 * nothing is left.
 */
export function selectEvents(selectors: readonly string[]): Set<EventType> {
  const defaults = EVENT_TYPES.filter((type) => isObservable(type) && !DEFAULT_OFF_TYPES.includes(type));
  const selected = new Set<EventType>(
    selectors.length === 0 || selectors[0]?.startsWith('-') ? defaults : [],
  );
  for (const selector of selectors) {
    const isRemoval = selector.startsWith('-');
    const name = isRemoval ? selector.slice(1) : selector;
    for (const type of typesOf(name)) {
      if (isRemoval) {
        selected.delete(type);
      } else if (isObservable(type)) {
        selected.add(type);
      } else if (type === name) {
        const plan = describeAttachPlan().find((entry) => entry.type === type);
        throw new SentinelError(
          'SNT_CONFIG_INVALID',
          `Cannot watch ${type}: ${plan?.reason ?? 'no way to see it'}`,
        );
      }
    }
  }
  if (selected.size === 0) {
    throw new SentinelError(
      'SNT_CONFIG_INVALID',
      `Cannot watch nothing: ${selectors.join(',')} leaves no event type that this version sees`,
    );
  }
  return selected;
}

/** The types to watch: what was asked for, without those that no rule could forward; empty when that is all of them. */
export function forwardableEvents(
  probe: Pick<Config['probe'], 'events' | 'syscalls'>,
  rules: Pick<ForwardingRules, 'eventTypes'>,
): Set<EventType> {
  const selected = selectEvents(probe.events);
  if (probe.syscalls.length > 0) {
    selected.add('sys_call');
  }
  return new Set([...selected].filter((type) => rules.eventTypes.has(type)));
}

/** A family's types, without those that are on only by name; or the one type. */
function typesOf(name: string): EventType[] {
  if (EVENT_FAMILIES.some((family) => family === name)) {
    return EVENT_TYPES.filter((type) => type.startsWith(`${name}_`) && !OPT_IN_TYPES.includes(type));
  }
  return EVENT_TYPES.filter((type) => type === name);
}
