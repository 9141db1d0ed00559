/** The sandbox from outside: started, given scripts, and ended with everything in it. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { CorpusScript } from './scripts.ts';

const HERE = 'test/corpus';
const NAMESPACES = ['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup'];
const START_DEADLINE_MS = 20_000;
const FIND_DEADLINE_MS = 2000;

/** A script that init was told to start. */
export interface StartedScript {
  /** In the host's pid namespace, as the probe reports it. */
  readonly pid: number;
  /** Its exit status; 128 and the number of the signal if one ended it. */
  readonly ended: Promise<number>;
}

/** Waits for lines that init writes. */
interface Expectation {
  readonly pattern: RegExp;
  readonly found: (match: RegExpExecArray) => void;
}

/** A running sandbox. */
export class Sandbox {
  /** Of its init, in the host's pid namespace. */
  readonly pid: number;
  readonly #unshare: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #closed: Promise<void>;
  readonly #expected = new Set<Expectation>();
  #diagnostics = '';
  #isClosed = false;
  #jobs = 0;

  private constructor(unshare: ChildProcessByStdio<Writable, Readable, Readable>, closed: Promise<void>) {
    this.#unshare = unshare;
    this.#closed = closed;
    this.pid = childrenOf(unshare.pid ?? 0)[0] ?? 0;
    unshare.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#diagnostics += text;
    });
    createInterface({ input: unshare.stdout }).on('line', (line) => this.#take(line));
    closed.then(
      () => {
        this.#isClosed = true;
      },
      () => {},
    );
  }

  /**
   * Compiles init and starts it in namespaces and a root of its own.
   *
   * @param folder Empty; the root is mounted there, but only in the sandbox.
   * @throws {Error} With what was said, when it does not get ready; also if this is not root.
   */
  static async start(folder: string): Promise<Sandbox> {
    const init = join(folder, 'init');
    const mountPoint = join(folder, 'mount');
    mkdirSync(mountPoint);
    execFileSync('gcc', ['-O2', '-o', init, join(HERE, 'init.c')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const args = [...NAMESPACES, '--fork', 'sh', join(HERE, 'sandbox.sh'), mountPoint, init];
    const unshare = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const closed = new Promise<void>((resolve, reject) => {
      unshare.on('error', reject);
      unshare.on('close', () => resolve());
    });
    const ready = new Promise<boolean>((resolve) => {
      unshare.stdout.once('data', () => resolve(true));
      unshare.stdout.once('end', () => resolve(false));
      setTimeout(resolve, START_DEADLINE_MS, false).unref();
    });
    if (!(await ready)) {
      unshare.kill('SIGKILL');
      throw new Error(`the sandbox did not get ready: ${unshare.stderr.read() ?? 'it said nothing'}`);
    }
    return new Sandbox(unshare, closed);
  }

  /** What its programs wrote on standard error and output. */
  get diagnostics(): string {
    return this.#diagnostics;
  }

  /** The text of a file of the sandbox. */
  readFile(path: string): string {
    return readFileSync(join(`/proc/${this.pid}/root`, path), 'utf8');
  }

  /**
   * Puts a script where init can start it, under a name that says nothing of a technique.
   *
   * @returns The path in the sandbox.
   */
  place(script: CorpusScript, seed: number): string {
    const isJob = script.how === 'login';
    const path = isJob ? `/run/jobs/${++this.#jobs}` : `/usr/local/sbin/${script.name}`;
    // Scripts choose by $RANDOM; assigning it seeds it. What a login shell reads begins with that line.
    const text = isJob
      ? `RANDOM=${seed}\n${script.text}`
      : script.text.replace(/^#!.*\n/, (first) => `${first}RANDOM=$$\n`);
    writeFileSync(join(`/proc/${this.pid}/root`, path), text, { mode: 0o755 });
    return path;
  }

  /** Starts what was placed at `path`. */
  async run(script: CorpusScript, path: string): Promise<StartedScript> {
    const started = this.#expect(/^started (\d+)$/);
    this.#unshare.stdin.write(`${script.how} ${script.user} ${path}\n`);
    const [, innerPid = ''] = await started;
    const ended = this.#expect(new RegExp(`^ended ${innerPid} (\\d+)$`)).then(([, status]) => Number(status));
    ended.catch(() => {}); // is thrown where it is awaited
    const pid = await this.#hostPidOf(innerPid);
    process.kill(pid, 'SIGCONT');
    return { pid, ended };
  }

  /** Ends everything in it; may be called twice. */
  async close(): Promise<void> {
    this.#unshare.stdin.end();
    await this.#closed;
  }

  /** Waits until the new process has stopped itself, as it does before anything else. */
  async #hostPidOf(innerPid: string): Promise<number> {
    for (const deadline = performance.now() + FIND_DEADLINE_MS; performance.now() < deadline; ) {
      for (const pid of childrenOf(this.pid)) {
        const status = readStatus(pid);
        if (status !== undefined && new RegExp(`^NSpid:\\s.*\\b${innerPid}$`, 'm').test(status)) {
          if (/^State:\s+T/m.test(status)) {
            return pid;
          }
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error(`init's child ${innerPid} cannot be found`);
  }

  #expect(pattern: RegExp): Promise<RegExpExecArray> {
    if (this.#isClosed) {
      throw new Error('the sandbox has ended');
    }
    return new Promise((resolve, reject) => {
      const expectation = { pattern, found: resolve };
      this.#expected.add(expectation);
      this.#closed.then(() => reject(new Error(`the sandbox ended: ${this.#diagnostics}`)), reject);
    });
  }

  #take(line: string): void {
    for (const expectation of this.#expected) {
      const match = expectation.pattern.exec(line);
      if (match !== null) {
        this.#expected.delete(expectation);
        expectation.found(match);
        return;
      }
    }
    // The end of a process that init inherited is of no interest.
    if (!line.startsWith('ended ')) {
      this.#diagnostics += `${line}\n`;
    }
  }
}

function readStatus(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined; // it has just ended
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
