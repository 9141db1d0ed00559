/**
 * The same opens seen by `sentinel probe` and by bpftrace, each printing a line an open into a pipe.
 *
 * sentinel prints its whole event (some 1.4 KB of JSON: resolved path, process, parents, ids), bpftrace six words. Both
 * lines are counted by the same C program, which also says when the last one came. A smaller run before it checks that
 * both tell of the same files, process and results.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type BenchRow, type Measurement, median } from './bench.ts';
import { fieldsOf, type LoadReport, numberOf, producer, runLoad } from './support/producers.ts';
import { interleave, shown } from './support/rounds.ts';
import {
  announced,
  cpuSecondsOfPid,
  interrupt,
  lostEvents,
  missingBpftrace,
  saysOnStderr,
} from './support/tracers.ts';

const ROUNDS = 5;
const OPENS = 300_000;
const CHECKED_OPENS = 5_000;
const FILES = 1000;
const SETTLE_MS = 300;
/** 32 MiB for each processor: four times what sentinel's ring has for all. */
const AMPLE_PAGES = '8192';

const PROGRAM =
  'tracepoint:syscalls:sys_enter_openat { @path[tid] = args->filename; } ' +
  'tracepoint:syscalls:sys_exit_openat /@path[tid]/ { ' +
  'printf("%lld %d %d %s %d %s\\n", nsecs, pid, tid, comm, args->ret, str(@path[tid])); delete(@path[tid]); }';

/** A tracer to be started; its stdout goes to the counter. */
interface Tracer {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it says on stderr once it watches. */
  readonly readyText: string;
}

const SENTINEL: Tracer = {
  command: [
    'node_modules/.bin/node',
    'build/sentinel.cjs',
    ...['probe', '--all', '--events', 'file_open', '--output', 'json', '--log-level', 'debug'],
  ],
  readyText: '"watching"',
};

function bpftrace(options: readonly string[], env: Readonly<Record<string, string>> = {}): Tracer {
  return {
    command: ['bpftrace', '--unsafe', ...options, '-e', announced(PROGRAM)],
    env,
    readyText: 'attached',
  };
}

const CONTENDERS: Readonly<Record<string, Tracer>> = {
  'sentinel probe': SENTINEL,
  'bpftrace as it comes': bpftrace([]),
  'bpftrace, -B full, 32 MiB a CPU': bpftrace(['-B', 'full'], { BPFTRACE_PERF_RB_PAGES: AMPLE_PAGES }),
};

interface Outcome {
  readonly load: LoadReport;
  readonly lines: number;
  readonly outputBytes: number;
  /** Load's begin to the last line. */
  readonly elapsedNs: number;
  readonly tracerCpuSeconds: number;
  /** As the tracer says itself. */
  readonly reportedLost: number;
}

/** A shell that runs the tracer with its stdout in a real pipe, and whose own output is the counter's. */
function startPiped(
  { command, env }: Tracer,
  consumer: readonly string[],
): { child: ChildProcess; pid: Promise<number>; output: Promise<string> } {
  const script = `{ echo "pid=$BASHPID" >&2; exec ${command.map(quote).join(' ')}; } | ${consumer.map(quote).join(' ')}`;
  const child = spawn('bash', ['-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const output = new Promise<string>((resolve) => child.on('close', () => resolve(stdout)));
  const pid = new Promise<number>((resolve) => {
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const found = /pid=(\d+)\n/.exec(stderr)?.[1];
      if (found !== undefined) {
        resolve(Number(found));
      }
    });
  });
  return { child, pid, output };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Starts the tracer, runs the load, ends the tracer once nothing more comes. */
async function trace(
  tracer: Tracer,
  consumer: readonly string[],
  loadArgs: readonly (string | number)[],
): Promise<{ load: LoadReport; output: string; stderr: string; cpuSeconds: number }> {
  const { child, pid, output } = startPiped(tracer, consumer);
  let stderr = '';
  child.stderr?.on('data', (text: string) => {
    stderr += text;
  });
  await saysOnStderr(child, tracer.readyText);
  const tracerPid = await pid;
  const before = cpuSecondsOfPid(tracerPid);
  const load = await runLoad(...loadArgs);
  let cpuSeconds = cpuSecondsOfPid(tracerPid) - before;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const now = cpuSecondsOfPid(tracerPid) - before;
    if (now - cpuSeconds < 0.02) {
      cpuSeconds = now;
      break;
    }
    cpuSeconds = now;
  }
  await interrupt(child, tracerPid);
  return { load, output: await output, stderr, cpuSeconds };
}

async function measure(tracer: Tracer, folder: string): Promise<Outcome> {
  const counter = [producer('count_lines'), `${folder}/`];
  const { load, output, stderr, cpuSeconds } = await trace(tracer, counter, [
    'open',
    1,
    OPENS,
    folder,
    FILES,
  ]);
  const fields = fieldsOf(output);
  const last = BigInt(fields.get('last_ns') ?? '');
  return {
    load,
    lines: numberOf(fields, 'lines'),
    outputBytes: numberOf(fields, 'bytes'),
    elapsedNs: Number(last - load.beginNs),
    tracerCpuSeconds: cpuSeconds,
    reportedLost: tracer === SENTINEL ? lostBySentinel(stderr) : lostEvents(stderr),
  };
}

/** Lost in the ring and dropped by the sink, from the account at the end. */
function lostBySentinel(stderr: string): number {
  const line = stderr.split('\n').find((one) => one.includes('"msg":"account"'));
  const { account } = JSON.parse(line ?? '{}') as {
    account: { lost: Record<string, number>; sinks: { dropped: Record<string, number> }[] };
  }; // src/app/probe-summary.ts
  const counts = [account.lost, ...account.sinks.map(({ dropped }) => dropped)].flatMap(
    Object.values<number>,
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Each open as `path result`, sorted. */
async function opensSeen(tracer: Tracer, folder: string): Promise<string[]> {
  const file = join(folder, 'output');
  const run = await trace(
    tracer,
    ['sh', '-c', 'exec grep -aF "$1" >"$2"', 'sh', `${folder}/0`, file],
    ['open', 1, CHECKED_OPENS, folder, FILES],
  );
  const seen: string[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!line.includes(`${folder}/0`)) {
      continue;
    }
    if (tracer === SENTINEL) {
      const { data, attributes } = JSON.parse(line) as {
        data: string[];
        attributes: Record<string, string>;
      }; // the envelope
      seen.push(`${data[2]} ${attributes['file.fd']} ${attributes['file.path']}`);
    } else {
      const [, , , comm, result, path] = line.split(' ');
      seen.push(`${comm} ${result} ${path}`);
    }
  }
  if (seen.length !== run.load.calls) {
    throw new Error(`${seen.length} of ${run.load.calls} opens were seen by ${tracer.command[0]}`);
  }
  return seen.sort();
}

async function isSameAnswer(folder: string): Promise<boolean> {
  const ours = await opensSeen(SENTINEL, folder);
  const theirs = await opensSeen(bpftrace(['-B', 'full'], { BPFTRACE_PERF_RB_PAGES: AMPLE_PAGES }), folder);
  return ours.length > 0 && ours.join('\n') === theirs.join('\n');
}

function rowsOf(
  rounds: Readonly<Record<string, readonly (Outcome | LoadReport)[]>>,
  isSame: boolean,
): BenchRow[] {
  const bare = (rounds['no tracer'] ?? []) as readonly LoadReport[]; // see run
  const traced = Object.entries(rounds).filter(([name]) => name !== 'no tracer') as [
    string,
    readonly Outcome[],
  ][]; // see run
  const row = (
    subject: string,
    unit: string,
    value: (outcome: Outcome, round: number) => number,
    extra: (outcomes: readonly Outcome[]) => Record<string, number | string> = () => ({}),
  ): BenchRow => ({
    subject,
    measurements: traced.map(
      ([name, outcomes]): Measurement => ({
        name,
        unit,
        samples: outcomes.map(value),
        extra: extra(outcomes),
      }),
    ),
    isSameAnswer: isSame,
  });
  const middle = (outcomes: readonly Outcome[], read: (outcome: Outcome) => number): string =>
    shown(median(outcomes.map(read)));
  return [
    row(
      `delivered, of ${shown(OPENS)} opens as fast as they can be made`,
      'events/s',
      ({ lines, elapsedNs }) => (lines / elapsedNs) * 1e9,
      (outcomes) => ({
        lines: middle(outcomes, ({ lines }) => lines),
        bytes_per_line: middle(outcomes, ({ outputBytes, lines }) => outputBytes / lines),
      }),
    ),
    row(
      'lost, of all opens',
      '%',
      ({ lines, load }) => 100 * (1 - lines / load.calls),
      (outcomes) => ({
        reported: middle(outcomes, ({ reportedLost }) => reportedLost),
      }),
    ),
    row('processor time of the tracer for a delivered event', 'µs', ({ tracerCpuSeconds, lines }) => {
      return (tracerCpuSeconds / lines) * 1e6;
    }),
    row('the load takes longer by', '%', ({ load }, round) => {
      const without = bare[round]?.elapsedNs ?? Number.NaN;
      return 100 * (load.elapsedNs / without - 1);
    }),
  ];
}

/** {@link Bench} of opens beside bpftrace. */
export const bench: Bench = {
  name: 'opens, beside bpftrace',
  async run() {
    const missing = await missingBpftrace();
    if (missing !== undefined) {
      return { rows: [], notMeasured: [missing] };
    }
    const folder = mkdtempSync(join(tmpdir(), 'sentinel-bench-'));
    try {
      for (let file = 0; file < FILES; file++) {
        writeFileSync(join(folder, String(file).padStart(4, '0')), '');
      }
      const isSame = await isSameAnswer(folder);
      const contenders: Record<string, () => Promise<Outcome | LoadReport>> = {};
      for (const [name, tracer] of Object.entries(CONTENDERS)) {
        contenders[name] = () => measure(tracer, folder);
      }
      contenders['no tracer'] = () => runLoad('open', 1, OPENS, folder, FILES);
      return { rows: rowsOf(await interleave(ROUNDS, contenders), isSame) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
