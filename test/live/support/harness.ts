/** Does a deed while the real probe watches, and gives what the probe said of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildDeeds, type DeedsProgram } from './build-deeds.ts';
import { LiveProbe, type ProbeEnd, type WatchedEvent } from './live-probe.ts';
import { type Step, wordsOf } from './steps.ts';

const DEED_DEADLINE_MS = 30_000;

/** How a deed is done. */
export interface DeedOptions {
  readonly program?: Exclude<DeedsProgram, 'storm' | 'busy'>;
  /** Working directory; a fresh one when left out. */
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Descriptors that the deed finds open from 3 on. */
  readonly descriptors?: readonly number[];
  /** Called when a step `wait` is reached, with what the program's id is; the deed goes on after it. */
  readonly onWait?: (pid: number) => void | Promise<void>;
}

/** What was done, and what was seen of it. */
export interface DoneDeed {
  readonly pid: number;
  readonly cwd: string;
  /** What each step returned, or -errno; empty places for steps of a program that was replaced. */
  readonly results: readonly number[];
  /** The command line as the kernel had it. */
  readonly args: readonly string[];
  readonly exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null };
  /** Every event of the process since it became this program, and of its descendants, in order. */
  readonly events: readonly WatchedEvent[];
}

/** A probe, a directory for its deeds, and the programs that do them. */
export class Harness {
  readonly probe: LiveProbe;
  /** Fresh, empty, for all users to enter; real path. */
  readonly directory: string;
  #deeds = 0;

  private constructor(probe: LiveProbe, directory: string) {
    this.probe = probe;
    this.directory = directory;
  }

  /** @param events For `--events`. */
  static async start(events: readonly string[], ...args: string[]): Promise<Harness> {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'sentinel-live-')));
    chmodSync(directory, 0o755);
    return new Harness(await LiveProbe.start(events, args), directory);
  }

  /** Path of a program, where every user may run it. */
  program(name: DeedsProgram): string {
    const path = join(this.directory, name);
    if (!existsSync(path)) {
      copyFileSync(buildDeeds(name), path);
      chmodSync(path, 0o755);
    }
    return path;
  }

  /** A new directory that every user may write to. */
  newDirectory(): string {
    const path = join(this.directory, `deed-${++this.#deeds}`);
    mkdirSync(path);
    chmodSync(path, 0o777);
    return path;
  }

  /**
   * Does the steps, waits until the probe has seen all of them, then lets the process end and waits again.
   *
   * @throws {Error} When the program is used wrongly, or something does not end.
   */
  async do(steps: readonly Step[], options: DeedOptions = {}): Promise<DoneDeed> {
    const cwd = options.cwd ?? this.newDirectory();
    const path = this.program(options.program ?? 'deeds');
    const words = wordsOf(steps);
    this.probe.forget();
    const child = spawn(path, words, {
      cwd,
      stdio: ['pipe', 'pipe', 'pipe', ...(options.descriptors ?? [])],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    const run = await followDeed(child, steps, options.onWait);
    await this.probe.catchUp();
    child.stdin?.end();
    const exit = await run.exit;
    await this.probe.catchUp();
    return {
      pid: run.pid,
      cwd,
      results: run.results,
      args: [path, ...words],
      exit,
      events: eventsOf(this.probe.events, run.pid, path),
    };
  }

  /** Ends the probe as a service manager would, and removes the directory. */
  async close(): Promise<ProbeEnd> {
    const end = await this.probe.end('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
    return end;
  }
}

/** Asserts that the probe ended by our SIGTERM, with nothing to say but its one line. */
export function expectCleanEnd(end: ProbeEnd): void {
  expect(end).toEqual({
    code: 0,
    signal: null,
    stderr: expect.stringMatching(/^sentinel: \d+ seen, \d+ forwarded, \d+ filtered, 0 lost, [^\n]*\n$/),
  });
}

interface FollowedDeed {
  readonly pid: number;
  readonly results: readonly number[];
  readonly exit: Promise<DoneDeed['exit']>;
}

/** Reads results until the program is done or ends. */
async function followDeed(
  child: ChildProcess,
  steps: readonly Step[],
  onWait: DeedOptions['onWait'],
): Promise<FollowedDeed> {
  const { pid, stdout, stdin, stderr } = child;
  const results: number[] = [];
  let complaint = '';
  const timer = setTimeout(() => child.kill('SIGKILL'), DEED_DEADLINE_MS);
  const exit = new Promise<DoneDeed['exit']>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 125) {
        reject(new Error(complaint));
      }
      resolve({ code, signal });
    });
  });
  if (pid === undefined || stdout === null || stdin === null || stderr === null) {
    await exit;
    throw new Error('the deed was not started');
  }
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  stdin.on('error', () => {}); // the program may be gone by then
  const answer = async (): Promise<void> => {
    if (steps[results.length]?.[0] === 'wait') {
      await onWait?.(pid);
      stdin.write('\n');
    }
  };
  const done = new Promise<void>((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const [index, result] = line.split('=');
      if (line === 'done') {
        resolve();
      } else if (index !== undefined && result !== undefined) {
        results[Number(index)] = Number(result);
        answer().catch(reject);
      }
    });
  });
  await Promise.all([answer(), Promise.race([done, exit])]);
  return { pid, results, exit };
}

/** Of all events those of `pid` since it became `program`, and of the processes that it made. */
function eventsOf(events: readonly WatchedEvent[], pid: number, program: string): WatchedEvent[] {
  const family = new Set([String(pid)]);
  const chosen = events.filter(({ event_type, data, attributes }) => {
    if (!family.has(data[3])) {
      return false;
    }
    const child = attributes['process.child.pid'];
    if (event_type === 'process_fork' && child !== undefined) {
      family.add(child);
    }
    return true;
  });
  const begin = chosen.findIndex(
    ({ event_type, data }) => event_type === 'process_exec' && data[0] === program,
  );
  if (begin < 0) {
    throw new Error(`the probe did not see ${program} begin as ${pid}: ${JSON.stringify(chosen)}`);
  }
  return chosen.slice(begin);
}
