/** How the alert budget is divided among groups of events. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** Events in which a count halves. */
const HALF_LIFE_EVENTS = 262_144;
const KEEP = 0.5 ** (1 / HALF_LIFE_EVENTS);

/**
 * Gives every group of events the same part of the alert budget, by weighted p-values (Genovese, Roeder & Wasserman, Biometrika 93,
 * 2006): with G groups, of which one has the share s of the recent events, its p-values are multiplied by `G s`. The mean
 * weight over events is one, so that as many events as before are below a threshold by chance.
 *
 * A host opens files 20 times as often as it starts programs, and 100 times as often as it asks for privileges. Without
 * weights the common group sets a threshold that the rare ones' models, which saw a hundredth of the events, cannot say of
 * any event that it reaches it; with them "one alarm a day from each group" is what a budget asks of each.
 */
export class GroupShares {
  readonly #counts: Float64Array;
  #total = 0;
  #active = 0;

  /** @param groups How many there are. */
  constructor(groups: number) {
    this.#counts = new Float64Array(groups);
  }

  /** Takes note of an event of `group`. */
  note(group: number): void {
    const counts = this.#counts;
    let active = 0;
    let total = 0;
    for (let index = 0; index < counts.length; index++) {
      const count = (counts[index] ?? 0) * KEEP + (index === group ? 1 : 0);
      counts[index] = count;
      total += count;
      active += count > 0 ? 1 : 0;
    }
    this.#total = total;
    this.#active = active;
  }

  /** By what p-values of `group` are multiplied: above 0, and 1 while there is one group only. */
  factor(group: number): number {
    return this.#total > 0 ? (this.#active * (this.#counts[group] ?? 0)) / this.#total : 1;
  }

  save(state: StateWriter): void {
    state.array(this.#counts);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; unusable then. */
  restore(state: StateReader): void {
    state.fill(this.#counts);
    if (!this.#counts.every((count) => count >= 0 && count <= 2 * HALF_LIFE_EVENTS)) {
      state.fail('counts of events that cannot be');
    }
    this.#total = this.#counts.reduce((sum, count) => sum + count, 0);
    this.#active = this.#counts.filter((count) => count > 0).length;
  }
}
