/** Texts of events inside explanations: cut short, never escaped (who shows them does that). */

/** Characters (UTF-16 units) that an explanation has at most. */
export const MAX_EXPLANATION_CHARS = 120;

const MAX_NAME_CHARS = 36;

/** `text` cut to `maxChars` UTF-16 units, an ellipsis last; never cut within a surrogate pair. */
export function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) {
    return text;
  }
  const end = maxChars - 1;
  const last = text.charCodeAt(end - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)}…`;
}

/** A value of an event as it appears within a sentence. */
export function shown(text: string | undefined): string {
  return text === undefined || text === '' ? 'an unknown one' : clip(text, MAX_NAME_CHARS);
}

/** The end of a long path, which tells more than its beginning. */
export function shownPath(path: string): string {
  if (path.length <= MAX_NAME_CHARS) {
    return shown(path);
  }
  const start = path.length - MAX_NAME_CHARS + 1;
  const first = path.charCodeAt(start);
  return `…${path.slice(first >= 0xdc00 && first <= 0xdfff ? start + 1 : start)}`;
}

/** A program by its last path component: `/usr/sbin/nginx` is `nginx`. */
export function shownProgram(path: string | undefined): string {
  if (path === undefined || path === '') {
    return 'an unknown program';
  }
  const name = path.slice(path.lastIndexOf('/', path.length - 2) + 1);
  return clip(name === '' ? path : name, MAX_NAME_CHARS);
}

/** A decayed count as people read it: `12`, `0.4`, `3100`. */
export function shownCount(count: number): string {
  if (count >= 9.95) {
    return String(count >= 1000 ? Number(count.toPrecision(2)) : Math.round(count));
  }
  return String(Number(count.toFixed(1)));
}

/** How often of how often: `3 of 120`. */
export function share({ count, total }: { readonly count: number; readonly total: number }): string {
  return `${shownCount(count)} of ${shownCount(Math.max(count, total))}`;
}

/** A share of one as a percentage with two significant digits. */
export function shownShare(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** A measured number with three significant digits. */
export function shownNumber(value: number): string {
  return Number.isNaN(value) ? 'unknown' : String(Number(value.toPrecision(3)));
}
