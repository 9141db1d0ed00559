/** What happens to every event between its source and the sinks. */
import type { Event } from '../core/event.ts';
import { EVENT_TYPE_IDS, EVENT_TYPES, type EventType } from '../core/event-types.ts';
import type { ForwardingRules } from './rules/forwarding.ts';

/** Takes the events that are forwarded; encodes or drops at once and counts what it drops itself. */
export interface EventTaker {
  offer(event: Event): unknown;
}

/** What became of the events of one type: seen = forwarded + filtered. */
export interface TypeCount {
  readonly type: EventType;
  readonly seen: number;
  readonly forwarded: number;
  readonly filtered: number;
}

/** What a {@link Pipeline} is made of. */
export interface PipelineOptions {
  readonly rules: ForwardingRules;
  readonly sinks: readonly EventTaker[];
  /** Adds what is known from elsewhere before the rules look; left out when the source's events are whole. */
  readonly enrich?: (event: Event) => void;
}

/** One synchronous pass for each event: enrich, decide, hand to every sink. Allocates nothing. */
export class Pipeline {
  readonly #sinks: readonly EventTaker[];
  readonly #enrich: ((event: Event) => void) | undefined;
  readonly #forwarded = new Float64Array(EVENT_TYPES.length + 1);
  readonly #filtered = new Float64Array(EVENT_TYPES.length + 1);
  #rules: ForwardingRules;

  constructor({ rules, sinks, enrich }: PipelineOptions) {
    this.#rules = rules;
    this.#sinks = sinks;
    this.#enrich = enrich;
  }

  /** Takes one event; true when it was forwarded. The event may be reused as soon as this returns. */
  process(event: Event): boolean {
    this.#enrich?.(event);
    const index = EVENT_TYPE_IDS[event.type];
    if (!this.#rules.matches(event)) {
      this.#filtered[index] = (this.#filtered[index] ?? 0) + 1;
      return false;
    }
    this.#forwarded[index] = (this.#forwarded[index] ?? 0) + 1;
    for (const sink of this.#sinks) {
      sink.offer(event);
    }
    return true;
  }

  /** Swaps the rules; to be called between two batches, so that a batch is judged by one set. */
  replaceRules(rules: ForwardingRules): void {
    this.#rules = rules;
  }

  /** Counts of the types that were seen at all. */
  counts(): TypeCount[] {
    return EVENT_TYPES.flatMap((type) => {
      const forwarded = this.#forwarded[EVENT_TYPE_IDS[type]] ?? 0;
      const filtered = this.#filtered[EVENT_TYPE_IDS[type]] ?? 0;
      const seen = forwarded + filtered;
      return seen === 0 ? [] : [{ type, seen, forwarded, filtered }];
    });
  }
}
