/** Text from outside, made safe to show on a terminal. */

// C0 and C1 controls, DEL, line and paragraph separators, bidirectional marks, overrides and isolates, zero-width and
// otherwise invisible characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNSAFE = /[\0-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Replaces every character that could move the cursor, change colours or reorder text by its escape (`\x1b`, `\u202e`).
 */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\n') {
      return '\\n';
    }
    if (character === '\t') {
      return '\\t';
    }
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
