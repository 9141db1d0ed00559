/** How a program ends. */
import type { Event } from '../../core/event.ts';
import { ConditionalCounts, CountQuery } from './conditional-counts.ts';
import type { DecayClock } from './decay-clock.ts';
import type { FeatureBlock } from './feature-block.ts';
import { share, shown, shownNumber, shownProgram } from './shown-text.ts';
import type { Subject } from './subject.ts';

const NS_PER_S = 1e9;

/** Surprisal of the exit status for the program (nats), and its life as ln(1 + seconds). NaN for all but exit. */
export class ExitFeatures implements FeatureBlock {
  readonly features = ['program_exit_status', 'is_killed', 'lifetime'] as const;
  readonly counts: readonly ConditionalCounts[];
  readonly #statuses: ConditionalCounts;
  readonly #status = new CountQuery();
  #isExit = false;

  constructor(clock: DecayClock) {
    this.#statuses = new ConditionalCounts(clock, 1 << 12, 1 << 11);
    this.counts = [this.#statuses];
  }

  extract(event: Event, subject: Subject, out: Float64Array, at: number): void {
    this.#isExit = subject.type === 'process_exit';
    if (!this.#isExit) {
      out.fill(Number.NaN, at, at + 3);
      return;
    }
    this.#statuses.look(this.#status, subject.programHash, subject.hash(event.detail || event.object));
    out[at] = this.#status.surprisal;
    out[at + 1] = event.detail === '' ? 0 : 1;
    out[at + 2] = Math.log1p(Math.max(0, subject.number(event, 'event.duration') / NS_PER_S));
  }

  learn(): void {
    if (this.#isExit) {
      this.#statuses.learn(this.#status);
    }
  }

  explain(event: Event, subject: Subject, index: number): string {
    if (!this.#isExit) {
      return 'no exit';
    }
    const program = shownProgram(subject.program);
    const status = event.detail === '' ? `status ${shown(event.object)}` : shown(event.detail);
    switch (this.features[index]) {
      case 'program_exit_status':
        return this.#status.isNew
          ? `first time ${program} ends with ${status}`
          : `${program} ends with ${status} in ${share(this.#status)} exits`;
      case 'is_killed':
        return `${program} ends with ${status}`;
      default:
        return `${program} ran for ${shownNumber(subject.number(event, 'event.duration') / NS_PER_S)} s`;
    }
  }
}
