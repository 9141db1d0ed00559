/** The event path as `probe` has it, in whichever thread calls it, and what else a process may have to do. */

import { resolve } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
import { writeEvent } from '../../../src/core/envelope-json.ts';
import type { Event } from '../../../src/core/event.ts';
import { Batch } from '../../../src/sinks/batch.ts';
import { countsOf, openReader } from './sensor.ts';

const BATCH_BYTES = 256 * 1024;
/** One event in so many is timed. */
const TIMED_SHARE = 16;
const QUANTILE = 0.99;

/** How far the path takes an event. */
export type PathWork = 'decode' | 'encode';

/** What a path did. */
export interface PathReport {
  readonly handled: number;
  readonly seen: number;
  readonly lost: number;
  /** 99th percentile from the record's time to the consumer, microseconds. */
  readonly p99Us: number;
}

/** A running event path. */
export interface EventPath {
  /** Drains what is left and ends. */
  stop(): Promise<PathReport>;
}

/**
 * Starts the path in this thread.
 *
 * @param toMonotonicNs Nanoseconds from 1970 to the zero of `process.hrtime`.
 * @param untimed Events at the start that are not timed: a new worker's code is cold, an agent's only once.
 */
export function startHere(work: PathWork, toMonotonicNs: bigint, untimed: number): EventPath {
  const latencies: number[] = [];
  const batch = new Batch(2 * BATCH_BYTES);
  let handled = 0;
  const handle = (event: Event): void => {
    handled++;
    if (handled > untimed && handled % TIMED_SHARE === 0) {
      latencies.push(Number(process.hrtime.bigint() + toMonotonicNs - event.timeUnixNs));
    }
    if (work === 'encode') {
      writeEvent(event, batch.out);
      if (batch.sizeBytes > BATCH_BYTES) {
        batch.clear();
      }
    }
  };
  const reader = openReader({ events: ['sys_call'], syscalls: ['getppid'] }, handle);
  reader.start();
  return {
    async stop() {
      reader.stop();
      const { seen, lost } = countsOf(reader.kernelCounters(), 'sys_call');
      reader.close();
      latencies.sort((a, b) => a - b);
      return {
        handled,
        seen,
        lost,
        p99Us: (latencies[Math.floor(latencies.length * QUANTILE)] ?? Number.NaN) / 1000,
      };
    },
  };
}

/** In a worker: starts a path, says so, and reports when told to stop. */
export function serveInWorker(work: PathWork, toMonotonicNs: bigint, untimed: number): void {
  const path = startHere(work, toMonotonicNs, untimed);
  parentPort?.once('message', async () => {
    parentPort?.postMessage(await path.stop());
    parentPort?.close();
  });
  parentPort?.postMessage('started');
}

/** Starts the path in a worker thread; resolves once it runs. */
export async function startInWorker(
  work: PathWork,
  toMonotonicNs: bigint,
  untimed: number,
): Promise<EventPath> {
  const file = resolve('test/bench/support/event-path.ts');
  const worker = new Worker(
    `import(${JSON.stringify(file)}).then((path) => path.${serveInWorker.name}(${JSON.stringify(work)}, ${toMonotonicNs}n, ${untimed}))`,
    { eval: true },
  );
  const answer = (): Promise<unknown> =>
    new Promise((settle, reject) => worker.once('message', settle).once('error', reject));
  await answer();
  return {
    async stop() {
      const report = answer();
      worker.postMessage('stop');
      return (await report) as PathReport; // serveInWorker sends nothing else
    },
  };
}

const STALL_MS = { least: 5, most: 50 };
const DUTY = 0.3;

/**
 * Keeps this thread busy as a server does that answers with large JSON: it stalls for 5 to 50 ms, three tenths of the
 * time, and leaves garbage. The same stalls for the same seed.
 *
 * @returns Ends it.
 */
export function stallThisThread(seed: number): () => void {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' generator
    return state / 2 ** 32;
  };
  let timer: NodeJS.Timeout;
  let kept = '';
  const stall = (): void => {
    const stallMs = STALL_MS.least + random() * (STALL_MS.most - STALL_MS.least);
    const end = performance.now() + stallMs;
    while (performance.now() < end) {
      const rows = Array.from({ length: 200 }, (_, row) => ({
        row,
        name: `row ${row}`,
        value: random(),
        kept: kept.length,
      }));
      kept = JSON.stringify(JSON.parse(JSON.stringify(rows)));
    }
    timer = setTimeout(stall, (stallMs * (1 - DUTY)) / DUTY);
  };
  timer = setTimeout(stall, STALL_MS.least);
  return () => clearTimeout(timer);
}
