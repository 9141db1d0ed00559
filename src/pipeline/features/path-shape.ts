/** What a path looks like, and the hashes of its prefixes, in one pass. */
import { MAX_STEPS } from './prefix-counts.ts';
import { entropyOf } from './text-entropy.ts';
import { hashText, hashUnit } from './text-hash.ts';

/** Characters of a path that are looked at: Linux has 4096 bytes, nearly all paths have fewer than 200. */
const MAX_UNITS = 1024;
/** An extension is at most so long; what follows the last dot else is part of the name. */
const MAX_EXTENSION = 8;
const SLASH = 47;
const DOT = 46;
const NUMBER_SIGN = 35;

/** Where anyone, or the user, may write: nothing that belongs to the system is started from there. */
const WRITABLE = [
  '/tmp/',
  '/var/tmp/',
  '/dev/shm/',
  '/home/',
  '/run/user/',
  '/memfd:',
  'memfd:',
  '/var/www/',
];

/** Their second characters. */
const MAY_BE_WRITABLE = 'tvdhrme';

/** Shapes in each of the two generations of the memo, and the longest path that is kept. */
const MEMO_SHAPES = 2048;
const MEMO_UNITS = 256;

/** The shapes of the paths read lately, in bounded memory. */
export class PathShapes {
  readonly #start: number;
  #young = new Map<string, PathShape>();
  #old = new Map<string, PathShape>();
  readonly #long: PathShape;

  /** @param hashStart As text-hash.ts gives it. */
  constructor(hashStart: number) {
    this.#start = hashStart;
    this.#long = new PathShape(hashStart);
  }

  /** The shape of a path; valid until the next call. */
  of(path: string): PathShape {
    let shape = this.#young.get(path);
    if (shape !== undefined) {
      return shape;
    }
    if (path.length > MEMO_UNITS) {
      this.#long.read(path);
      return this.#long;
    }
    shape = this.#old.get(path);
    if (shape === undefined) {
      shape = new PathShape(this.#start);
      shape.read(path);
    }
    if (this.#young.size >= MEMO_SHAPES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(path, shape);
    return shape;
  }
}

/**
 * One path at a time; {@link read} makes it the next one.
 *
 * A component of digits only hashes as `#`, so that `/proc/17/maps` and `/proc/4/maps` are one.
 */
export class PathShape {
  /** Hashes of the prefixes that end before each slash, shortest first; the last is the whole path. */
  readonly prefixes = new Int32Array(MAX_STEPS);
  steps = 0;
  /** Slashes. */
  depth = 0;
  /** Bits per character of the last component. */
  nameEntropy = 0;
  nameLength = 0;
  /** Of the last component, 0 to 1. */
  digitShare = 0;
  /** A component begins with a dot that is not all of it. */
  isHidden = false;
  isWritable = false;
  /** Hash of the extension, of '' when there is none. */
  extension = 0;
  readonly #start: number;

  /** @param hashStart As text-hash.ts gives it. */
  constructor(hashStart: number) {
    this.#start = hashStart;
  }

  read(path: string): void {
    const end = Math.min(path.length, MAX_UNITS);
    let hash = this.#start;
    let hashAtComponent = hash;
    let component = 0;
    let digits = 0;
    let dot = -1;
    this.steps = 0;
    this.depth = 0;
    this.isHidden = false;
    for (let index = 0; index < end; index++) {
      const unit = path.charCodeAt(index);
      if (unit === SLASH) {
        hash = this.#endComponent(path, component, index, digits, hashAtComponent, hash);
        this.depth++;
        hash = hashUnit(hash, unit);
        hashAtComponent = hash;
        component = index + 1;
        digits = 0;
        dot = -1;
        continue;
      }
      hash = hashUnit(hash, unit);
      if (unit >= 48 && unit <= 57) {
        digits++;
      } else if (unit === DOT) {
        dot = index;
      }
    }
    const length = end - component;
    const last = length > 0 && digits === length ? hashUnit(hashAtComponent, NUMBER_SIGN) : hash;
    this.prefixes[Math.min(this.steps, MAX_STEPS - 1)] = last;
    this.steps = Math.min(this.steps, MAX_STEPS - 1) + 1;
    if (isHiddenName(path, component, end)) {
      this.isHidden = true;
    }
    this.nameLength = length;
    this.digitShare = length === 0 ? 0 : digits / length;
    this.nameEntropy = entropyOf(path, component, end);
    const hasExtension = dot > component && end - dot - 1 <= MAX_EXTENSION && end - dot > 1;
    this.extension = hasExtension ? hashText(this.#start, path, dot + 1, end) : this.#start;
    this.isWritable = isWritable(path);
  }

  /** Keeps the prefix up to `end` and gives the hash to go on from. */
  #endComponent(
    path: string,
    start: number,
    end: number,
    digits: number,
    hashBefore: number,
    hash: number,
  ): number {
    if (end === start) {
      return hash; // the root, or two slashes
    }
    if (isHiddenName(path, start, end)) {
      this.isHidden = true;
    }
    const result = digits === end - start ? hashUnit(hashBefore, NUMBER_SIGN) : hash;
    if (this.steps < MAX_STEPS - 1) {
      this.prefixes[this.steps++] = result;
    }
    return result;
  }
}

function isHiddenName(path: string, start: number, end: number): boolean {
  if (path.charCodeAt(start) !== DOT || end - start < 2) {
    return false;
  }
  return !(end - start === 2 && path.charCodeAt(start + 1) === DOT);
}

function isWritable(path: string): boolean {
  if (!MAY_BE_WRITABLE.includes(path.charAt(1))) {
    return false;
  }
  for (const prefix of WRITABLE) {
    if (path.startsWith(prefix)) {
      return true;
    }
  }
  return false;
}
