/** When flagged events are learnt after all: the host has changed, not one event of it. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { Adwin } from './adwin.ts';

/** How a {@link DriftEscape} is built. */
export interface DriftEscapeSettings {
  /** ADWIN's chance of a false alarm at a check. */
  readonly delta?: number;
  /** The share of flagged events from which it is drift, 0 to 1. */
  readonly minShare?: number;
  /** For how many events flagged ones are learnt then. */
  readonly openEvents?: number;
}

/**
 * The escape hatch of "what was flagged is not learnt". Without one, a model whose host has changed for good (an upgrade, a
 * new workload) flags the new normal for ever, as it may never learn it.
 *
 * ADWIN watches the share of flagged events. When it finds that the share has risen, and to at least `minShare`, the hatch is
 * open for `openEvents` events, and again as long as the share stays there. An attack of a few hundred events among a hundred thousand
 * does not open it; one that makes 2 % of all events would, by then having been reported over and over.
 */
export class DriftEscape {
  readonly #adwin: Adwin;
  readonly #minShare: number;
  readonly #openEvents: number;
  #left = 0;
  #openings = 0;

  /** @throws {RangeError} If a setting is outside its range. */
  constructor(settings: DriftEscapeSettings = {}) {
    const { delta = 0.0001, minShare = 0.02, openEvents = 4096 } = settings;
    if (!(minShare > 0 && minShare <= 1) || !(openEvents >= 1 && openEvents <= 2 ** 31)) {
      throw new RangeError('a drift escape needs minShare in 0..1 and openEvents from 1');
    }
    this.#adwin = new Adwin(delta);
    this.#minShare = minShare;
    this.#openEvents = Math.round(openEvents);
  }

  /** True while flagged events are to be learnt as well. */
  get isOpen(): boolean {
    return this.#left > 0;
  }

  /** How often it has opened. */
  get openings(): number {
    return this.#openings;
  }

  /** The share of flagged events in ADWIN's window. */
  get flaggedShare(): number {
    return this.#adwin.mean;
  }

  /**
   * Takes note of one event.
   *
   * @returns {@link isOpen} after it: whether to learn it although it was flagged.
   */
  update(isFlagged: boolean): boolean {
    if (this.#left > 0) {
      this.#left--;
    }
    const isChanged = this.#adwin.update(isFlagged ? 1 : 0);
    if (isChanged && this.#adwin.mean > this.#adwin.meanBefore && this.#adwin.mean >= this.#minShare) {
      this.#openings += this.#left === 0 ? 1 : 0;
      this.#left = this.#openEvents;
    } else if (this.#left === 1 && this.#adwin.mean >= this.#minShare) {
      this.#left = this.#openEvents;
    }
    return this.isOpen;
  }

  save(state: StateWriter): void {
    this.#adwin.save(state);
    state.u32(this.#left);
    state.u32(this.#openings);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the escape is unusable then. */
  restore(state: StateReader): void {
    this.#adwin.restore(state);
    this.#left = state.u32(this.#openEvents);
    this.#openings = state.u32();
  }
}
