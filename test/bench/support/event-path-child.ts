/**
 * Runs the event path on the main thread or in a worker while the main thread does what servers make it do, and prints
 * what came of it as JSON: `node event-path.cjs main|worker RATE SECONDS LOAD_PROGRAM`.
 */
import { spawn } from 'node:child_process';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { encodeEvent } from '../../../src/core/envelope-json.ts';
import { countsOf, native, openReader } from './sensor.ts';

/** What one run gave. */
export interface EventPathReport {
  readonly seen: number;
  readonly lost: number;
  readonly delivered: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  readonly cpuSeconds: number;
}

const STALL_EVERY_MS = 50;
const STALLS_MS = [5, 5, 10, 5, 20, 5, 10, 50];
const SAMPLE_EVERY = 101;

function quantile(sorted: Float64Array, fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

/** Opens the reader; `finish` stops it and reports. */
function eventPath(): { finish(): Omit<EventPathReport, 'cpuSeconds'> } {
  const offsetNs = native().bootClockOffsetNs();
  const latenciesUs: number[] = [];
  let delivered = 0;
  let bytes = 0;
  const reader = openReader({ events: ['sys_call'], syscalls: ['getppid'] }, (event) => {
    delivered++;
    if (delivered % SAMPLE_EVERY === 0) {
      bytes += encodeEvent(event).length;
      latenciesUs.push(Number(process.hrtime.bigint() - (event.timeUnixNs - offsetNs)) / 1000);
    }
  });
  reader.start();
  return {
    finish() {
      reader.stop();
      const { seen, lost } = countsOf(reader.kernelCounters(), 'sys_call');
      reader.close();
      const sorted = Float64Array.from(latenciesUs).sort();
      if (bytes === 0) {
        throw new Error('no event was seen');
      }
      return {
        seen,
        lost,
        delivered,
        p50Us: quantile(sorted, 0.5),
        p99Us: quantile(sorted, 0.99),
        maxUs: quantile(sorted, 1),
      };
    },
  };
}

/** Requests as a server has them: objects made, written as JSON, parsed and dropped, for `ms` without a pause. */
function serveFor(ms: number): number {
  const end = performance.now() + ms;
  let size = 0;
  while (performance.now() < end) {
    const rows = Array.from({ length: 200 }, (_, index) => ({
      id: index,
      name: `row ${index}`,
      tags: ['a', 'b'],
    }));
    size += (JSON.parse(JSON.stringify(rows)) as unknown[]).length;
  }
  return size;
}

function reportOf(worker: Worker | undefined): Promise<Omit<EventPathReport, 'cpuSeconds'>> {
  worker?.postMessage('finish');
  return new Promise((resolve) => worker?.once('message', resolve));
}

async function main(): Promise<void> {
  const [mode, rate = '', seconds = '', program = ''] = process.argv.slice(2);
  const worker = mode === 'worker' ? new Worker(__filename, { workerData: 'event path' }) : undefined;
  const path = worker === undefined ? eventPath() : undefined;
  if (worker !== undefined) {
    await new Promise((resolve) => worker.once('message', resolve));
  }
  const before = process.cpuUsage();
  let turn = 0;
  const servers = setInterval(() => serveFor(STALLS_MS[turn++ % STALLS_MS.length] ?? 0), STALL_EVERY_MS);
  const load = spawn(program, ['paced', rate, seconds], { stdio: 'ignore' });
  await new Promise((resolve) => load.once('exit', resolve));
  clearInterval(servers);
  const report = path?.finish() ?? (await reportOf(worker));
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${JSON.stringify({ ...report, cpuSeconds: (user + system) / 1e6 })}\n`);
}

if (isMainThread) {
  void main();
} else if (workerData === 'event path') {
  const path = eventPath();
  parentPort?.postMessage('ready');
  parentPort?.once('message', () => parentPort?.postMessage(path.finish()));
}
