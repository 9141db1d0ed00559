/** The default feature set: how unusual an event is on this host, by counts that fade. */
import type { Event } from '../../core/event.ts';
import { EVENT_TYPES, type EventType } from '../../core/event-types.ts';
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { ActivityFeatures } from './activity-features.ts';
import { ActorFeatures } from './actor-features.ts';
import { CommandFeatures } from './command-features.ts';
import { DecayClock } from './decay-clock.ts';
import { ExitFeatures } from './exit-features.ts';
import type { FeatureBlock } from './feature-block.ts';
import type { FeatureGroup, FeatureSet } from './feature-set.ts';
import { IdentityFeatures } from './identity-features.ts';
import { NetworkFeatures } from './network-features.ts';
import { PathFeatures } from './path-features.ts';
import { PrivilegeFeatures } from './privilege-features.ts';
import { clip, MAX_EXPLANATION_CHARS } from './shown-text.ts';
import { Subject } from './subject.ts';

const DAY_MS = 86_400_000;
const GROUPS = ['process', 'file', 'network', 'privilege'] as const;
type GroupName = (typeof GROUPS)[number];

const GROUP_OF_FAMILY: Readonly<Record<string, GroupName>> = {
  process: 'process',
  file: 'file',
  fs: 'file',
  net: 'network',
  dns: 'network',
  priv: 'privilege',
  sys: 'privilege',
};

/** Nats of what happens given who does it; all else is what things look like, where and when. */
const SURPRISALS: ReadonlySet<string> = new Set([
  'address',
  'call',
  'command_ngram_mean',
  'command_ngram_worst',
  'executable_path',
  'parent_program',
  'parent_program_step',
  'path',
  'path_program',
  'port_program',
  'program',
  'program_action',
  'program_address',
  'program_address_step',
  'program_command_build',
  'program_container',
  'program_exit_status',
  'program_extension',
  'program_outcome',
  'program_parent',
  'program_path',
  'program_path_step',
  'program_port',
  'program_request',
  'program_socket',
  'program_target',
  'program_working_directory',
  'request_program',
  'user_program',
]);

/** What a {@link HostFeatures} may be told. */
export interface HostFeaturesOptions {
  /** Event time in which a count halves; a day. */
  readonly halfLifeMs?: number;
  /**
   * Of all hashes; 0. A secret one keeps outsiders from preparing names that are taken for known ones. State can only be
   * restored into a set with the same seed.
   */
  readonly seed?: number;
}

/**
 * Surprisal of what happens given who does it, with paths and addresses that fall back to their prefixes, the looks of
 * names and command lines, small facts of the process, and rates. Memory is fixed (see {@link sizeBytes}); what is
 * established is not driven out by a flood of new values.
 */
export class HostFeatures implements FeatureSet {
  readonly name = 'host';
  readonly version = 1;
  readonly groups: readonly FeatureGroup[];
  readonly #blocks: readonly (readonly FeatureBlock[])[];
  readonly #clock: DecayClock;
  readonly #seed: number;
  readonly #subject: Subject;
  readonly #groupOf: Readonly<Record<EventType, number>>;

  constructor({ halfLifeMs = DAY_MS, seed = 0 }: HostFeaturesOptions = {}) {
    this.#seed = seed >>> 0;
    this.#clock = new DecayClock(halfLifeMs);
    this.#subject = new Subject(this.#seed);
    this.#blocks = GROUPS.map((group) => blocksOf(group, this.#clock, this.#subject.textStart));
    this.groups = GROUPS.map((name, index) => {
      const features = (this.#blocks[index] ?? []).flatMap((block) => block.features);
      return { name, features, surprisals: features.map((feature) => SURPRISALS.has(feature)) };
    });
    this.#groupOf = groupNumbers();
  }

  /** Bytes of all counts. */
  get sizeBytes(): number {
    return this.#blocks
      .flat()
      .flatMap(({ counts }) => counts)
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  groupOf(type: EventType): number {
    return this.#groupOf[type];
  }

  extract(event: Event, out: Float64Array): void {
    const subject = this.#subject;
    subject.begin(event);
    subject.clockMs = this.#clock.timeOf(subject.timeMs);
    let at = 0;
    for (const block of this.#blocksFor(subject.type)) {
      block.extract(event, subject, out, at);
      at += block.features.length;
    }
  }

  /** Takes the event that was extracted last into the counts; `event` itself is not read again. */
  learn(_event: Event): void {
    const subject = this.#subject;
    const factor = this.#clock.advance(subject.timeMs);
    if (factor !== 1) {
      this.#scale(factor);
    }
    for (const block of this.#blocksFor(subject.type)) {
      block.learn(subject);
    }
  }

  explain(event: Event, feature: number): string {
    let index = feature;
    for (const block of this.#blocksFor(event.type)) {
      if (index < block.features.length) {
        return clip(block.explain(event, this.#subject, index), MAX_EXPLANATION_CHARS);
      }
      index -= block.features.length;
    }
    throw new RangeError(`no feature ${feature} of ${event.type}`);
  }

  save(state: StateWriter): void {
    state.u32(this.#seed);
    this.#clock.save(state);
    for (const counts of this.#blocks.flat().flatMap((block) => block.counts)) {
      counts.save(state);
    }
  }

  restore(state: StateReader): void {
    if (state.u32() !== this.#seed) {
      state.fail('the counts were made with another seed');
    }
    this.#clock.restore(state);
    for (const counts of this.#blocks.flat().flatMap((block) => block.counts)) {
      counts.restore(state);
    }
  }

  #blocksFor(type: EventType): readonly FeatureBlock[] {
    return this.#blocks[this.#groupOf[type]] ?? NONE;
  }

  #scale(factor: number): void {
    for (const blocks of this.#blocks) {
      for (const { counts } of blocks) {
        for (const each of counts) {
          each.scale(factor);
        }
      }
    }
  }
}

const NONE: readonly FeatureBlock[] = [];

/** Activity last: it wants to know whether what the others saw was new. */
function blocksOf(group: GroupName, clock: DecayClock, textStart: number): readonly FeatureBlock[] {
  return [
    ...ownBlocks(group, clock, textStart),
    new ActorFeatures(clock),
    new IdentityFeatures(),
    new ActivityFeatures(),
  ];
}

function ownBlocks(group: GroupName, clock: DecayClock, textStart: number): FeatureBlock[] {
  switch (group) {
    case 'process':
      return [
        new PathFeatures(clock, textStart, 'executable'),
        new CommandFeatures(clock, textStart),
        new ExitFeatures(clock),
      ];
    case 'file':
      return [new PathFeatures(clock, textStart, 'file')];
    case 'network':
      return [new NetworkFeatures(clock, textStart)];
    case 'privilege':
      return [new PrivilegeFeatures(clock)];
  }
}

function groupNumbers(): Readonly<Record<EventType, number>> {
  const numbers = EVENT_TYPES.map((type) => {
    const group = GROUP_OF_FAMILY[type.slice(0, type.indexOf('_'))];
    return [type, group === undefined ? -1 : GROUPS.indexOf(group)] as const;
  });
  return Object.fromEntries(numbers) as Record<EventType, number>; // all types, by EVENT_TYPES
}
