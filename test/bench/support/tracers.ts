/** Other programs that watch, started as a user would and waited for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Clock ticks of /proc/<pid>/stat in a second, the same on every Linux that we run on (USER_HZ). */
const TICKS_PER_SECOND = 100;
const UTIME_FIELD = 11;
const END_DEADLINE_MS = 20_000;
const RETRY_MS = 100;

/** Why bpftrace cannot be measured here; undefined when it can. */
export async function missingBpftrace(): Promise<string | undefined> {
  const child = spawn('bpftrace', ['-e', 'BEGIN { exit(); }'], { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.on('error', () => resolve('bpftrace is not installed'));
    child.on('close', (code) => resolve(code === 0 ? undefined : `bpftrace ended with ${code}`));
  });
}

/** Processor seconds of a process and of the children that it waited for. @throws {Error} When it is gone. */
export function cpuSecondsOfPid(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const ticks = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(UTIME_FIELD, UTIME_FIELD + 4)
    .map(Number);
  return ticks.reduce((sum, count) => sum + count, 0) / TICKS_PER_SECOND;
}

/**
 * Ends a child by SIGINT, as a person would, and waits. Again and again, as bpftrace only hears it where it waits for
 * events.
 */
export async function interrupt(child: ChildProcess, pid = child.pid): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || pid === undefined) {
    return;
  }
  const ended = once(child, 'close');
  const deadline = performance.now() + END_DEADLINE_MS;
  const timer = setInterval(() => {
    if (child.exitCode === null && child.signalCode === null) {
      process.kill(pid, performance.now() < deadline ? 'SIGINT' : 'SIGKILL');
    }
  }, RETRY_MS);
  process.kill(pid, 'SIGINT');
  await ended;
  clearInterval(timer);
}

/**
 * A bpftrace program that says `attached` on stderr some 50 ms after it is: bpftrace attaches probes from the last to
 * the first, and fires BEGIN before it. Needs `--unsafe`.
 */
export function announced(program: string): string {
  return `interval:ms:50 { if (!@told) { @told = 1; system("echo attached >&2"); } } ${program}`;
}

/** The sum of what bpftrace says it lost. */
export function lostEvents(said: string): number {
  return [...said.matchAll(/^Lost (\d+) events$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Resolves when a child says `text` on stderr. @throws {Error} When it ends before. */
export async function saysOnStderr(child: ChildProcess, text: string): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (more: string) => {
      said = (said + more).slice(-4096);
      if (said.includes(text)) {
        resolve();
      }
    });
    child.on('error', reject).on('close', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}

/** Pages for each processor that hold what a bench makes in one go; the default of 64 loses nearly all of it. */
const AMPLE_PAGES = 16_384;

/** A bpftrace whose output goes nowhere, with ample buffers. */
export class SilentBpftrace {
  readonly #child: ChildProcess;
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (text: string) => {
      this.#stderr += text;
    });
  }

  /** Resolves once the program is attached. */
  static async start(program: string): Promise<SilentBpftrace> {
    const child = spawn('bpftrace', ['--unsafe', '-e', announced(program)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, BPFTRACE_PERF_RB_PAGES: String(AMPLE_PAGES) },
    });
    await saysOnStderr(child, 'attached');
    return new SilentBpftrace(child);
  }

  /** Ends it. @returns Events that it lost, by its own count. */
  async end(): Promise<number> {
    await interrupt(this.#child);
    return lostEvents(this.#stderr);
  }
}
