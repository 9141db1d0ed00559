/** The models of one group of events, and what they say together. */
import type { Event } from '../../core/event.ts';
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { combinePvalues } from '../calibration/combine-pvalues.ts';
import { DriftEscape } from '../calibration/drift-escape.ts';
import type { FeatureGroup } from '../features/feature-set.ts';
import type { Head } from './head.ts';

/** One group: its vector, its models, and whether what is flagged is learnt after all. */
export class GroupDetector {
  readonly group: FeatureGroup;
  readonly heads: readonly Head[];
  /** The vector of the current event; whoever extracts features writes here. */
  readonly vector: Float64Array;
  /** Lent to whoever asks a head to explain. */
  readonly weights: Float64Array;
  readonly #drift = new DriftEscape();
  readonly #pvalues: Float64Array;

  constructor(group: FeatureGroup, heads: readonly Head[]) {
    this.group = group;
    this.heads = heads;
    this.vector = new Float64Array(group.features.length);
    this.weights = new Float64Array(group.features.length);
    this.#pvalues = new Float64Array(heads.length);
  }

  /** True once at least one model's p-values mean something. */
  get isWarm(): boolean {
    return this.heads.some((head) => head.isWarm);
  }

  /** How often the host had changed so much that flagged events were learnt. */
  get driftOpenings(): number {
    return this.#drift.openings;
  }

  /** Scores `event`, whose vector was written already: the p-value of all models together, 1 while none is warm. */
  score(event: Event): number {
    const { heads, vector } = this;
    const pvalues = this.#pvalues;
    for (let index = 0; index < heads.length; index++) {
      const head = heads[index] as Head; // in bounds
      head.score(event, vector);
      pvalues[index] = head.isWarm ? head.lastPvalue : Number.NaN;
    }
    return heads.length === 1 ? (heads[0] as Head).lastPvalue : combinePvalues(pvalues);
  }

  /** The model that found the current event most unusual. */
  get strongest(): Head {
    return this.heads.reduce((best, head) => (head.lastPvalue < best.lastPvalue ? head : best));
  }

  /**
   * Ends the current event.
   *
   * @param isFlagged Then it is learnt only where the host has changed, or `isAccepted`.
   * @param flagPvalue p-values up to this are flagged.
   * @returns Whether it was learnt.
   */
  settle(event: Event, isFlagged: boolean, isAccepted: boolean, flagPvalue: number): boolean {
    const isOpen = this.#drift.update(isFlagged);
    const isLearnt = !isFlagged || isAccepted || isOpen;
    for (const head of this.heads) {
      if (isLearnt) {
        head.learn(event, this.vector);
      } else {
        head.leaveOut(event, flagPvalue);
      }
    }
    return isLearnt;
  }

  save(state: StateWriter): void {
    this.#drift.save(state);
    for (const head of this.heads) {
      head.save(state);
    }
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; unusable then. */
  restore(state: StateReader): void {
    this.#drift.restore(state);
    for (const head of this.heads) {
      head.restore(state);
    }
  }
}
