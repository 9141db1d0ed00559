/**
 * Path patterns, many against one path at once.
 *
 * pattern   = component *( "/" component )
 * component = "**"                         any number of components, also none
 *           | *( any character but "/" | "*" )   "*" stands for any characters but "/"
 *
 * There is no `?` and no set: `[` and `?` stand for themselves, as file names have them.
 */

interface Pattern {
  readonly tokens: readonly Token[];
  /** Characters before the first `*`. */
  readonly prefix: string;
}

/**
 * A fixed set of patterns. A pattern is tried only on paths that have its longest component without a star, so the time
 * depends on the patterns that could match and not on how many there are.
 */
export class PathPatterns {
  readonly #exact = new Set<string>();
  readonly #exactFilter = new Uint8Array(FILTER_SIZE);
  readonly #componentFilter = new Uint8Array(FILTER_SIZE);
  readonly #byComponent = new Map<string, Pattern[]>();
  /** Patterns with a `*` in every component. */
  readonly #others: Pattern[] = [];
  /** Of recent paths: programs open the same files over and over. */
  readonly #answers = new Map<string, boolean>();

  constructor(patterns: readonly string[]) {
    for (const text of patterns) {
      const star = text.indexOf('*');
      if (star < 0) {
        this.#exact.add(text);
        this.#exactFilter[filterSlot(text, 0, text.length)] = 1;
        continue;
      }
      const pattern = { tokens: tokensOf(text), prefix: text.slice(0, star) };
      const key = longestPlainComponent(text);
      if (key === '') {
        this.#others.push(pattern);
      } else {
        this.#componentFilter[filterSlot(key, 0, key.length)] = 1;
        const same = this.#byComponent.get(key);
        if (same === undefined) {
          this.#byComponent.set(key, [pattern]);
        } else {
          same.push(pattern);
        }
      }
    }
  }

  /** True when one of the patterns matches the whole path. */
  matches(path: string): boolean {
    const known = this.#answers.get(path);
    if (known !== undefined) {
      return known;
    }
    const answer = this.#search(path);
    if (path.length <= MAX_REMEMBERED_CHARS) {
      if (this.#answers.size >= MAX_ANSWERS) {
        this.#answers.clear();
      }
      this.#answers.set(path, answer);
    }
    return answer;
  }

  #search(path: string): boolean {
    const mayBeExact = this.#exactFilter[filterSlot(path, 0, path.length)] === 1;
    if ((mayBeExact && this.#exact.has(path)) || anyMatches(this.#others, path)) {
      return true;
    }
    if (this.#byComponent.size === 0) {
      return false;
    }
    for (let start = 0; start <= path.length; ) {
      const slash = path.indexOf('/', start);
      const end = slash < 0 ? path.length : slash;
      if (end > start && this.#componentFilter[filterSlot(path, start, end)] === 1) {
        const candidates = this.#byComponent.get(path.slice(start, end));
        if (candidates !== undefined && anyMatches(candidates, path)) {
          return true;
        }
      }
      start = end + 1;
    }
    return false;
  }
}

const MAX_ANSWERS = 4096;
const MAX_REMEMBERED_CHARS = 256;
const FILTER_SIZE = 4096;

/** A hash of length, first, middle and last character: what is no component of a pattern is known without a copy. */
function filterSlot(text: string, start: number, end: number): number {
  const middle = (start + end) >>> 1;
  return (
    ((end - start) * 29 +
      text.charCodeAt(start) * 7 +
      text.charCodeAt(middle) * 131 +
      text.charCodeAt(end - 1) * 1031) &
    (FILTER_SIZE - 1)
  );
}

function longestPlainComponent(pattern: string): string {
  return pattern
    .split('/')
    .filter((component) => !component.includes('*'))
    .reduce((longest, component) => (component.length > longest.length ? component : longest), '');
}

function anyMatches(patterns: readonly Pattern[], path: string): boolean {
  for (const { tokens, prefix } of patterns) {
    if (path.startsWith(prefix) && matchesTokens(tokens, path)) {
      return true;
    }
  }
  return false;
}

/** A character, or one of the three below. */
type Token = number;
const STAR: Token = -1;
/** `**` and the slash behind it. */
const DEEP: Token = -2;
/** `**` at the end. */
const REST: Token = -3;
const SLASH = 0x2f;

function tokensOf(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  const components = pattern.split('/');
  for (const [index, component] of components.entries()) {
    const isLast = index === components.length - 1;
    if (component === '**') {
      tokens.push(isLast ? REST : DEEP);
      continue;
    }
    for (let i = 0; i < component.length; i++) {
      const isStar = component[i] === '*';
      if (!isStar || component[i - 1] !== '*') {
        tokens.push(isStar ? STAR : component.charCodeAt(i));
      }
    }
    if (!isLast) {
      tokens.push(SLASH);
    }
  }
  return tokens;
}

/** True when `pattern` matches the whole of `path`. */
export function matchesPattern(pattern: string, path: string): boolean {
  return matchesTokens(tokensOf(pattern), path);
}

/** Time is at most the product of the two lengths: only the latest `*` and the latest `**` are ever tried again. */
function matchesTokens(tokens: readonly Token[], path: string): boolean {
  let p = 0;
  let t = 0;
  let starP = -1;
  let starT = 0;
  let deepP = -1;
  let deepT = 0;
  for (;;) {
    const token = tokens[p];
    if (token === REST || (token === undefined && t === path.length)) {
      return true;
    }
    if (token === DEEP) {
      deepP = ++p;
      deepT = t;
      starP = -1;
    } else if (token === STAR) {
      starP = ++p;
      starT = t;
    } else if (token !== undefined && t < path.length && token === path.charCodeAt(t)) {
      p++;
      t++;
    } else if (starP >= 0 && starT < path.length && path.charCodeAt(starT) !== SLASH) {
      t = ++starT;
      p = starP;
    } else if (deepP >= 0) {
      const next = path.indexOf('/', deepT);
      if (next < 0) {
        return false;
      }
      deepT = next + 1;
      t = deepT;
      p = deepP;
      starP = -1;
    } else {
      return false;
    }
  }
}
