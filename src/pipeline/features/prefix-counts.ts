/** How surprising a path or an address is for its user: an unknown leaf falls back to what is above it. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { mustBeCounts, PRIOR_EVENTS, probabilityOf } from './conditional-counts.ts';
import type { DecayClock } from './decay-clock.ts';
import { DecayedTable } from './decayed-table.ts';
import { hashPair } from './text-hash.ts';

/** Prefixes of a path that are told apart: the last one is the whole path. */
export const MAX_STEPS = 8;

/** The share of a table that the new children of one prefix may take. */
const PARENT_SHARE = 1 / 8;
/** Lanes: how often a node was passed, how often a child new to it came, and how often a user new to it. */
const LANES = 3;
/** Events from which on a node can tell who uses it. */
const ENOUGH = 3;
/** The path, its directory and the one above know their users. */
export const USER_LEVELS = 3;

/** One question to {@link PrefixCounts} and its answer; made once and used again. */
export class PrefixQuery {
  /** Of the path under its root, 0 to 1. */
  probability = 1;
  /** Of the last known step after the one above, or of the unknown one, 0 to 1. */
  stepProbability = 1;
  /** Prefixes that are known, from the shortest; `steps` when all are. */
  known = 0;
  steps = 0;
  /** Times that the whole path was seen under this root, decayed; 0 when it is new. */
  count = 0;
  /** Events under this root, decayed. */
  total = 0;
  /** Keys of the root and of the prefixes, and where they were found (-1 unknown or not looked for). */
  readonly keys = new Int32Array(MAX_STEPS + 1);
  readonly places = new Int32Array(MAX_STEPS + 1);

  /** Nats; higher is rarer. */
  get surprisal(): number {
    return -Math.log(this.probability);
  }

  get stepSurprisal(): number {
    return -Math.log(this.stepProbability);
  }

  /** The path was not seen under this root. */
  get isNew(): boolean {
    return this.known < this.steps;
  }
}

/** Who uses a path: one question and its answer. */
export class UserQuery {
  /** Of the user for the path, 0 to 1. */
  probability = 1;
  /** Events with this user, and all, at the level that answers, decayed. */
  count = 0;
  total = 0;
  /** Components that the path was cut by to find one that can tell. */
  level = 0;
  user = 0;

  /** Nats; higher is rarer. */
  get surprisal(): number {
    return -Math.log(this.probability);
  }

  /** The user was not seen there. */
  get isNew(): boolean {
    return this.count === 0;
  }
}

/**
 * Counts of prefixes under roots (programs). With c the count of a node, d the deepest known prefix of a path, and
 * P(new|d) as {@link ConditionalCounts} has it:
 *
 *     P(path|root) = c(d) / c(root) P(new|d)                          d is not all of it
 *     P(path|root) = c(parent) / c(root) P(path|parent)               the path is known
 *
 * What follows an unknown step is not judged, and an event makes one new node at most, so that it takes a thousand
 * events to grow a tree of a thousand directories.
 */
export class PrefixCounts {
  readonly #clock: DecayClock;
  readonly #nodes: DecayedTable;
  readonly #maxNew: number;
  readonly #users: DecayedTable;
  readonly #maxUsers: number;
  #steps = 0;
  #newSteps = 0;
  #usages = 0;
  #newUsages = 0;

  /**
   * @param nodes Prefixes to keep over all roots, a power of two.
   * @param users Pairs of prefix and user to keep, a power of two; 8 where nobody asks for users.
   */
  constructor(clock: DecayClock, nodes: number, users = 8) {
    this.#clock = clock;
    this.#nodes = new DecayedTable(nodes, LANES);
    this.#users = new DecayedTable(users, 1);
    this.#maxUsers = users * PARENT_SHARE;
    this.#maxNew = nodes * PARENT_SHARE;
  }

  get sizeBytes(): number {
    return this.#nodes.sizeBytes + this.#users.sizeBytes;
  }

  /**
   * Answers `query`; does not change the counts.
   *
   * @param prefixes Hashes of the prefixes, shortest first, the whole path last.
   * @param steps How many of them count, 1 to {@link MAX_STEPS}.
   */
  look(query: PrefixQuery, root: number, prefixes: Int32Array, steps: number): void {
    const { scale } = this.#clock;
    const nodes = this.#nodes;
    const { weights } = nodes;
    const { keys, places } = query;
    const atRoot = nodes.find(root);
    const total = atRoot < 0 ? 0 : (weights[atRoot] ?? 0);
    keys[0] = root;
    places[0] = atRoot;
    let known = steps;
    for (; known > 0; known--) {
      const key = hashPair(root, prefixes[known - 1] ?? 0);
      const place = nodes.find(key);
      keys[known] = key;
      places[known] = place;
      if (place >= 0) {
        break;
      }
    }
    const isKnown = known === steps;
    const parent = isKnown ? steps - 1 : known;
    for (let step = known - 1; step > 0; step--) {
      keys[step] = hashPair(root, prefixes[step - 1] ?? 0);
      places[step] = step === parent ? nodes.find(keys[step] ?? 0) : -1;
    }
    const atParent = places[parent] ?? -1;
    const ofParent = atParent < 0 ? 0 : (weights[atParent] ?? 0);
    const fresh = atParent < 0 ? 0 : (weights[atParent + 1] ?? 0);
    const count = isKnown ? (weights[places[steps] ?? 0] ?? 0) : 0;
    const prior = (PRIOR_EVENTS * scale * (this.#newSteps + scale)) / (this.#steps + 2 * scale);
    const novelty = (fresh + prior) / (ofParent + PRIOR_EVENTS * scale);
    const above = ofParent > 0 && total > 0 ? Math.min(1, ofParent / total) : 1;
    query.stepProbability = probabilityOf(novelty, count, ofParent);
    query.probability = above * query.stepProbability;
    query.known = known;
    query.steps = steps;
    query.count = count / scale;
    query.total = total / scale;
  }

  /**
   * Says how usual `user` is for the path of `path`, which was looked up last, or for its directory, or the one above:
   * the nearest that was used often enough to tell.
   */
  lookUser(query: UserQuery, path: PrefixQuery, user: number): void {
    const { scale } = this.#clock;
    const levels = Math.min(USER_LEVELS, path.steps);
    let level = 0;
    let at = -1;
    for (; level < levels; level++) {
      const step = path.steps - level;
      at = step > path.known ? -1 : this.#nodes.findAt(path.places[step] ?? -1, path.keys[step] ?? 0);
      if (at >= 0 && (this.#nodes.weights[at] ?? 0) >= ENOUGH * scale) {
        break;
      }
    }
    query.level = Math.min(level, levels - 1);
    query.user = user;
    const pair = this.#users.find(hashPair(path.keys[path.steps - query.level] ?? 0, user));
    const count = pair < 0 ? 0 : (this.#users.weights[pair] ?? 0);
    const total = at < 0 ? 0 : (this.#nodes.weights[at] ?? 0);
    const fresh = at < 0 ? 0 : (this.#nodes.weights[at + 2] ?? 0);
    const prior = (PRIOR_EVENTS * scale * (this.#newUsages + scale)) / (this.#usages + 2 * scale);
    query.probability = probabilityOf((fresh + prior) / (total + PRIOR_EVENTS * scale), count, total);
    query.count = count / scale;
    query.total = total / scale;
  }

  /** Takes in who used the path of `path`, after {@link learn} of it. */
  learnUser(query: UserQuery, path: PrefixQuery): void {
    const { scale } = this.#clock;
    const { weights } = this.#nodes;
    const levels = Math.min(USER_LEVELS, path.steps);
    for (let level = 0; level < levels; level++) {
      const step = path.steps - level;
      const at =
        step > path.known + 1 ? -1 : this.#nodes.findAt(path.places[step] ?? -1, path.keys[step] ?? 0);
      if (at < 0) {
        continue;
      }
      const pair = hashPair(path.keys[step] ?? 0, query.user);
      let place = this.#users.find(pair);
      this.#usages += scale;
      if (place < 0) {
        const fresh = (weights[at + 2] ?? 0) + scale;
        weights[at + 2] = fresh;
        this.#newUsages += scale;
        place = fresh > this.#maxUsers * scale ? -1 : this.#users.take(pair, scale);
      }
      if (place >= 0) {
        this.#users.weights[place] = (this.#users.weights[place] ?? 0) + scale;
      }
    }
  }

  /** Takes in what `query` was last asked about. */
  learn(query: PrefixQuery): void {
    const { scale } = this.#clock;
    const nodes = this.#nodes;
    const { weights } = nodes;
    const { keys, places } = query;
    let parent = nodes.takeAt(places[0] ?? -1, keys[0] ?? 0, scale);
    if (parent < 0) {
      return;
    }
    weights[parent] = (weights[parent] ?? 0) + scale;
    for (let step = 1; step <= query.steps; step++) {
      const key = keys[step] ?? 0;
      const at = nodes.findAt(places[step] ?? -1, key);
      this.#steps += scale;
      if (at < 0) {
        const fresh = (weights[parent + 1] ?? 0) + scale;
        this.#newSteps += scale;
        weights[parent + 1] = fresh;
        const place = fresh > this.#maxNew * scale ? -1 : nodes.take(key, scale);
        if (place >= 0) {
          weights[place] = scale;
        }
        return;
      }
      weights[at] = (weights[at] ?? 0) + scale;
      parent = at;
    }
  }

  /** Multiplies all weights, as {@link DecayClock.advance} asks. */
  scale(factor: number): void {
    this.#nodes.scale(factor);
    this.#users.scale(factor);
    this.#steps *= factor;
    this.#newSteps *= factor;
    this.#usages *= factor;
    this.#newUsages *= factor;
  }

  save(state: StateWriter): void {
    this.#nodes.save(state);
    this.#users.save(state);
    for (const sum of [this.#steps, this.#newSteps, this.#usages, this.#newUsages]) {
      state.f64(sum);
    }
  }

  restore(state: StateReader): void {
    this.#nodes.restore(state);
    this.#users.restore(state);
    this.#steps = state.f64();
    this.#newSteps = state.f64();
    this.#usages = state.f64();
    this.#newUsages = state.f64();
    mustBeCounts(state, this.#newSteps, this.#steps);
    mustBeCounts(state, this.#newUsages, this.#usages);
  }
}
