/** The members of an envelope that say where it is from: the same in nearly all events of a recording. */
import { literal, matchLiteral, NO_MATCH, skipString } from './json-bytes.ts';
import type { JsonTextCache } from './json-text-cache.ts';

const KEYS = ['hostname', 'pod', 'namespace', 'container_id'].map((key) => literal(`,"${key}":"`));
const MAX_KEPT_BYTES = 1024;

/** Reads host name, pod, namespace and container id, comparing them with those of the event before. */
export class CanonicalHost {
  hostname = '';
  podName = '';
  namespace = '';
  containerId = '';
  readonly #texts: JsonTextCache;
  /** The members read last by four bytes, little-endian; up to three bytes of the next member follow. */
  readonly #kept = new Int32Array(MAX_KEPT_BYTES / 4);
  /** Of the members kept in bytes, 0 for none. */
  #length = 0;

  constructor(texts: JsonTextCache) {
    this.#texts = texts;
  }

  /**
   * Reads the four members.
   *
   * @param from Where the comma before the first is, or NO_MATCH.
   * @returns The place after the last, or NO_MATCH.
   */
  read(bytes: Buffer, view: DataView, from: number, end: number): number {
    if (from === NO_MATCH) {
      return NO_MATCH;
    }
    if (this.#isSame(view, from, end)) {
      return from + this.#length;
    }
    this.#length = 0;
    let at = from;
    const texts: string[] = [];
    for (const key of KEYS) {
      const start = matchLiteral(view, at, end, key);
      at = skipString(view, start, end);
      // A string is followed by at least three bytes, or what follows does not match.
      if (at === NO_MATCH || at + 2 > end) {
        return NO_MATCH;
      }
      texts.push(this.#texts.get(bytes, view, start, at - 1));
    }
    [this.hostname = '', this.podName = '', this.namespace = '', this.containerId = ''] = texts;
    this.#keep(view, from, at, end);
    return at;
  }

  #isSame(view: DataView, from: number, end: number): boolean {
    const size = this.#length;
    if (size === 0 || from + size + 3 > end) {
      return false;
    }
    const kept = this.#kept;
    const words = (size + 3) >> 2;
    for (let word = 0; word < words; word++) {
      if (view.getInt32(from + word * 4, true) !== kept[word]) {
        return false;
      }
    }
    return true;
  }

  #keep(view: DataView, from: number, at: number, end: number): void {
    const words = (at - from + 3) >> 2;
    if (words <= this.#kept.length && from + words * 4 <= end) {
      for (let word = 0; word < words; word++) {
        this.#kept[word] = view.getInt32(from + word * 4, true);
      }
      this.#length = at - from;
    }
  }
}
