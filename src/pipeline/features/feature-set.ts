/** How an event becomes the vector that models score. */
import type { Event } from '../../core/event.ts';
import type { EventType } from '../../core/event-types.ts';
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** Events of a kind have one vector layout and one model of their own. */
export interface FeatureGroup {
  /** `process`, `file`, `network`, `privilege`, or `event` for a set that has only one. */
  readonly name: string;
  /** What each place of the vector holds; a name lasts, as configuration and saved state hang on it. */
  readonly features: readonly string[];
  /** For each of them, true if it is a surprisal: high is unusual, low is not. Left out by a set that has none. */
  readonly surprisals?: readonly boolean[];
}

/** A way to see events as numbers. Stateful sets learn what is common; see {@link learn}. */
export interface FeatureSet {
  readonly name: string;
  /** Changes whenever a saved model could no longer be used with it. */
  readonly version: number;
  readonly groups: readonly FeatureGroup[];
  /** Index into {@link groups}, -1 for types that no model looks at (the agent's own). */
  groupOf(type: EventType): number;
  /**
   * Writes the vector of `event`; does not change the set. Synchronous, allocates nothing it can avoid.
   *
   * @param out As many values as the event's group has features; NaN where the event does not say.
   */
  extract(event: Event, out: Float64Array): void;
  /** Takes the event that was extracted last into the counts. */
  learn(event: Event): void;
  /**
   * Says in words what a feature of the event extracted last is, before it is learnt: "first time nginx starts sh".
   *
   * @param feature Its place in the vector.
   */
  explain(event: Event, feature: number): string;
  save(state: StateWriter): void;
  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the set is unusable then. */
  restore(state: StateReader): void;
}
