/**
 * The event path on the main thread or in a worker, while the main thread also does what a server does: loss and latency
 * decide (docs/decisions.md). The ring is the default one.
 */
import type { Bench, BenchRow } from './bench.ts';
import { epochToMonotonicNs } from './support/clocks.ts';
import {
  type PathReport,
  type PathWork,
  stallThisThread,
  startHere,
  startInWorker,
} from './support/event-path.ts';
import { runLoad } from './support/producers.ts';
import { interleave, quantile, shown } from './support/rounds.ts';
import { cpuSecondsOf } from './support/sensor.ts';

const ROUNDS = 5;
const SECONDS = 3;
const UNTIMED_SECONDS = 1;
const SEED = 20_261;
const OFFERS: readonly { readonly perSecond: number; readonly work: PathWork; readonly words: string }[] = [
  { perSecond: 100_000, work: 'encode', words: 'made into NDJSON' },
  { perSecond: 500_000, work: 'decode', words: 'decoded' },
];

interface Place {
  readonly thread: 'main' | 'worker';
  readonly isStalled: boolean;
}

const PLACES: Readonly<Record<string, Place>> = {
  'main thread, stalled': { thread: 'main', isStalled: true },
  'worker, main thread stalled': { thread: 'worker', isStalled: true },
  'main thread, idle but for events': { thread: 'main', isStalled: false },
  'worker, main thread idle': { thread: 'worker', isStalled: false },
};

interface Sample extends PathReport {
  readonly cpuSeconds: number;
  readonly made: number;
}

async function measure(place: Place, perSecond: number, work: PathWork, offsetNs: bigint): Promise<Sample> {
  const untimed = perSecond * UNTIMED_SECONDS;
  const path =
    place.thread === 'main'
      ? startHere(work, offsetNs, untimed)
      : await startInWorker(work, offsetNs, untimed);
  const endStalls = place.isStalled ? stallThisThread(SEED) : undefined;
  const [load, cpuSeconds] = await cpuSecondsOf(() => runLoad('paced', perSecond, SECONDS));
  endStalls?.();
  return { ...(await path.stop()), cpuSeconds, made: load.calls };
}

function toRow(subject: string, rounds: Readonly<Record<string, readonly Sample[]>>): BenchRow {
  return {
    subject,
    measurements: Object.entries(rounds).map(([name, samples]) => ({
      name,
      unit: 'µs (p99)',
      samples: samples.map(({ p99Us }) => p99Us),
      extra: {
        lost_percent: shown(
          quantile(
            samples.map(({ lost, seen }) => (100 * lost) / seen),
            0.5,
          ),
        ),
        worst_lost_percent: shown(Math.max(...samples.map(({ lost, seen }) => (100 * lost) / seen))),
        cpu_s: shown(
          quantile(
            samples.map(({ cpuSeconds }) => cpuSeconds),
            0.5,
          ),
        ),
      },
    })),
    isSameAnswer: Object.values(rounds)
      .flat()
      .every(({ handled, seen, lost, made }) => handled + lost === seen && seen >= made),
  };
}

/** {@link Bench} of where the event path lives. */
export const bench: Bench = {
  name: 'event path: main thread or worker',
  async run() {
    const { offsetNs } = epochToMonotonicNs();
    const rows: BenchRow[] = [];
    for (const { perSecond, work, words } of OFFERS) {
      const contenders = Object.fromEntries(
        Object.entries(PLACES).map(([name, place]) => [
          name,
          () => measure(place, perSecond, work, offsetNs),
        ]),
      );
      rows.push(
        toRow(`${shown(perSecond)} events/s offered, ${words}`, await interleave(ROUNDS, contenders)),
      );
    }
    return { rows };
  },
};
