/** `sentinel decode` against a Python decoder of the same file, and against jq on the same events as NDJSON. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeEvent } from '../../src/core/envelope-json.ts';
import { EventIdGenerator } from '../../src/core/event-id.ts';
import { encodeEvt1Record } from '../../src/core/evt1.ts';
import { makeEvent } from '../support/events.ts';
import type { Bench, BenchRow, Measurement } from './bench.ts';
import { interleave } from './support/rounds.ts';

const FOLDER = 'build/bench';
const SENTINEL = 'dist/sentinel';
const RIVAL = 'test/bench/rivals/decode_evt1.py';
const EVENTS = 400_000;
const EVENTS_A_MEMBER = 2_000;
const ROUNDS = 3;

/** Shell commands by name; their output is thrown away when they are timed. */
type Contenders = Readonly<Record<string, string>>;

/** `sentinel decode`: megabytes of uncompressed EVT1 a second. */
export const bench: Bench = {
  name: 'decode',
  async run() {
    const files = makeFixture();
    const sizeBytes = statSync(files.evt1).size;
    const rows = [
      await measure('decode, plain, MB/s of EVT1', sizeBytes, {
        'sentinel decode': `${SENTINEL} decode ${files.evt1}`,
        'python decoder': `python3 ${RIVAL} ${files.evt1}`,
        'jq -c . (of NDJSON)': `jq -c . ${files.ndjson}`,
      }),
      await measure('decode, gzip, MB/s of EVT1', sizeBytes, {
        'sentinel decode': `${SENTINEL} decode ${files.evt1}.gz`,
        'python decoder': `python3 ${RIVAL} ${files.evt1}.gz`,
        'zcat | jq -c . (of NDJSON)': `zcat ${files.ndjson}.gz | jq -c .`,
        'zcat alone (answers nothing)': `zcat ${files.evt1}.gz`,
      }),
    ];
    return { rows };
  },
};

async function measure(subject: string, sizeBytes: number, contenders: Contenders): Promise<BenchRow> {
  const times = await interleave(
    ROUNDS,
    Object.fromEntries(
      Object.entries(contenders).map(([name, command]) => [name, () => secondsOf(command)]),
    ) as Record<string, () => { wall: number; cpu: number }>, // the same keys
  );
  const measurements = Object.entries(times).map(
    ([name, samples]): Measurement => ({
      name,
      unit: 'MB/s',
      samples: samples.map(({ wall }) => sizeBytes / 1e6 / wall),
      extra: { cpuSeconds: Number(Math.min(...samples.map(({ cpu }) => cpu)).toFixed(2)) },
    }),
  );
  const answers = Object.entries(contenders)
    .filter(([name]) => !name.includes('answers nothing'))
    .map(([name, command]) => ({ name, ...answerOf(command) }));
  const exact = answers.filter(({ name }) => !name.includes('jq')).map(({ withTimes }) => withTimes);
  const isSameAnswer =
    new Set(answers.map(({ withoutTimes }) => withoutTimes)).size === 1 && new Set(exact).size === 1;
  return { subject, measurements, isSameAnswer };
}

/** Wall and processor seconds of a shell command whose output nobody reads. */
function secondsOf(command: string): { wall: number; cpu: number } {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `{ ${command}; } > /dev/null; times`], {
    encoding: 'utf8',
  });
  const wall = (performance.now() - start) / 1000;
  if (status !== 0) {
    throw new Error(`${command}: ${stderr}`);
  }
  return { wall, cpu: childSeconds(stdout) };
}

/** The second line of the shell's `times`: user and system time of what it ran, as `0m1.234s 0m0.123s`. */
function childSeconds(times: string): number {
  const [, children = ''] = times.split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/**
 * Digests of the events that a command prints, whatever escapes it chooses: with their nanoseconds as printed, and
 * without, for jq 1.6 reads numbers as doubles and prints others.
 */
function answerOf(command: string): { withTimes: string; withoutTimes: string } {
  const output = execFileSync('sh', ['-c', command], { maxBuffer: 1 << 30 }).toString();
  const withTimes = createHash('sha256');
  const withoutTimes = createHash('sha256');
  for (const line of output.trimEnd().split('\n')) {
    const [, before = '', time = '', after = ''] = /^(.*"ts_unix_nano":)(\d+)(,.*)$/.exec(line) ?? [];
    const event = JSON.stringify(JSON.parse(`${before}0${after}`));
    withoutTimes.update(`${event}\n`);
    withTimes.update(`${time} ${event}\n`);
  }
  return { withTimes: withTimes.digest('hex'), withoutTimes: withoutTimes.digest('hex') };
}

/** The same events as EVT1 and NDJSON, plain and gzip. */
function makeFixture(): { evt1: string; ndjson: string } {
  const evt1 = join(FOLDER, `decode-${EVENTS}.bin`);
  const ndjson = join(FOLDER, `decode-${EVENTS}.ndjson`);
  if (existsSync(`${ndjson}.gz`)) {
    return { evt1, ndjson };
  }
  mkdirSync(FOLDER, { recursive: true });
  const ids = new EventIdGenerator(() => new Uint8Array(6));
  const outputs = [evt1, `${evt1}.gz`, ndjson].map((path) => openSync(path, 'w'));
  for (let first = 0; first < EVENTS; first += EVENTS_A_MEMBER) {
    const lines = Array.from({ length: EVENTS_A_MEMBER }, (_, index) => makeLine(first + index, ids));
    const records = Buffer.concat(lines.map(encodeEvt1Record));
    const parts = [records, gzipSync(records), Buffer.from(`${lines.join('\n')}\n`)];
    for (const [index, part] of parts.entries()) {
      writeSync(outputs[index] ?? -1, part);
    }
  }
  outputs.forEach(closeSync);
  writeFileSync(`${ndjson}.gz`, gzipSync(readFileSync(ndjson)));
  return { evt1, ndjson };
}

const COMMANDS = [
  ['/usr/bin/bash', '["bash","-c","ls -l \\"a b\\""]'],
  ['/usr/lib/gcc/x86_64-linux-gnu/12/cc1', '["cc1","-quiet","-imultiarch","x86_64-linux-gnu","main.c"]'],
  ['/usr/sbin/nginx', '["nginx: worker process"]'],
] as const;

function makeLine(number: number, ids: EventIdGenerator): string {
  const timeUnixNs = 1_795_229_900_442_000_000n + BigInt(number) * 104_729n;
  const [executable, args] = COMMANDS[number % COMMANDS.length] ?? COMMANDS[0];
  const path = `/usr/share/doc/package-${number % 977}/file ${number}.txt`;
  const attributes = {
    'event.outcome': number % 9 === 0 ? 'failure' : 'success',
    'file.path': path,
    'file.path.given': `file ${number}.txt`,
    'process.executable': executable,
    'process.args': args,
    'process.parent.pid': String(number % 4000),
    'process.entity_id': createHash('md5')
      .update(String(number % 500))
      .digest('hex'),
    'user.name': number % 50 === 0 ? 'jörg' : 'root',
  };
  return encodeEvent(
    makeEvent(
      {
        eventId: ids.next(timeUnixNs),
        timeUnixNs,
        hostname: 'node-17',
        podName: '',
        namespace: '',
        containerId: '',
        object: path,
        detail: '32768',
        pid: number % 30_000,
        threadId: number % 30_000,
      },
      attributes,
    ),
  );
}
