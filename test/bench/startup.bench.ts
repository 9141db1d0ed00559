/** Start-up: from the start of the process to its end, or to the first event that it prints. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Bench, BenchRow, Measurement } from './bench.ts';
import { producer } from './support/producers.ts';
import { interleave } from './support/rounds.ts';
import { missingBpftrace } from './support/tracers.ts';

const ROUNDS = 9;
const DEADLINE_MS = 20_000;
/** Opens a second while a probe starts: the first event is never more than a millisecond away. */
const DEEDS_PER_SECOND = 1000;

const EXECUTABLE = ['dist/sentinel'];
const BUNDLE = ['node_modules/.bin/node', 'build/sentinel.cjs'];
const PROBE = ['probe', '--all', '--events', 'file_open', '--output', 'json'];

/** Milliseconds until the process has printed `expected` and, unless it is ended then, has ended with 0. */
async function timeOf(command: readonly string[], expected: RegExp, endsByItself: boolean): Promise<number> {
  const [file = '', ...args] = command;
  const begin = performance.now();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  let output = '';
  let firstMs: number | undefined;
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    output = output.length > 1 << 20 ? output : output + text;
    if (firstMs === undefined && expected.test(output)) {
      firstMs = performance.now() - begin;
      if (!endsByItself) {
        child.kill('SIGKILL');
      }
    }
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const endMs = performance.now() - begin;
  clearTimeout(timer);
  if (firstMs === undefined || (endsByItself && code !== 0)) {
    throw new Error(`${command.join(' ')} ended with ${code} and without what was expected: ${output}`);
  }
  return endsByItself ? endMs : firstMs;
}

/** The same while files are opened all the time. */
async function timeToFirstEvent(command: readonly string[], expected: RegExp): Promise<number> {
  const deeds = spawn(producer('load'), ['paced-open', String(DEEDS_PER_SECOND), '60'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => deeds.on('close', resolve));
  try {
    return await timeOf(command, expected, false);
  } finally {
    deeds.kill();
    await ended;
  }
}

async function row(
  subject: string,
  contenders: Readonly<Record<string, () => Promise<number>>>,
): Promise<BenchRow> {
  const rounds = await interleave(ROUNDS, contenders);
  return {
    subject,
    measurements: Object.entries(rounds).map(
      ([name, samples]): Measurement => ({ name, unit: 'ms', samples }),
    ),
    isSameAnswer: true,
  };
}

/** {@link Bench} of start-up. */
export const bench: Bench = {
  name: 'start-up',
  async run() {
    const notMeasured: string[] = [];
    const ours: Record<string, readonly string[]> = {};
    if (existsSync('dist/sentinel')) {
      ours['dist/sentinel'] = EXECUTABLE;
    } else {
      notMeasured.push('dist/sentinel was not built');
    }
    ours['node build/sentinel.cjs'] = BUNDLE;
    const missing = await missingBpftrace();
    if (missing !== undefined) {
      notMeasured.push(`bpftrace: ${missing}`);
    }

    const each = (
      make: (command: readonly string[]) => () => Promise<number>,
      others: Readonly<Record<string, () => Promise<number>>>,
    ): Record<string, () => Promise<number>> => ({
      ...Object.fromEntries(Object.entries(ours).map(([name, command]) => [name, make(command)])),
      ...others,
    });
    const bare = { 'node -e 0': () => timeOf(['node_modules/.bin/node', '-p', '0'], /0/, true) };
    const rows = [
      await row(
        'decode --help, to its end',
        each(
          (command) => () => timeOf([...command, 'decode', '--help'], /Usage: sentinel decode/, true),
          bare,
        ),
      ),
      await row(
        '--version, to its end',
        each((command) => () => timeOf([...command, '--version'], /^sentinel \d/, true), bare),
      ),
      await row(
        'probe, to its first event',
        each(
          (command) => () => timeToFirstEvent([...command, ...PROBE], /"event_type":"file_open".*\n/),
          missing === undefined
            ? {
                'bpftrace, to its first open': () =>
                  timeToFirstEvent(
                    [
                      'bpftrace',
                      '-e',
                      'tracepoint:syscalls:sys_enter_openat { printf("open %d %s\\n", pid, str(args->filename)); }',
                    ],
                    /open \d+ .*\n/,
                  ),
                'bpftrace BEGIN, to its end': () =>
                  timeOf(['bpftrace', '-e', 'BEGIN { printf("x\\n"); exit(); }'], /x/, true),
              }
            : {},
        ),
      ),
    ];
    return { rows, notMeasured };
  },
};
