/** The preflight report as a person reads it. */
import type { CheckResult, CheckStatus } from '../app/preflight/check.ts';
import type { PreflightReport } from '../app/preflight/preflight.ts';
import { escapeControls } from '../core/terminal-text.ts';

const MARKS: Readonly<Record<CheckStatus, readonly [mark: string, color: string]>> = {
  ok: ['✔', '\x1b[32m'],
  warn: ['!', '\x1b[33m'],
  fail: ['✖', '\x1b[31m'],
  skip: ['-', '\x1b[2m'],
};
const RESET = '\x1b[0m';
const DIM = '\x1b[2m';

/** Checks, then event types by the way they would be watched, then settings with their origins; ends with a newline. */
export function renderPreflight(report: PreflightReport, useColor: boolean): string {
  const blocks = [checksBlock(report.checks, useColor), eventsBlock(report, useColor)];
  if (report.settings.length > 0) {
    blocks.push(settingsBlock(report));
  }
  blocks.push(verdict(report));
  return `${blocks.join('\n\n')}\n`;
}

function checksBlock(checks: readonly CheckResult[], useColor: boolean): string {
  const width = Math.max(...checks.map(({ title }) => title.length));
  const indent = ' '.repeat(width + 4);
  return checks
    .flatMap(({ status, title, detail, fix }) => {
      const [first = '', ...more] = detail.split('\n').map(escapeControls);
      return [
        `${mark(status, useColor)} ${title.padEnd(width)}  ${first}`,
        ...more.map((line) => `${indent}${line}`),
        ...(fix === undefined ? [] : [`${indent}${paint(`→ ${escapeControls(fix)}`, DIM, useColor)}`]),
      ];
    })
    .join('\n');
}

function eventsBlock({ events }: PreflightReport, useColor: boolean): string {
  const width = Math.max(...events.map(({ type }) => type.length));
  const lines = events.map(({ type, way, hooks, ok, reason }) => {
    const status: CheckStatus = way === undefined || ok === undefined ? 'skip' : ok ? 'ok' : 'fail';
    const how = way === undefined ? 'not watched' : `${way} ${hooks.join(' ')}`;
    return `${mark(status, useColor)} ${type.padEnd(width)}  ${how}${reason === undefined ? '' : `: ${escapeControls(reason)}`}`;
  });
  return ['Event types:', ...lines].join('\n');
}

function settingsBlock({ settings }: PreflightReport): string {
  const rows = settings.map(
    ({ setting, value, origin }) => [setting, JSON.stringify(value) ?? '', origin] as const,
  );
  const width = Math.max(...rows.map(([setting]) => setting.length));
  return [
    'Settings that are not at their default:',
    ...rows.map(
      ([setting, value, origin]) => `  ${setting.padEnd(width)}  ${escapeControls(`${value}  (${origin})`)}`,
    ),
  ].join('\n');
}

function verdict({ ok, checks }: PreflightReport): string {
  const warnings = checks.filter(({ status }) => status === 'warn').length;
  const note = warnings === 0 ? '' : `, with ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  return ok ? `probe can do its job here${note}` : `probe cannot do its job here${note}`;
}

function mark(status: CheckStatus, useColor: boolean): string {
  const [text, color] = MARKS[status];
  return paint(text, color, useColor);
}

function paint(text: string, color: string, useColor: boolean): string {
  return useColor ? `${color}${text}${RESET}` : text;
}
