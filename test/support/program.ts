/** The bundle as a child process, run as a person runs it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Built by `make build`, which `make test` does first. */
const PROGRAM = resolve('build/sentinel.cjs');
const DEADLINE_MS = 60_000;

/** How a run ended, and all it said. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run is given. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard input, whole; empty when left out. */
  readonly input?: Uint8Array | string;
  /** Keep standard input open after that. */
  readonly isInputOpen?: boolean;
}

/** One run of `sentinel`; killed, if it did not end by itself, when disposed of. */
export class Program implements AsyncDisposable {
  /** Resolves when the process has ended and its output was read. */
  readonly ended: Promise<Outcome>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiters = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #isEnded = false;

  constructor(
    argv: readonly string[],
    { env = {}, cwd, input = '', isInputOpen = false }: ProgramOptions = {},
  ) {
    const child = spawn(process.execPath, [PROGRAM, ...argv], {
      env: { ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdin.on('error', () => {}); // it need not read what it is given
    child.stdin.write(input);
    if (!isInputOpen) {
      child.stdin.end();
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#wake();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#wake();
    });
    this.ended = new Promise((resolveEnd, reject) => {
      child.on('error', reject);
      child.on('close', (status: number | null, signal: NodeJS.Signals | null) => {
        this.#isEnded = true;
        this.#wake();
        resolveEnd({ status, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    this.ended.catch(() => {}); // is thrown where it is awaited
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The process's own standard output, to close it early. */
  get stdoutStream(): Readable {
    return this.#child.stdout;
  }

  /**
   * Waits until what it said on either stream matches.
   *
   * @throws {Error} If it ends before, or within a minute does not say it.
   */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    deadline.addEventListener('abort', () => this.#wake());
    for (;;) {
      const found = pattern.exec(this.#stderr) ?? pattern.exec(this.#stdout);
      if (found !== null) {
        return found;
      }
      if (this.#isEnded || deadline.aborted) {
        throw new Error(`never said ${pattern}: ${this.#stderr.slice(-2000)} ${this.#stdout.slice(-2000)}`);
      }
      await new Promise<void>((wake) => this.#waiters.add(wake));
    }
  }

  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Outcome> {
    this.#child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isEnded) {
      await this.end('SIGKILL');
    }
  }

  #wake(): void {
    for (const wake of this.#waiters) {
      wake();
    }
    this.#waiters.clear();
  }
}

/** Runs the program to its end. */
export async function sentinel(argv: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  await using program = new Program(argv, options);
  return await program.ended;
}
