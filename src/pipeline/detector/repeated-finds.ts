/** What was reported often enough to be taken for what this host does. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const MAX_ENTRIES = 4096;
const MAX_KEY = 512;

/**
 * Counts how often the same thing was flagged. What a detector flags it does not learn, so a new but lasting habit (a
 * cron job, a deployment) would be flagged for ever: after `times` reports of the same thing it may be learnt.
 *
 * Bounded: the thing that was not seen for longest is forgotten.
 */
export class RepeatedFinds {
  readonly #times: number;
  readonly #counts = new Map<string, number>();

  /** @param times Reports of one thing before it may be learnt, 1 or more. */
  constructor(times: number) {
    this.#times = times;
  }

  /**
   * Takes note that `key` was flagged.
   *
   * @returns True when it was flagged more than `times` times by now.
   */
  note(key: string): boolean {
    const short = key.slice(0, MAX_KEY);
    const count = (this.#counts.get(short) ?? 0) + 1;
    this.#counts.delete(short);
    this.#counts.set(short, count);
    if (this.#counts.size > MAX_ENTRIES) {
      const [oldest] = this.#counts.keys();
      if (oldest !== undefined) {
        this.#counts.delete(oldest);
      }
    }
    return count > this.#times;
  }

  save(state: StateWriter): void {
    state.u32(this.#counts.size);
    for (const [key, count] of this.#counts) {
      state.text(key);
      state.u32(count);
    }
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; unusable then. */
  restore(state: StateReader): void {
    this.#counts.clear();
    for (let left = state.u32(MAX_ENTRIES); left > 0; left--) {
      const key = state.text(4 * MAX_KEY);
      this.#counts.set(key, state.u32());
    }
  }
}
