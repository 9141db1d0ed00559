/**
 * The event path on the main thread or in a worker of its own, while the main thread stalls as servers make it: JSON work
 * of 5 to 50 ms every 50 ms.
 */
import { execFileSync } from 'node:child_process';
import { buildSync } from 'esbuild';
import { type Bench, type BenchRow, type Measurement, median } from './bench.ts';
import type { EventPathReport } from './support/event-path-child.ts';
import { producer } from './support/producers.ts';
import { interleave } from './support/rounds.ts';

const ROUNDS = 5;
const SECONDS = 3;
const RATES = [100_000, 500_000];
const PROGRAM = 'build/bench/event-path.cjs';
const DEADLINE_MS = 60_000;

function runOnce(mode: 'main' | 'worker', rate: number): EventPathReport {
  const args = [PROGRAM, mode, String(rate), String(SECONDS), producer('load')];
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: DEADLINE_MS });
  return JSON.parse(output) as EventPathReport; // our own program wrote it
}

function measurement(name: string, reports: readonly EventPathReport[]): Measurement {
  return {
    name,
    unit: 'µs, p99 from kernel to handler',
    samples: reports.map((report) => report.p99Us),
    extra: {
      'p50 µs': Math.round(median(reports.map((report) => report.p50Us))),
      lost: reports.reduce((sum, report) => sum + report.lost, 0),
      'CPU s': median(reports.map((report) => report.cpuSeconds)).toFixed(2),
    },
  };
}

async function compare(rate: number): Promise<BenchRow> {
  const rounds = await interleave(ROUNDS, {
    main: () => runOnce('main', rate),
    worker: () => runOnce('worker', rate),
  });
  const all = [...rounds.main, ...rounds.worker];
  return {
    subject: `event path beside a busy main thread, ${rate} events/s`,
    measurements: [measurement('main thread', rounds.main), measurement('worker', rounds.worker)],
    isSameAnswer: all.every(
      ({ seen, lost, delivered }) => seen === lost + delivered && seen >= rate * SECONDS,
    ),
  };
}

/** The bench. */
export const bench: Bench = {
  name: 'event-path-thread',
  async run() {
    buildSync({
      entryPoints: ['test/bench/support/event-path-child.ts'],
      outfile: PROGRAM,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node26',
      logLevel: 'error',
    });
    const rows: BenchRow[] = [];
    for (const rate of RATES) {
      rows.push(await compare(rate));
    }
    return { rows };
  },
};
