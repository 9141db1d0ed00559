/** How many terminal columns a text takes, and cutting it to fit. Texts must be free of control characters. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range from space to tilde is what is meant
const ASCII = /^[\x00-\x7f]*$/;
const COMBINING = /^\p{M}$/u;
// East Asian wide and fullwidth blocks, and emoji (Unicode 16, EastAsianWidth.txt, in whole blocks).
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18fff}\u{1b000}-\u{1b2ff}\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f7e0}-\u{1f7eb}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

/** Columns that `text` takes. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) {
    return text.length;
  }
  let columns = 0;
  for (const character of text) {
    columns += characterWidth(character);
  }
  return columns;
}

function characterWidth(character: string): number {
  if (character < '\u0300') {
    return 1;
  }
  return COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

/** The first characters of `text` that take at most `columns`. */
function head(text: string, columns: number): string {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > columns) {
      break;
    }
    end += character.length;
  }
  return text.slice(0, end);
}

/** The last characters of `text` that take at most `columns`. */
function tail(text: string, columns: number): string {
  const characters = Array.from(text);
  let used = 0;
  let start = characters.length;
  while (start > 0) {
    used += characterWidth(characters[start - 1] ?? '');
    if (used > columns) {
      break;
    }
    start--;
  }
  return characters.slice(start).join('');
}

/** `text` in at most `columns`, an ellipsis for what is missing at its end. */
export function cutEnd(text: string, columns: number): string {
  if (textWidth(text) <= columns) {
    return text;
  }
  return columns < 1 ? '' : `${head(text, columns - 1)}…`;
}

/** `text` in at most `columns`, an ellipsis for what is missing in its middle; a path's end says more, so it gets more. */
export function cutMiddle(text: string, columns: number): string {
  if (textWidth(text) <= columns) {
    return text;
  }
  if (columns < 1) {
    return '';
  }
  const front = Math.floor((columns - 1) / 3);
  return `${head(text, front)}…${tail(text, columns - 1 - front)}`;
}

/** `text` followed by spaces up to `columns`; cut at its end when it is longer. */
export function padTo(text: string, columns: number): string {
  const cut = cutEnd(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - textWidth(cut)));
}
