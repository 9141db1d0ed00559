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

/** A fixed set of patterns; the time to match depends on those that could, not on how many there are. */
export class PathPatterns {
  readonly #exact = new Set<string>();
  readonly #byLastComponent = new Map<string, Pattern[]>();
  readonly #byFirstComponent = new Map<string, Pattern[]>();
  readonly #others: Pattern[] = [];

  constructor(patterns: readonly string[]) {
    for (const text of patterns) {
      const star = text.indexOf('*');
      if (star < 0) {
        this.#exact.add(text);
        continue;
      }
      const pattern = { tokens: tokensOf(text), prefix: text.slice(0, star) };
      const last = text.slice(text.lastIndexOf('/') + 1);
      const first = firstComponent(text);
      if (!last.includes('*')) {
        addTo(this.#byLastComponent, last, pattern);
      } else if (first !== undefined && !first.includes('*')) {
        addTo(this.#byFirstComponent, first, pattern);
      } else {
        this.#others.push(pattern);
      }
    }
  }

  /** True when one of the patterns matches the whole path. */
  matches(path: string): boolean {
    if (this.#exact.has(path)) {
      return true;
    }
    const first = firstComponent(path);
    return (
      anyMatches(this.#byLastComponent.get(path.slice(path.lastIndexOf('/') + 1)), path) ||
      (first !== undefined && anyMatches(this.#byFirstComponent.get(first), path)) ||
      anyMatches(this.#others, path)
    );
  }
}

/** `etc` of `/etc/passwd`; undefined for a relative path. */
function firstComponent(path: string): string | undefined {
  if (!path.startsWith('/')) {
    return undefined;
  }
  const end = path.indexOf('/', 1);
  return end < 0 ? path.slice(1) : path.slice(1, end);
}

function addTo(index: Map<string, Pattern[]>, key: string, pattern: Pattern): void {
  const list = index.get(key);
  if (list === undefined) {
    index.set(key, [pattern]);
  } else {
    list.push(pattern);
  }
}

function anyMatches(patterns: readonly Pattern[] | undefined, path: string): boolean {
  if (patterns !== undefined) {
    for (const { tokens, prefix } of patterns) {
      if (path.startsWith(prefix) && matchesTokens(tokens, path)) {
        return true;
      }
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
