/** How surprising a value is in its context, by decayed counts of both. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { DecayClock } from './decay-clock.ts';
import { DecayedTable } from './decayed-table.ts';
import { hashPair } from './text-hash.ts';

/** Events' worth of the whole table's share of new values that every context starts with. */
export const PRIOR_EVENTS = 4;
/** The share of a table that the values of one context may take. */
const CONTEXT_SHARE = 1 / 8;

/** One question to {@link ConditionalCounts} and its answer; made once and used again. */
export class CountQuery {
  /** 0 to 1, never 0. */
  probability = 1;
  /** Stored weights of the pair and of the context, and what one event weighs. */
  countWeight = 0;
  totalWeight = 0;
  eventWeight = 1;
  context = 0;
  /** Key of the pair. */
  pair = 0;
  atContext = -1;
  atPair = -1;

  /** Nats; higher is rarer. */
  get surprisal(): number {
    return -Math.log(this.probability);
  }

  /** Events with this value in this context, decayed. */
  get count(): number {
    return this.countWeight / this.eventWeight;
  }

  /** Events in this context, decayed. */
  get total(): number {
    return this.totalWeight / this.eventWeight;
  }

  /** The value was not seen in this context. */
  get isNew(): boolean {
    return this.countWeight === 0;
  }
}

/**
 * Surprisal of a value v in a context k. With decayed counts c(v,k) and n(k), and u(k) the events whose value was new
 * to k when they came:
 *
 *     P(new|k) = (u(k) + a U/N) / (n(k) + a)             U, N: the same over all contexts, a = 4
 *     P(v|k)   = P(new|k) + (1 - P(new|k)) c / n
 *
 * The last is no distribution over values but what to rank them by: no value is rarer than a new one. The probability of something new is Witten and Bell's (method C, IEEE Trans. Inf. Theory 37/4, 1991) drawn to the
 * table's mean: a context that always brings new values (a compiler's temporary files) does not surprise by another, a
 * context that never did does. Additive smoothing, (c+a)/(n+aV), has no such notion: there both surprise by log n.
 */
export class ConditionalCounts {
  readonly #clock: DecayClock;
  readonly #contexts: DecayedTable;
  readonly #pairs: DecayedTable;
  readonly #maxNew: number;
  #events = 0;
  #newEvents = 0;

  /**
   * @param pairs Pairs of context and value to keep, a power of two.
   * @param contexts Contexts to keep, a power of two.
   */
  constructor(clock: DecayClock, pairs: number, contexts: number) {
    this.#clock = clock;
    this.#pairs = new DecayedTable(pairs, 1);
    this.#contexts = new DecayedTable(contexts, 2);
    this.#maxNew = pairs * CONTEXT_SHARE;
  }

  get sizeBytes(): number {
    return this.#contexts.sizeBytes + this.#pairs.sizeBytes;
  }

  /** Answers `query`; does not change the counts. @param context Hash. @param value Hash. */
  look(query: CountQuery, context: number, value: number): void {
    const { scale } = this.#clock;
    const pair = hashPair(context, value);
    const atContext = this.#contexts.find(context);
    const atPair = this.#pairs.find(pair);
    const lanes = this.#contexts.weights;
    const total = atContext < 0 ? 0 : (lanes[atContext] ?? 0);
    const fresh = atContext < 0 ? 0 : (lanes[atContext + 1] ?? 0);
    const count = atPair < 0 ? 0 : (this.#pairs.weights[atPair] ?? 0);
    const prior = (PRIOR_EVENTS * scale * (this.#newEvents + scale)) / (this.#events + 2 * scale);
    const novelty = (fresh + prior) / (total + PRIOR_EVENTS * scale);
    query.context = context;
    query.pair = pair;
    query.atContext = atContext;
    query.atPair = atPair;
    query.countWeight = count;
    query.totalWeight = total;
    query.eventWeight = scale;
    query.probability = probabilityOf(novelty, count, total);
  }

  /** Takes in what `query` was last asked about. */
  learn(query: CountQuery): void {
    const { scale } = this.#clock;
    const atContext = this.#contexts.takeAt(query.atContext, query.context, scale);
    let atPair = this.#pairs.findAt(query.atPair, query.pair);
    this.#events += scale;
    let hasRoom = true;
    if (atPair < 0) {
      this.#newEvents += scale;
    }
    if (atContext >= 0) {
      const lanes = this.#contexts.weights;
      lanes[atContext] = (lanes[atContext] ?? 0) + scale;
      if (atPair < 0) {
        const fresh = (lanes[atContext + 1] ?? 0) + scale;
        lanes[atContext + 1] = fresh;
        hasRoom = fresh <= this.#maxNew * scale;
      }
    }
    if (atPair < 0 && hasRoom) {
      atPair = this.#pairs.take(query.pair, scale);
    }
    if (atPair >= 0) {
      this.#pairs.weights[atPair] = (this.#pairs.weights[atPair] ?? 0) + scale;
    }
  }

  /** Multiplies all weights, as {@link DecayClock.advance} asks. */
  scale(factor: number): void {
    this.#contexts.scale(factor);
    this.#pairs.scale(factor);
    this.#events *= factor;
    this.#newEvents *= factor;
  }

  save(state: StateWriter): void {
    this.#contexts.save(state);
    this.#pairs.save(state);
    state.f64(this.#events);
    state.f64(this.#newEvents);
  }

  restore(state: StateReader): void {
    this.#contexts.restore(state);
    this.#pairs.restore(state);
    this.#events = state.f64();
    this.#newEvents = state.f64();
    mustBeCounts(state, this.#newEvents, this.#events);
  }
}

/** Of a value seen `count` times of `total` where new ones come with probability `novelty`. */
export function probabilityOf(novelty: number, count: number, total: number): number {
  return count > 0 ? novelty + (1 - novelty) * Math.min(1, count / total) : novelty;
}

/** Refuses a restored sum that is no part of another. @throws {SentinelError} `SNT_INPUT_CORRUPT`. */
export function mustBeCounts(state: StateReader, part: number, whole: number): void {
  if (!(part >= 0 && whole >= part && whole < Number.POSITIVE_INFINITY)) {
    state.fail('more new events than events');
  }
}
