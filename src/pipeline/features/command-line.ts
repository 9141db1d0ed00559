/** What a command line looks like: numbers that need no learning, and a hash of its build. */
import { hashUnit } from './text-hash.ts';

/** Characters that are looked at. */
export const MAX_COMMAND_UNITS = 2048;
const MAX_OPTION_UNITS = 24;
const MIN_BASE64_RUN = 24;
const SPACE = 32;
const DASH = 45;
const SHELL_CHARACTERS = '|;&<>$`(){}';

const LOWER = 1;
const UPPER = 2;
const DIGIT = 4;
const BASE64_EXTRA = 8;
const SHELL = 16;
const KIND_OF = kinds();

/** The current command line; {@link read} makes it the next one. */
export class CommandLine {
  /** Characters, of which the first 2048 were looked at. */
  length = 0;
  /** Arguments as spaces tell. */
  words = 0;
  /** Characters of the longest word. */
  longestWord = 0;
  /** Characters that a shell acts on. */
  shellCharacters = 0;
  /** Characters of the longest run that looks like base64: capitals, small letters and digits mixed, few slashes. */
  base64Run = 0;
  /** Names an address to fetch from or to connect to. */
  hasUrl = false;
  /** Hash of options by name and of other arguments by kind: `tar -xzf P` whatever the path. */
  build = 0;
  readonly #start: number;
  #lastKind = 0;

  /** @param hashStart As text-hash.ts gives it. */
  constructor(hashStart: number) {
    this.#start = hashStart;
  }

  read(text: string): void {
    const end = Math.min(text.length, MAX_COMMAND_UNITS);
    this.length = text.length;
    this.words = 0;
    this.longestWord = 0;
    this.shellCharacters = 0;
    this.base64Run = 0;
    this.build = this.#start;
    this.#lastKind = 0;
    let word = 0;
    for (let index = 0; index <= end; index++) {
      if (index < end && text.charCodeAt(index) !== SPACE) {
        continue;
      }
      if (index > word) {
        this.#readWord(text, word, index);
      }
      word = index + 1;
    }
    const looked = text.length > end ? text.slice(0, end) : text;
    this.hasUrl = looked.includes('://') || looked.includes('/dev/tcp/') || looked.includes('/dev/udp/');
  }

  #readWord(text: string, start: number, end: number): void {
    const length = end - start;
    let seen = 0;
    let run = 0;
    let runSeen = 0;
    let runExtras = 0;
    for (let index = start; index < end; index++) {
      const unit = text.charCodeAt(index);
      const kind = unit < 128 ? (KIND_OF[unit] ?? 0) : 0;
      seen |= kind;
      if ((kind & SHELL) !== 0) {
        this.shellCharacters++;
      }
      if ((kind & (LOWER | UPPER | DIGIT | BASE64_EXTRA)) === 0) {
        this.#endRun(run, runSeen, runExtras);
        run = 0;
        runSeen = 0;
        runExtras = 0;
        continue;
      }
      run++;
      runSeen |= kind;
      runExtras += (kind & BASE64_EXTRA) === 0 ? 0 : 1;
    }
    this.#endRun(run, runSeen, runExtras);
    this.#addToBuild(text, start, end, seen);
    this.words++;
    this.longestWord = Math.max(this.longestWord, length);
  }

  #endRun(run: number, seen: number, extras: number): void {
    const mixed = LOWER | UPPER | DIGIT;
    if (run > this.base64Run && run >= MIN_BASE64_RUN && (seen & mixed) === mixed && extras * 10 <= run) {
      this.base64Run = run;
    }
  }

  #addToBuild(text: string, start: number, end: number, seen: number): void {
    let hash = hashUnit(this.build, SPACE);
    if (text.charCodeAt(start) === DASH) {
      for (let index = start; index < Math.min(end, start + MAX_OPTION_UNITS); index++) {
        const unit = text.charCodeAt(index);
        if (unit === 61 || (unit >= 48 && unit <= 57)) {
          break; // the value of --option=value or -n5
        }
        hash = hashUnit(hash, unit);
      }
    } else if (this.words > 0) {
      const isPath = text.charCodeAt(start) === 47;
      const isNumber = seen === DIGIT;
      // A word for any number of them: three files are as two.
      const kind = isPath ? 80 : isNumber ? 78 : (seen & SHELL) !== 0 ? 83 : 87;
      if (kind === this.#lastKind) {
        return;
      }
      this.#lastKind = kind;
      this.build = hashUnit(hash, kind);
      return;
    }
    this.#lastKind = 0;
    this.build = hash;
  }
}

function kinds(): Uint8Array {
  const table = new Uint8Array(128);
  for (let unit = 0; unit < 128; unit++) {
    const character = String.fromCharCode(unit);
    table[unit] =
      (/[a-z]/.test(character) ? LOWER : 0) |
      (/[A-Z]/.test(character) ? UPPER : 0) |
      (/[0-9]/.test(character) ? DIGIT : 0) |
      ('+/=_-'.includes(character) ? BASE64_EXTRA : 0) |
      (SHELL_CHARACTERS.includes(character) ? SHELL : 0);
  }
  return table;
}
