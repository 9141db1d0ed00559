/** Who does what kind of thing: user, container, program, action, outcome. */
import type { Event } from '../../core/event.ts';
import { ConditionalCounts, CountQuery } from './conditional-counts.ts';
import type { DecayClock } from './decay-clock.ts';
import type { FeatureBlock } from './feature-block.ts';
import { share, shown, shownProgram } from './shown-text.ts';
import type { Subject } from './subject.ts';
import { hashPair } from './text-hash.ts';

const VALUES = 4096;
const CONTEXTS = 2048;
const EVERYTHING = 1;

/** Surprisal of the program, of it for the user, of the container, action and outcome for it. Nats. */
export class ActorFeatures implements FeatureBlock {
  readonly features = [
    'program',
    'user_program',
    'program_container',
    'program_action',
    'program_outcome',
  ] as const;
  readonly counts: readonly ConditionalCounts[];
  readonly #programs: ConditionalCounts;
  readonly #users: ConditionalCounts;
  readonly #containers: ConditionalCounts;
  readonly #actions: ConditionalCounts;
  readonly #outcomes: ConditionalCounts;
  readonly #program = new CountQuery();
  readonly #user = new CountQuery();
  readonly #container = new CountQuery();
  readonly #action = new CountQuery();
  readonly #outcome = new CountQuery();
  #hasOutcome = false;

  constructor(clock: DecayClock) {
    this.#programs = new ConditionalCounts(clock, VALUES, 8);
    this.#users = new ConditionalCounts(clock, VALUES, CONTEXTS);
    this.#containers = new ConditionalCounts(clock, VALUES, CONTEXTS);
    this.#actions = new ConditionalCounts(clock, VALUES, CONTEXTS);
    this.#outcomes = new ConditionalCounts(clock, VALUES, CONTEXTS);
    this.counts = [this.#programs, this.#users, this.#containers, this.#actions, this.#outcomes];
  }

  extract(event: Event, subject: Subject, out: Float64Array, at: number): void {
    const { programHash, outcome } = subject;
    const container = subject.containerId === '' ? 0 : subject.hash(subject.containerId);
    this.#programs.look(this.#program, EVERYTHING, programHash);
    this.#users.look(this.#user, subject.uid | 0, programHash);
    this.#containers.look(this.#container, programHash, container);
    this.#actions.look(this.#action, programHash, subject.actionHash);
    out[at] = this.#program.surprisal;
    out[at + 1] = this.#user.surprisal;
    out[at + 2] = this.#container.surprisal;
    out[at + 3] = this.#action.surprisal;
    this.#hasOutcome = outcome !== undefined;
    if (outcome === undefined) {
      out[at + 4] = Number.NaN;
      return;
    }
    const how = howOf(event, outcome);
    this.#outcomes.look(this.#outcome, hashPair(programHash, subject.typeHash), subject.hash(how));
    out[at + 4] = this.#outcome.surprisal;
  }

  learn(): void {
    this.#programs.learn(this.#program);
    this.#users.learn(this.#user);
    this.#containers.learn(this.#container);
    this.#actions.learn(this.#action);
    if (this.#hasOutcome) {
      this.#outcomes.learn(this.#outcome);
    }
  }

  explain(event: Event, subject: Subject, index: number): string {
    const program = shownProgram(subject.program);
    switch (this.features[index]) {
      case 'program':
        return this.#program.isNew
          ? `first event of ${program}`
          : `${program} is behind ${share(this.#program)} events`;
      case 'user_program':
        return this.#user.isNew
          ? `first time that uid ${subject.uid} acts through ${program}`
          : `uid ${subject.uid} acts through ${program} in ${share(this.#user)} events`;
      case 'program_container': {
        const place =
          subject.containerId === ''
            ? 'outside containers'
            : `in container ${subject.containerId.slice(0, 12)}`;
        return this.#container.isNew
          ? `first time that ${program} runs ${place}`
          : `${program} runs ${place} in ${share(this.#container)} events`;
      }
      case 'program_action':
        return this.#action.isNew
          ? `first ${subject.action} by ${program}`
          : `${program} does ${subject.action} in ${share(this.#action)} events`;
      case 'program_outcome': {
        const how = shown(howOf(event, subject.outcome));
        if (!this.#hasOutcome) {
          return 'outcome unknown';
        }
        return this.#outcome.isNew
          ? `first ${subject.type} by ${program} that ends in ${how}`
          : `${subject.type} by ${program} ends in ${how} in ${share(this.#outcome)} events`;
      }
      default:
        return '';
    }
  }
}

/** The error of a call that failed, else how it ended. */
function howOf(event: Event, outcome: string | undefined): string {
  return (outcome === 'failure' ? event.get('error.code') : undefined) ?? outcome ?? '';
}
