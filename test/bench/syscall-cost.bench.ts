/**
 * What a watched and an unwatched system call cost the program that makes it: thread time, less that of the same calls
 * with nothing attached in the same round.
 *
 * The load is one process for all rounds; sensors come and go beside it. Watching means that the records are made and
 * read, with the reader on the other core.
 */

import { DrainLoop } from '../../src/kernel/drain-loop.ts';
import { type Bench, type BenchRow, median } from './bench.ts';
import { ServingLoad } from './support/producers.ts';
import { interleave, quantile, shown } from './support/rounds.ts';
import {
  countsOf,
  DRAIN_INTERVAL_MS,
  openProbe,
  type SensorOptions,
  TARGET_BYTES,
} from './support/sensor.ts';
import { missingBpftrace, SilentBpftrace } from './support/tracers.ts';

const ROUNDS = 9;
const CALLS = { getppid: 100_000, open: 40_000 } as const;
const OPENED_FILE = '/dev/null';
type Call = keyof typeof CALLS;

interface Cost {
  /** Of a call. */
  readonly ns: number;
  /** Events: a lost one costs less. */
  readonly lost: number;
}

type Contender = (load: ServingLoad, call: Call) => Promise<Cost>;

async function bare(load: ServingLoad, call: Call): Promise<Cost> {
  return { ns: await load.nsPerCall(call, CALLS[call]), lost: 0 };
}

function ours(sensor: SensorOptions, watched: Call | undefined): Contender {
  return async (load, call) => {
    using probe = openProbe(sensor);
    const loop = new DrainLoop(probe.ring, {
      target: new ArrayBuffer(TARGET_BYTES),
      intervalMs: DRAIN_INTERVAL_MS,
      consume: () => {},
    });
    loop.start();
    const ns = await load.nsPerCall(call, CALLS[call]);
    loop.stop();
    const { seen, lost } = countsOf(probe.counters(), call === 'open' ? 'file_open' : 'sys_call');
    if (watched === call ? seen < CALLS[call] : seen > CALLS[call] / 2) {
      throw new Error(`${seen} of ${CALLS[call]} calls were seen`);
    }
    return { ns, lost: watched === call ? lost : 0 };
  };
}

function bpftrace(program: string): Contender {
  return async (load, call) => {
    const tracer = await SilentBpftrace.start(program);
    const ns = await load.nsPerCall(call, CALLS[call]);
    return { ns, lost: await tracer.end() };
  };
}

const OURS_ON_GETPPID = ours({ events: ['sys_call'], syscalls: ['getppid'] }, 'getppid');
const OURS_ON_OPENS = ours({ events: ['file_open'] }, 'open');
const PRINT_GETPPID =
  'tracepoint:syscalls:sys_enter_getppid { printf("%lld %d %d %s\\n", nsecs, pid, tid, comm); }';
const COUNT_GETPPID = 'tracepoint:syscalls:sys_enter_getppid { @calls = count(); }';
const PRINT_OPENS =
  'tracepoint:syscalls:sys_enter_openat { @path[tid] = args->filename; } ' +
  'tracepoint:syscalls:sys_exit_openat /@path[tid]/ ' +
  '{ printf("%lld %d %d %s %d %s\\n", nsecs, pid, tid, comm, args->ret, str(@path[tid])); delete(@path[tid]); }';
const COUNT_OPENS = 'tracepoint:syscalls:sys_enter_openat { @calls = count(); }';

const GROUPS: readonly {
  readonly subject: string;
  readonly call: Call;
  readonly ours: Contender;
  readonly others: Readonly<Record<string, string>>;
}[] = [
  {
    subject: 'added to a watched getppid (sys_call)',
    call: 'getppid',
    ours: OURS_ON_GETPPID,
    others: { 'bpftrace, printing': PRINT_GETPPID, 'bpftrace, counting': COUNT_GETPPID },
  },
  {
    subject: 'added to an unwatched getppid',
    call: 'getppid',
    ours: OURS_ON_OPENS,
    others: { 'bpftrace on openat': COUNT_OPENS },
  },
  {
    subject: 'added to a watched openat and close (file_open)',
    call: 'open',
    ours: OURS_ON_OPENS,
    others: { 'bpftrace, printing': PRINT_OPENS, 'bpftrace, counting': COUNT_OPENS },
  },
  {
    subject: 'added to an unwatched openat and close, two calls',
    call: 'open',
    ours: OURS_ON_GETPPID,
    others: { 'bpftrace on getppid': COUNT_GETPPID },
  },
];

async function measureGroup(group: (typeof GROUPS)[number], canTrace: boolean): Promise<BenchRow> {
  using load = new ServingLoad(OPENED_FILE);
  await load.nsPerCall(group.call, CALLS[group.call]);
  const contenders: Record<string, () => Promise<Cost>> = {
    sentinel: () => group.ours(load, group.call),
    nothing: () => bare(load, group.call),
  };
  for (const [name, program] of Object.entries(canTrace ? group.others : {})) {
    contenders[name] = () => bpftrace(program)(load, group.call);
  }
  const rounds = await interleave(ROUNDS, contenders);
  const nsOf = (name: string): number[] => (rounds[name] ?? []).map(({ ns }) => ns);
  const without = nsOf('nothing');
  return {
    subject: group.subject,
    measurements: Object.entries(rounds)
      .filter(([name]) => name !== 'nothing')
      .map(([name, samples]) => ({
        name,
        unit: 'ns',
        samples: samples.map(({ ns }, round) => ns - (without[round] ?? Number.NaN)),
        extra: {
          min_less_min: shown(Math.min(...nsOf(name)) - Math.min(...without)),
          lower_quartile_less_lower_quartile: shown(quantile(nsOf(name), 0.25) - quantile(without, 0.25)),
          bare_call_ns: shown(median(without)),
          lost: samples.reduce((sum, { lost }) => sum + lost, 0),
        },
      })),
    isSameAnswer: true,
  };
}

/** {@link Bench} of what being watched costs. */
export const bench: Bench = {
  name: 'cost of a system call',
  async run() {
    const missing = await missingBpftrace();
    const rows: BenchRow[] = [];
    for (const group of GROUPS) {
      rows.push(await measureGroup(group, missing === undefined));
    }
    return { rows, notMeasured: missing === undefined ? [] : [`bpftrace: ${missing}`] };
  },
};
