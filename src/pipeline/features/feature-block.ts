/** The parts that the host feature set is made of. */
import type { Event } from '../../core/event.ts';
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { Subject } from './subject.ts';

/** Decayed counts of fixed size that a block learns. */
export interface Counts {
  readonly sizeBytes: number;
  /** Multiplies all weights, as `DecayClock.advance` asks. */
  scale(factor: number): void;
  save(state: StateWriter): void;
  restore(state: StateReader): void;
}

/** Some neighbouring features of a vector, and what they need to be told. One instance belongs to one group. */
export interface FeatureBlock {
  /** Names, in their order in the vector. */
  readonly features: readonly string[];
  readonly counts: readonly Counts[];
  /** Writes the features from `out[at]` on; changes no counts. */
  extract(event: Event, subject: Subject, out: Float64Array, at: number): void;
  /** Takes the event extracted last into the counts. */
  learn(subject: Subject): void;
  /** What a feature of the event extracted last says, in words; any length. @param index Within the block. */
  explain(event: Event, subject: Subject, index: number): string;
}
