/** The failures that a person or a script must tell apart. */

/** Every error code with its exit status and whether trying again can help. */
export const ERROR_CODES = {
  /** All was done, and what the caller asked to fail on was found. */
  SNT_FOUND: { exit: 1, retryable: false },
  SNT_USAGE: { exit: 2, retryable: false },
  SNT_CONFIG_INVALID: { exit: 3, retryable: false },
  SNT_RULE_INVALID: { exit: 4, retryable: false },
  SNT_KERNEL_UNSUPPORTED: { exit: 5, retryable: false },
  SNT_PEER_UNAVAILABLE: { exit: 6, retryable: true },
  SNT_INPUT_CORRUPT: { exit: 7, retryable: false },
  SNT_INTERNAL: { exit: 70, retryable: false },
} as const satisfies Record<string, { exit: number; retryable: boolean }>;

/** A key of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The place in a text that a person wrote; line and column count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The whole line, for the caret; left out when it is not at hand. */
  readonly text?: string;
}

/** What to add to a {@link SentinelError}. */
export interface SentinelErrorOptions {
  /** The error underneath. */
  readonly cause?: unknown;
  /** Where in a person's file the fault lies. */
  readonly place?: SourcePlace;
  /** One sentence that helps, shown on a line of its own. */
  readonly hint?: string;
}

/** A failure that has a code, and with it an exit status. */
export class SentinelError extends Error {
  readonly code: ErrorCode;
  readonly place: SourcePlace | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: SentinelErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SentinelError';
    this.code = code;
    this.place = options.place;
    this.hint = options.hint;
  }
}

/** The exit status of any thrown value; 70 for what nobody foresaw. */
export function exitStatusOf(error: unknown): number {
  return ERROR_CODES[error instanceof SentinelError ? error.code : 'SNT_INTERNAL'].exit;
}

/** The message of any thrown value, also of an error from another realm (a worker's, a test runner's). */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}

const MAX_SHOWN_COLUMNS = 100;

/** The lines that a person reads: message with its place, the line with a caret, the hint. No colour, no trailing newline. */
export function formatError(error: unknown): string {
  if (!(error instanceof SentinelError)) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { place, hint, message } = error;
  const lines = [place ? `${place.file}:${place.line}:${place.column}: ${message}` : message];
  if (place?.text !== undefined) {
    const start = Math.max(0, place.column - MAX_SHOWN_COLUMNS + 20);
    const shown = place.text.slice(start, start + MAX_SHOWN_COLUMNS).replaceAll('\t', ' ');
    lines.push(`  ${shown}`, `  ${' '.repeat(Math.max(0, place.column - 1 - start))}^`);
  }
  if (hint !== undefined) {
    lines.push(`hint: ${hint}`);
  }
  return lines.join('\n');
}
