/**
 * How many events a second get from the kernel into JavaScript, by size of record.
 *
 * *Waiting records* are made first and then timed alone: what the reader can take. *Flat out* is a load that makes
 * events as fast as it can beside the reader, through the ring that `probe` would have: what arrives, and what is lost.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../src/core/event.ts';
import type { EventType } from '../../src/core/event-types.ts';
import { DrainLoop } from '../../src/kernel/drain-loop.ts';
import { RecordView } from '../../src/kernel/record-view.ts';
import { Batch } from '../../src/sinks/batch.ts';
import { ndjsonFormat } from '../../src/sinks/record-format.ts';
import { type Bench, type BenchRow, type Measurement, median } from './bench.ts';
import { runLoad, runLoadAlone } from './support/producers.ts';
import { interleave, shown } from './support/rounds.ts';
import {
  countsOf,
  DRAIN_INTERVAL_MS,
  openProbe,
  openReader,
  type SensorOptions,
  TARGET_BYTES,
} from './support/sensor.ts';

const ROUNDS = 5;
const WAITING_RING_BYTES = 256 << 20;
const FILES = 1000;
const BATCH_BYTES = 1 << 20;

/** How far an event is taken. */
const MODES = {
  'drain, decode type and pid': 'decode',
  'drain and count': 'drain',
  'drain, decode, NDJSON': 'encode',
} as const;
type ModeName = keyof typeof MODES;
type Mode = (typeof MODES)[ModeName];

interface Load {
  readonly subject: string;
  readonly type: EventType;
  readonly sensor: SensorOptions;
  readonly args: readonly (string | number)[];
}

interface Sample {
  readonly eventsPerSecond: number;
  readonly cpuNsPerEvent: number;
  readonly seen: number;
  readonly lost: number;
  /** Of a record, without the ring's own 8 bytes; known where records are only drained. */
  readonly recordBytes?: number;
  /** seen = handed out + lost, and no fewer were seen than were made. */
  readonly isWhole: boolean;
  /** Of the load itself, a second. */
  readonly offeredPerSecond: number;
}

/** Takes events as the mode says, and counts those of the type. */
function taker(
  type: EventType,
  mode: Exclude<Mode, 'drain'>,
): { take: (event: Event) => void; taken: () => number } {
  let events = 0;
  let sum = 0;
  const batch = new Batch();
  const count = (event: Event): void => {
    events += event.type === type ? 1 : 0;
    sum += event.pid;
  };
  const encode = (event: Event): void => {
    events += event.type === type ? 1 : 0;
    ndjsonFormat(event, batch);
    if (batch.sizeBytes > BATCH_BYTES) {
      sum += batch.bytes().length;
      batch.clear();
    }
  };
  return {
    take: mode === 'decode' ? count : encode,
    taken: () => {
      if (sum + batch.sizeBytes === 0) {
        throw new Error('nothing was read');
      }
      return events;
    },
  };
}

function cpuNs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) * 1000;
}

/** Counts drained records of one type by their headers, and nothing else. */
class RecordCounter {
  readonly view = new RecordView(TARGET_BYTES);
  ofType = 0;
  bytesOfType = 0;
  readonly #type: EventType;

  constructor(type: EventType) {
    this.#type = type;
  }

  count(end: number): void {
    for (let position = 0; position < end; ) {
      const next = this.view.moveTo(position, end);
      if (this.view.type === this.#type) {
        this.ofType++;
        this.bytesOfType += this.view.size;
      }
      position = next;
    }
  }
}

/** Times the copying alone; the records are counted between the copies, off the clock. */
function drainWaiting({ sensor, args, type }: Load): Sample {
  using probe = openProbe({ ...sensor, ringBytes: WAITING_RING_BYTES });
  const load = runLoadAlone(...args);
  probe.detach();
  const counter = new RecordCounter(type);
  let elapsedNs = 0;
  for (;;) {
    const begin = process.hrtime.bigint();
    const got = probe.ring.drain(counter.view.buffer);
    elapsedNs += Number(process.hrtime.bigint() - begin);
    if (got === 0) {
      break;
    }
    counter.count(got);
  }
  const { seen, lost } = countsOf(probe.counters(), type);
  return {
    eventsPerSecond: (counter.ofType / elapsedNs) * 1e9,
    cpuNsPerEvent: elapsedNs / counter.ofType,
    seen,
    lost,
    recordBytes: counter.bytesOfType / counter.ofType,
    isWhole: seen === counter.ofType + lost && seen >= load.calls,
    offeredPerSecond: (load.calls / load.elapsedNs) * 1e9,
  };
}

function readWaiting({ sensor, args, type }: Load, mode: Exclude<Mode, 'drain'>): Sample {
  const { take, taken } = taker(type, mode);
  using reader = openReader({ ...sensor, ringBytes: WAITING_RING_BYTES }, take);
  const load = runLoadAlone(...args);
  const cpu = process.cpuUsage();
  const begin = process.hrtime.bigint();
  reader.stop();
  const elapsedNs = Number(process.hrtime.bigint() - begin);
  const events = taken();
  const { seen, lost } = countsOf(reader.kernelCounters(), type);
  return {
    eventsPerSecond: (events / elapsedNs) * 1e9,
    cpuNsPerEvent: cpuNs(cpu) / events,
    seen,
    lost,
    isWhole: seen === events + lost && seen >= load.calls,
    offeredPerSecond: (load.calls / load.elapsedNs) * 1e9,
  };
}

async function drainLive({ sensor, args, type }: Load): Promise<Sample> {
  using probe = openProbe(sensor);
  const counter = new RecordCounter(type);
  let lastNs = 0n;
  const loop = new DrainLoop(probe.ring, {
    target: counter.view.buffer,
    intervalMs: DRAIN_INTERVAL_MS,
    consume: (got) => {
      counter.count(got);
      lastNs = process.hrtime.bigint();
    },
  });
  loop.start();
  const cpu = process.cpuUsage();
  const load = await runLoad(...args);
  probe.detach();
  loop.stop();
  loop.drainAll();
  const { seen, lost } = countsOf(probe.counters(), type);
  return {
    eventsPerSecond: (counter.ofType / Number(lastNs - load.beginNs)) * 1e9,
    cpuNsPerEvent: cpuNs(cpu) / counter.ofType,
    seen,
    lost,
    recordBytes: counter.bytesOfType / counter.ofType,
    isWhole: seen === counter.ofType + lost && seen >= load.calls,
    offeredPerSecond: (load.calls / load.elapsedNs) * 1e9,
  };
}

async function readLive({ sensor, args, type }: Load, mode: Exclude<Mode, 'drain'>): Promise<Sample> {
  const { take, taken } = taker(type, mode);
  let lastNs = 0n;
  using reader = openReader(sensor, take, () => {
    lastNs = process.hrtime.bigint();
  });
  reader.start();
  const cpu = process.cpuUsage();
  const load = await runLoad(...args);
  reader.stop();
  const events = taken();
  const { seen, lost } = countsOf(reader.kernelCounters(), type);
  return {
    eventsPerSecond: (events / Number(lastNs - load.beginNs)) * 1e9,
    cpuNsPerEvent: cpuNs(cpu) / events,
    seen,
    lost,
    isWhole: seen === events + lost && seen >= load.calls,
    offeredPerSecond: (load.calls / load.elapsedNs) * 1e9,
  };
}

async function measure(
  load: Load,
  run: (load: Load, mode: Mode) => Sample | Promise<Sample>,
): Promise<BenchRow> {
  const names = Object.keys(MODES) as ModeName[]; // of the literal above
  const contenders = Object.fromEntries(names.map((name) => [name, () => run(load, MODES[name])])) as Record<
    ModeName,
    () => Sample | Promise<Sample>
  >; // one for each
  const rounds = await interleave(ROUNDS, contenders);
  const sizes = rounds['drain and count'].map(({ recordBytes }) => recordBytes ?? Number.NaN);
  return {
    subject: `${load.subject}, ${Math.round(median(sizes))}-byte records`,
    measurements: names.map((name) => toMeasurement(name, rounds[name])),
    isSameAnswer: names.every((name) => rounds[name].every(({ isWhole }) => isWhole)),
  };
}

function toMeasurement(name: string, samples: readonly Sample[]): Measurement {
  const middle = (read: (sample: Sample) => number): string => shown(median(samples.map(read)));
  return {
    name,
    unit: 'events/s',
    samples: samples.map(({ eventsPerSecond }) => eventsPerSecond),
    extra: {
      cpu_ns_per_event: middle(({ cpuNsPerEvent }) => cpuNsPerEvent),
      offered_per_s: middle(({ offeredPerSecond }) => offeredPerSecond),
      lost: samples.reduce((sum, { lost }) => sum + lost, 0),
      seen: samples.reduce((sum, { seen }) => sum + seen, 0),
    },
  };
}

const GETPPID: SensorOptions = { events: ['sys_call'], syscalls: ['getppid'] };
const OPENS: SensorOptions = { events: ['file_open'] };

function waitingLoads(folder: string): Load[] {
  return [
    { subject: 'sys_call', type: 'sys_call', sensor: GETPPID, args: ['getppid', 1, 300_000] },
    { subject: 'file_open that failed', type: 'file_open', sensor: OPENS, args: ['missing', 1, 200_000] },
    { subject: 'file_open', type: 'file_open', sensor: OPENS, args: ['open', 1, 200_000, folder, FILES] },
    {
      subject: 'process_exec with 2 KB of arguments',
      type: 'process_exec',
      sensor: { events: ['process_exec'] },
      args: ['exec', 1_000, 2_000],
    },
  ];
}

function liveLoads(): Load[] {
  return [1, 2].flatMap((threads) => {
    const from = threads === 1 ? 'flat out from 1 thread' : `flat out from ${threads} threads`;
    const args = (what: string, calls: number) => [what, threads, calls / threads];
    return [
      { subject: `sys_call ${from}`, type: 'sys_call', sensor: GETPPID, args: args('getppid', 1_000_000) },
      {
        subject: `file_open that failed ${from}`,
        type: 'file_open',
        sensor: OPENS,
        args: args('missing', 500_000),
      },
    ] as const;
  });
}

/** {@link Bench} of the ring and its reader. */
export const bench: Bench = {
  name: 'kernel to JavaScript',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'sentinel-bench-'));
    try {
      for (let file = 0; file < FILES; file++) {
        writeFileSync(join(folder, String(file).padStart(4, '0')), '');
      }
      const rows: BenchRow[] = [];
      for (const load of waitingLoads(folder)) {
        rows.push(
          await measure({ ...load, subject: `waiting: ${load.subject}` }, (one, mode) =>
            mode === 'drain' ? drainWaiting(one) : readWaiting(one, mode),
          ),
        );
      }
      for (const load of liveLoads()) {
        rows.push(
          await measure(load, (one, mode) => (mode === 'drain' ? drainLive(one) : readLive(one, mode))),
        );
      }
      return { rows };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
