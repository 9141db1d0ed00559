/** Arguments as a person would have to type them into a POSIX shell. */
import { escapeControls } from './terminal-text.ts';

const PLAIN = /^[\p{L}\p{N}_@%+=:,./~^-]+$/u;

/**
 * One argument, quoted so that its borders, spaces and quotes are seen, and safe to print on a terminal: `a`, `''`,
 * `'a b'`, and `$'a\nb'` where it has characters that must not be printed.
 */
export function quoteArgument(argument: string): string {
  const escaped = escapeControls(argument);
  if (escaped !== argument) {
    return `$'${escapeControls(argument.replace(/[\\']/g, '\\$&'))}'`;
  }
  if (PLAIN.test(argument) && !argument.startsWith('~')) {
    return argument;
  }
  return `'${argument.replaceAll("'", "'\\''")}'`;
}
