/** Proves that an executable is what it should be, by running it. A packer has been seen to say "done" and leave a bare node. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runTool, type ToolRun } from './gates/run.ts';

/** The most that the executable may weigh. */
const MAX_BYTES = 125_000_000;

/** Libraries that a host must have; the first is not on every minimal one. */
const NEEDED = [
  'libatomic.so.1',
  'libc.so.6',
  'libdl.so.2',
  'libgcc_s.so.1',
  'libm.so.6',
  'libpthread.so.0',
  'libstdc++.so.6',
];

/** The golden record of the format's first generation: magic, length (little-endian), one JSON envelope. */
const GOLDEN_ENVELOPE =
  '{"event_id":"test-event-123","ts_unix_nano":1234567890000000000,"hostname":"test-host","pod":"test-pod","namespace":"default","container_id":"container-123","event_type":"file_open","data":["/tmp/test.txt","2","bash","1234","5678","1000"],"attributes":{}}';
const GOLDEN_RECORD = Buffer.concat([Buffer.from('45565431ff000000', 'hex'), Buffer.from(GOLDEN_ENVELOPE)]);

/** Exit status of `preflight` on a host where `probe` could not work; what it printed is whole all the same. */
const KERNEL_UNSUPPORTED = 5;

function expectRun(command: string, args: readonly string[], statuses: readonly number[] = [0]): ToolRun {
  const run = runTool(command, args);
  if (!statuses.includes(run.status)) {
    throw new Error(
      `${command} ${args.join(' ')} ended with ${run.status}: ${run.stderr.trim().slice(0, 2000)}`,
    );
  }
  return run;
}

function verifyVersion(executable: string): void {
  const { commit } = JSON.parse(readFileSync('build/build-info.json', 'utf8')) as { commit: string }; // build-info.ts
  const { stdout } = expectRun(executable, ['--version']);
  if (!stdout.includes('sentinel') || !stdout.includes(commit)) {
    throw new Error(`${executable} --version does not name commit ${commit}: ${stdout.slice(0, 200)}`);
  }
}

function verifyPreflight(executable: string): void {
  const { stdout } = expectRun(executable, ['preflight', '--output', 'json'], [0, KERNEL_UNSUPPORTED]);
  if (typeof JSON.parse(stdout) !== 'object') {
    throw new Error('preflight --output json printed no object');
  }
}

function verifyDecode(executable: string, folder: string): void {
  const file = join(folder, 'golden.evt1');
  writeFileSync(file, GOLDEN_RECORD);
  const { stdout } = expectRun(executable, ['decode', file]);
  if (stdout.trim() !== GOLDEN_ENVELOPE) {
    throw new Error(`decode printed another golden record: ${stdout.slice(0, 400)}`);
  }
}

function verifyNoInjection(executable: string, folder: string): void {
  const intruder = join(folder, 'intruder.cjs');
  const mark = join(folder, 'intruded');
  writeFileSync(intruder, `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')`);
  expectRun('env', [`NODE_OPTIONS=--require ${intruder}`, executable, '--version']);
  if (runTool('test', ['-e', mark]).status === 0) {
    throw new Error('NODE_OPTIONS runs foreign code in the executable');
  }
}

function verifyLibraries(executable: string): void {
  const { stdout } = expectRun('objdump', ['-p', executable]);
  const needed = [...stdout.matchAll(/NEEDED\s+(\S+)/g)].map(([, name]) => String(name));
  const extra = needed.filter((name) => !NEEDED.includes(name) && !name.startsWith('ld-linux'));
  if (needed.length === 0 || extra.length > 0) {
    throw new Error(
      `the executable needs other libraries than it should: ${extra.join(', ') || 'none at all'}`,
    );
  }
  console.log(`needs ${needed.join(' ')}`);
}

/**
 * Runs the executable and looks at it.
 *
 * @param executable Its path.
 * @throws {Error} Naming the first thing that is not as it should be.
 */
export function verifyExecutable(executable: string): void {
  const sizeBytes = statSync(executable).size;
  if (sizeBytes > MAX_BYTES) {
    throw new Error(`${executable} has ${sizeBytes} bytes, at most ${MAX_BYTES} are allowed`);
  }
  const folder = mkdtempSync(resolve('build/verify-'));
  try {
    verifyVersion(executable);
    verifyNoInjection(executable, folder);
    verifyDecode(executable, folder);
    verifyPreflight(executable);
    verifyLibraries(executable);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
