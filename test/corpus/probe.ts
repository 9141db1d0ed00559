/** The real probe, watching the whole host while a sandbox is busy. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const READY_DEADLINE_MS = 30_000;
const END_DEADLINE_MS = 60_000;
/** Much, as the rest of the host may be busy too. */
const RING_BYTES = String(256 * 1024 * 1024);
const MARK_EVERY_MS = 200;
const SUMMARY = /(\d+) seen, (\d+) forwarded, (\d+) filtered, (\d+) lost/;

/** What the probe said at its end. */
export interface ProbeTotals {
  readonly seen: number;
  readonly forwarded: number;
  readonly lost: number;
}

/** Names of users and groups that the probe is to know; it runs where they stand in place of the host's. */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

/** A running probe. */
export class RecordingProbe {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<void>;
  readonly #onLine: (line: string) => void;
  #stderr = '';
  #hasEnded = false;
  #mark = '';
  #seenMark = false;

  private constructor(command: readonly string[], onLine: (line: string) => void) {
    this.#onLine = onLine;
    this.#child = spawn('unshare', ['--mount', ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SENTINEL_PROBE__HOSTNAME: 'corpus' },
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
    this.#closed = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', () => {
        this.#hasEnded = true;
        resolve();
      });
    });
    this.#closed.catch(() => {}); // is thrown where it is awaited
  }

  /**
   * Starts it and waits until it reports what happens.
   *
   * @param folder For files of its own.
   * @param onLine Takes every event as one line of JSON.
   * @throws {Error} With what the probe said, when it ends or stays silent.
   */
  static async start(
    folder: string,
    users: UserFiles,
    onLine: (line: string) => void,
  ): Promise<RecordingProbe> {
    const passwd = join(folder, 'passwd');
    const group = join(folder, 'group');
    writeFileSync(passwd, users.passwd);
    writeFileSync(group, users.group);
    const script =
      'mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/group && shift 2 && exec node_modules/.bin/node --no-warnings "$@"';
    const probe = [
      'build/sentinel.cjs',
      'probe',
      '--all',
      '--sink',
      'stdout',
      '--output',
      'json',
      '--ring-bytes',
      RING_BYTES,
    ];
    const recording = new RecordingProbe(['sh', '-c', script, 'sh', passwd, group, ...probe], onLine);
    await recording.catchUp(READY_DEADLINE_MS);
    return recording;
  }

  /** Waits until everything was read that has happened so far. */
  async catchUp(deadlineMs: number = END_DEADLINE_MS): Promise<void> {
    this.#mark = join(tmpdir(), randomUUID());
    this.#seenMark = false;
    for (const end = performance.now() + deadlineMs; !this.#seenMark; ) {
      if (this.#hasEnded || performance.now() > end) {
        throw new Error(`the probe does not report: ${this.#stderr}`);
      }
      try {
        unlinkSync(this.#mark);
      } catch {
        // There is no such file; the attempt is the mark.
      }
      await new Promise((resolve) => setTimeout(resolve, MARK_EVERY_MS));
    }
  }

  /** Ends it as a person would. May be called again: it then gives the same. */
  async stop(): Promise<ProbeTotals> {
    if (!this.#hasEnded) {
      this.#child.kill('SIGINT');
      const late = setTimeout(() => this.#child.kill('SIGKILL'), END_DEADLINE_MS);
      await this.#closed;
      clearTimeout(late);
    }
    const totals = SUMMARY.exec(this.#stderr);
    if (totals === null) {
      throw new Error(`the probe ended without its summary: ${this.#stderr}`);
    }
    return { seen: Number(totals[1]), forwarded: Number(totals[2]), lost: Number(totals[4]) };
  }

  #take(line: string): void {
    if (this.#mark !== '' && line.includes(this.#mark)) {
      this.#seenMark = true;
      return;
    }
    this.#onLine(line);
  }
}
