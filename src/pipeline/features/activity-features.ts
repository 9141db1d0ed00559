/** Rates and shares of new things: what a scan, an encryption run or a beacon looks like. */
import type { Event } from '../../core/event.ts';
import { ActivityQuery, ActivityTable } from './activity.ts';
import type { FeatureBlock } from './feature-block.ts';
import { shownNumber, shownProgram, shownShare } from './shown-text.ts';
import type { Subject } from './subject.ts';

const PROCESSES = 4096;
const PROGRAMS = 1024;
const HOSTS = 256;
/** Events a second below which rates do not matter. */
const QUIET_RATE = 0.1;

/**
 * `process_rate`: ln(1 + events/s). `program_burst`, `host_burst`: ln of the rate of the last ten seconds over that of
 * the last ten minutes. `process_news`, `program_news`: the share of late events that brought something new.
 */
export class ActivityFeatures implements FeatureBlock {
  readonly features = [
    'process_rate',
    'process_news',
    'program_burst',
    'program_news',
    'host_burst',
  ] as const;
  readonly counts: readonly ActivityTable[];
  readonly #processes = new ActivityTable(PROCESSES);
  readonly #programs = new ActivityTable(PROGRAMS);
  readonly #hosts = new ActivityTable(HOSTS);
  readonly #process = new ActivityQuery();
  readonly #program = new ActivityQuery();
  readonly #host = new ActivityQuery();

  constructor() {
    this.counts = [this.#processes, this.#programs, this.#hosts];
  }

  extract(_event: Event, subject: Subject, out: Float64Array, at: number): void {
    const { clockMs } = subject;
    this.#processes.look(this.#process, subject.processHash, clockMs);
    this.#programs.look(this.#program, subject.programHash, clockMs);
    this.#hosts.look(this.#host, subject.hostHash, clockMs);
    out[at] = Math.log1p(this.#process.fastRate);
    out[at + 1] = this.#process.newShare;
    out[at + 2] = burst(this.#program);
    out[at + 3] = this.#program.newShare;
    out[at + 4] = burst(this.#host);
  }

  learn(subject: Subject): void {
    this.#processes.learn(this.#process, subject.isNovel);
    this.#programs.learn(this.#program, subject.isNovel);
    this.#hosts.learn(this.#host, subject.isNovel);
  }

  explain(event: Event, subject: Subject, index: number): string {
    const program = shownProgram(subject.program);
    switch (this.features[index]) {
      case 'process_rate':
        return `process ${event.pid} (${program}) makes ${shownNumber(this.#process.fastRate)} such events a second`;
      case 'process_news':
        return `${shownShare(this.#process.newShare)} of what process ${event.pid} (${program}) did lately was new`;
      case 'program_burst':
        return `${program} makes ${rates(this.#program)}`;
      case 'program_news':
        return `${shownShare(this.#program.newShare)} of what ${program} did lately was new`;
      default:
        return `the host makes ${rates(this.#host)}`;
    }
  }
}

function burst({ fastRate, slowRate }: ActivityQuery): number {
  return Math.log((fastRate + QUIET_RATE) / (slowRate + QUIET_RATE));
}

function rates({ fastRate, slowRate }: ActivityQuery): string {
  return `${shownNumber(fastRate)} such events a second, ${shownNumber(slowRate)} over ten minutes`;
}
