/** The log: for people and machines that watch the agent itself, on standard error. */
import pino from 'pino';
import { escapeControls } from './terminal-text.ts';

/** How the log looks. */
export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `auto` is text on a terminal and JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'text';
  /** File descriptor to write to; 2 unless given. */
  readonly fd?: number;
  readonly isTerminal?: boolean;
  /** Whether text may have colour; only used with text. */
  readonly useColor?: boolean;
}

/** A logger. `child({component})` makes one for a part. */
export type Log = pino.Logger;

/** Names of properties that are never printed, at the top or one level down. */
const SECRET_NAMES = [
  'password',
  'passphrase',
  'secret',
  'token',
  'authorization',
  'privateKey',
  'private_key',
];

/**
 * Makes the log. Writes are synchronous: what was logged is out even if the process dies next, and the event path
 * does not log.
 */
export function createLog(options: LogOptions): Log {
  const fd = options.fd ?? 2;
  const isText = options.format === 'text' || (options.format === 'auto' && options.isTerminal === true);
  // pino's transports need worker files that a bundle does not have; a synchronous destination works everywhere
  const destination = pino.destination({ fd, sync: true });
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`]), censor: '***' },
      serializers: { error: describeError, err: describeError },
    },
    isText
      ? { write: (line) => destination.write(renderLogLine(line, options.useColor === true)) }
      : destination,
  );
}

const LEVEL_COLORS: Readonly<Record<string, string>> = {
  trace: '\x1b[2m',
  debug: '\x1b[2m',
  info: '\x1b[36m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
  fatal: '\x1b[1;31m',
};

/**
 * One JSON log line as a person reads it: `12:00:01.123 warn  message key=value`, with its newline.
 * Control characters in values are escaped. A line that is no JSON object is returned as it is.
 */
export function renderLogLine(line: string, useColor: boolean): string {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>; // pino writes one object a line
  } catch {
    return line;
  }
  const { level, time, msg, ...rest } = record;
  const label = String(level);
  const paint = useColor ? LEVEL_COLORS[label] : undefined;
  const shownLevel = paint === undefined ? label.padEnd(5) : `${paint}${label.padEnd(5)}\x1b[0m`;
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${fieldText(value)}`);
  const parts = [String(time).slice(11, 23), shownLevel, escapeControls(String(msg ?? '')), ...fields];
  return `${parts.join(' ')}\n`;
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return escapeControls(/[\s"=]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text);
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) {
    return error;
  }
  const code: unknown = 'code' in error ? error.code : undefined;
  return { ...(typeof code === 'string' ? { code } : {}), message: error.message };
}
