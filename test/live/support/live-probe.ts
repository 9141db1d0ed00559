/** The real program as a child: started, waited for until it sees this host, read, and ended. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const ROOT = join(__dirname, '..', '..', '..');
const NODE = join(ROOT, 'node_modules/.bin/node');
const BUNDLE = join(ROOT, 'build/sentinel.cjs');
const READY_DEADLINE_MS = 30_000;
const READY_RETRY_MS = 100;
const MARK_DEADLINE_MS = 20_000;
const END_DEADLINE_MS = 20_000;

/** One line of the probe's output. */
export interface WatchedEvent {
  readonly event_id: string;
  readonly ts_unix_nano: number;
  readonly container_id: string;
  readonly event_type: string;
  /** object, detail, comm, pid, thread id, uid */
  readonly data: readonly [string, string, string, string, string, string];
  readonly attributes: Readonly<Record<string, string>>;
}

/** How the probe ended. */
export interface ProbeEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** The command that starts sentinel: `SENTINEL_BIN`, or the bundle under the pinned runtime. */
export function sentinelCommand(): [command: string, ...args: string[]] {
  const binary = process.env['SENTINEL_BIN'];
  return binary === undefined || binary === '' ? [NODE, BUNDLE] : [binary];
}

/**
 * A running `sentinel probe`.
 *
 * A mark is a deed of ours (the unlink of a file that does not exist), made after what is to be seen is done: records
 * come in the order in which they were made, so once the mark is read, everything before it was.
 */
export class LiveProbe {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<ProbeEnd>;
  #events: WatchedEvent[] = [];
  #lines = 0;
  #stderr = '';
  #end: ProbeEnd | undefined;
  #mark = '';
  #onMark: (() => void) | undefined;
  readonly #onLine: (line: string) => void;

  private constructor(args: readonly string[], onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine ?? ((line) => this.#events.push(JSON.parse(line) as WatchedEvent)); // tests assert the shape
    const [command, ...before] = sentinelCommand();
    this.#child = spawn(command, [...before, 'probe', '--all', '--output', 'json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        this.#end = { code, signal, stderr: this.#stderr };
        this.#onMark?.();
        resolve(this.#end);
      });
    });
    this.#ended.catch(() => {}); // is thrown where it is awaited
  }

  /**
   * Starts the probe and waits until it reports this host's deeds.
   *
   * @param events For `--events`; `file_unlink`, which the marks need, is added.
   * @param onLine Takes the lines of output, marks left out, in place of {@link events}.
   * @throws {Error} With what the probe said, when it ends or stays silent.
   */
  static async start(
    events: readonly string[],
    args: readonly string[] = [],
    onLine?: (line: string) => void,
  ): Promise<LiveProbe> {
    const types = [...new Set([...events, 'file_unlink'])].join(',');
    const probe = new LiveProbe(['--events', types, ...args], onLine);
    const deadline = Date.now() + READY_DEADLINE_MS;
    while (!(await probe.#reachesMark(READY_RETRY_MS))) {
      if (probe.#end !== undefined || Date.now() > deadline) {
        probe.#child.kill('SIGKILL');
        throw new Error(`the probe did not get ready: ${JSON.stringify(await probe.#ended)}`);
      }
    }
    return probe;
  }

  get pid(): number {
    if (this.#child.pid === undefined) {
      throw new Error('the probe was not started');
    }
    return this.#child.pid;
  }

  /** All lines so far, whatever they are. */
  get lineCount(): number {
    return this.#lines;
  }

  /** Events since {@link forget}. */
  get events(): readonly WatchedEvent[] {
    return this.#events;
  }

  forget(): void {
    this.#events = [];
  }

  /**
   * Waits until everything that was done before this call is in {@link events}.
   *
   * @throws {Error} When the probe ended or does not get there.
   */
  async catchUp(): Promise<void> {
    if (!(await this.#reachesMark(MARK_DEADLINE_MS))) {
      throw new Error(`the probe lost track: ${JSON.stringify(this.#end ?? this.#stderr)}`);
    }
  }

  /** Ends the probe by a signal and waits for its last output. */
  async end(signal: NodeJS.Signals, withinMs = END_DEADLINE_MS): Promise<ProbeEnd> {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), withinMs);
    const end = await this.#ended;
    clearTimeout(timer);
    return end;
  }

  #take(line: string): void {
    this.#lines++;
    if (this.#mark !== '' && line.includes(this.#mark)) {
      this.#mark = '';
      this.#onMark?.();
      return;
    }
    this.#onLine(line);
  }

  async #reachesMark(withinMs: number): Promise<boolean> {
    const mark = `/sentinel-mark-${randomUUID()}`;
    this.#mark = mark;
    const seen = new Promise<void>((resolve) => {
      this.#onMark = resolve;
    });
    try {
      unlinkSync(mark);
    } catch {
      // It does not exist: the attempt is what the probe sees.
    }
    const timer = setTimeout(() => this.#onMark?.(), withinMs);
    if (this.#end === undefined) {
      await seen;
    }
    clearTimeout(timer);
    return this.#mark !== mark;
  }
}
