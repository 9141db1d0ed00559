/** Compares the detections of a run with those of an earlier one. */
import { readFile } from 'node:fs/promises';
import { messageOf, SentinelError } from '../../core/errors.ts';

const MAX_BYTES = 1 << 30;
const MAX_SHOWN = 20;

/** What was expected, and what came of it. */
export class Expectation {
  readonly #expected: readonly string[];
  readonly #missing: string[] = [];
  readonly #unexpected: string[] = [];
  #at = 0;
  readonly #path: string;

  /**
   * Reads detections as `replay` writes them.
   *
   * @throws {SentinelError} `SNT_USAGE` if the file cannot be read.
   */
  static async read(path: string): Promise<Expectation> {
    try {
      const text = await readFile(path);
      if (text.length > MAX_BYTES) {
        throw new RangeError('it is larger than 1 GiB');
      }
      return new Expectation(
        path,
        text
          .toString('utf8')
          .split('\n')
          .filter((line) => line !== ''),
      );
    } catch (error) {
      throw new SentinelError('SNT_USAGE', `Cannot read ${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  private constructor(path: string, lines: readonly string[]) {
    this.#path = path;
    this.#expected = lines;
  }

  /** Takes the next detection of this run, as it would be written. */
  meet(line: string): void {
    if (this.#expected[this.#at] === line) {
      this.#at++;
      return;
    }
    const found = this.#expected.indexOf(line, this.#at);
    if (found < 0) {
      this.#unexpected.push(line);
      return;
    }
    this.#missing.push(...this.#expected.slice(this.#at, found));
    this.#at = found + 1;
  }

  /**
   * Ends the comparison.
   *
   * @returns The difference for people, undefined when there is none.
   */
  difference(): string | undefined {
    this.#missing.push(...this.#expected.slice(this.#at));
    if (this.#missing.length === 0 && this.#unexpected.length === 0) {
      return undefined;
    }
    const unexpected = new Map(this.#unexpected.map((line) => [keyOf(line), line]));
    const lines: string[] = [];
    for (const line of this.#missing) {
      const other = unexpected.get(keyOf(line));
      if (other === undefined) {
        lines.push(`- ${describe(line)}`);
      } else {
        unexpected.delete(keyOf(line));
        lines.push(`~ ${describe(line)}`, ...changes(line, other).map((change) => `    ${change}`));
      }
    }
    lines.push(...[...unexpected.values()].map((line) => `+ ${describe(line)}`));
    const rest = lines.length - MAX_SHOWN;
    const shown = rest > 0 ? [...lines.slice(0, MAX_SHOWN), `… and ${rest} lines more`] : lines;
    return [
      `differs from ${this.#path}: ${this.#missing.length} expected and not there (-), ${this.#unexpected.length} there and not expected (+), ~ is both`,
      ...shown,
    ].join('\n');
  }
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function keyOf(line: string): string {
  const id = parse(line)['detection_id'];
  return typeof id === 'string' ? id : line;
}

function describe(line: string): string {
  const { detection_id: id, title, model } = parse(line);
  return typeof id === 'string' ? `${id} ${String(model)}: ${String(title)}` : line.slice(0, 200);
}

function changes(expected: string, actual: string): string[] {
  const before = parse(expected);
  const after = parse(actual);
  const differences = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const [was, is] = [JSON.stringify(before[key]), JSON.stringify(after[key])];
    return was === is ? [] : [`${key}: ${short(was)} → ${short(is)}`];
  });
  return differences.length === 0 ? ['the same, at another place in the order'] : differences;
}

function short(text: string | undefined): string {
  return text === undefined ? 'nothing' : text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
