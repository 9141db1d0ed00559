/** The C programs of test/bench/producers: compiled when older than their source, run, and their answers read. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { median } from '../bench.ts';

const SOURCES = 'test/bench/producers';
const OUTPUT = 'build/bench';
const BLOCKS = 10;
const FLAGS = ['-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-pthread'];

/** What a run of `load` was; times in nanoseconds, `beginNs` by CLOCK_MONOTONIC as `process.hrtime` has it. */
export interface LoadReport {
  readonly calls: number;
  readonly beginNs: bigint;
  readonly elapsedNs: number;
  readonly cpuNs: number;
}

/**
 * The absolute path of a compiled program.
 *
 * @throws {Error} With the compiler's words.
 */
export function producer(name: 'load' | 'count_lines'): string {
  const source = join(SOURCES, `${name}.c`);
  const target = join(process.cwd(), OUTPUT, name);
  if (!existsSync(target) || statSync(target).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(OUTPUT, { recursive: true });
    execFileSync('gcc', [...FLAGS, '-o', target, source], { stdio: ['ignore', 'pipe', 'inherit'] });
  }
  return target;
}

/** The fields of a line such as `calls=5 elapsed_ns=7`. */
export function fieldsOf(line: string): Map<string, string> {
  return new Map(
    line
      .trim()
      .split(' ')
      .map((field) => field.split('=', 2) as [string, string]), // the programs write nothing else
  );
}

/** The number of a field. @throws {Error} When it is not there. */
export function numberOf(fields: ReadonlyMap<string, string>, name: string): number {
  const value = Number(fields.get(name));
  if (!Number.isFinite(value)) {
    throw new Error(`no ${name} in ${JSON.stringify([...fields])}`);
  }
  return value;
}

/** Runs `load` while this process goes on with its own work. */
export async function runLoad(...args: readonly (string | number)[]): Promise<LoadReport> {
  const child = spawn(producer('load'), args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  return reportOf(await outputOf(child));
}

/** Runs `load` to its end before anything else happens in this process. */
export function runLoadAlone(...args: readonly (string | number)[]): LoadReport {
  return reportOf(
    execFileSync(producer('load'), args.map(String), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
}

function reportOf(output: string): LoadReport {
  const fields = fieldsOf(output);
  return {
    calls: numberOf(fields, 'calls'),
    beginNs: BigInt(fields.get('begin_ns') ?? ''),
    elapsedNs: numberOf(fields, 'elapsed_ns'),
    cpuNs: numberOf(fields, 'cpu_ns'),
  };
}

/** All that a child writes. @throws {Error} When it does not end with 0. */
export async function outputOf(child: ChildProcessByStdio<Writable | null, Readable, null>): Promise<string> {
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (code !== 0) {
    throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
  }
  return output;
}

/** Nanoseconds from CLOCK_MONOTONIC to CLOCK_BOOTTIME, and how far off that may be. */
export function bootLessMonotonic(): { readonly offsetNs: bigint; readonly errorNs: number } {
  const fields = fieldsOf(execFileSync(producer('load'), ['clocks'], { encoding: 'utf8' }));
  return { offsetNs: BigInt(fields.get('offset_ns') ?? ''), errorNs: numberOf(fields, 'width_ns') };
}

/** A `load serve`: one process for all rounds, so that they differ in nothing but what is attached. */
export class ServingLoad implements Disposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;

  /** @param file What `open` opens. */
  constructor(file: string) {
    this.#child = spawn(producer('load'), ['serve', file], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  /**
   * Thread time of each call in nanoseconds, `open` being an openat and a close: the median of ten blocks, so that
   * what else the machine does in one of them does not count.
   */
  async nsPerCall(what: 'getppid' | 'open', calls: number): Promise<number> {
    const blocks: number[] = [];
    for (let block = 0; block < BLOCKS; block++) {
      const answered = new Promise<string>((resolve) => this.#lines.once('line', resolve));
      this.#child.stdin.write(`${what} ${calls / BLOCKS}\n`);
      blocks.push(numberOf(fieldsOf(await answered), 'ns') / (calls / BLOCKS));
    }
    return median(blocks);
  }

  [Symbol.dispose](): void {
    this.#lines.close();
    this.#child.kill();
  }
}
