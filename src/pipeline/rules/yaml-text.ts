/** YAML that a person wrote, read so that everything wrong with it is told at once, each with its place. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { nearestName } from '../../core/config/fault.ts';
import { formatError, SentinelError, type SourcePlace } from '../../core/errors.ts';

/** The largest rule file that is read, in characters. */
export const MAX_RULE_FILE_CHARS = 4 * 1024 * 1024;

const MAX_NODES = 500_000; // nodes walked with aliases expanded: a bomb needs more
const MAX_ERRORS = 50;
const MAX_MESSAGE = 160; // of the parser's own, in characters: it may quote the file at any length

/** A key of a mapping with its value; `node` is null for a key without value. */
export interface YamlEntry {
  readonly key: string;
  readonly keyNode: Node | null;
  readonly node: Node | null;
}

/** A rule file while it is read. Every `as…` method tells what is wrong through {@link YamlText.fault} and goes on. */
export class YamlText {
  readonly file: string;
  readonly errors: SentinelError[] = [];
  readonly root: Node | null;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #document: Document | undefined;
  #walked = 0;

  /** @param file The name that errors give. */
  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#document = this.#parse(text);
    this.root = this.errors.length === 0 ? (this.#document?.contents ?? null) : null;
  }

  /** Notes that something is wrong at `node`, or at the start of the file. */
  fault(node: Node | null, message: string, hint?: string): void {
    this.#faultAt(node?.range?.[0] ?? 0, message, hint);
  }

  /** The place of a node, for what is found wrong later. */
  placeOf(node: Node | null): SourcePlace {
    return this.#place(node?.range?.[0] ?? 0);
  }

  /**
   * The entries of a mapping; none, with a fault, when it is none. A key that `known` does not have and a key given
   * twice are faults and left out.
   */
  asMap(node: Node | null, subject: string, known: readonly string[]): YamlEntry[] {
    const target = this.#resolve(node);
    if (!isMap(target)) {
      this.fault(node, `${subject} must be a mapping with ${known.join(', ')}`);
      return [];
    }
    const entries = new Map<string, YamlEntry>();
    for (const pair of target.items) {
      const keyNode = pair.key as Node | null; // yaml types a key as unknown
      const key = isScalar(keyNode) ? String(keyNode.value).slice(0, 200) : undefined;
      if (key === undefined || !known.includes(key)) {
        const near = key === undefined ? undefined : nearestName(key, known);
        this.fault(
          keyNode ?? target,
          `${subject} has no key ${JSON.stringify(key ?? '?')}`,
          near === undefined ? `it may have ${known.join(', ')}` : `did you mean ${near}`,
        );
      } else if (entries.has(key)) {
        this.fault(keyNode, `${subject} has ${key} twice`);
      } else {
        entries.set(key, { key, keyNode, node: this.#resolve(pair.value as Node | null) });
      }
    }
    return [...entries.values()];
  }

  /** The items of a list; none, with a fault, when it is none. */
  asList(node: Node | null, subject: string): (Node | null)[] {
    const target = this.#resolve(node);
    if (!isSeq(target)) {
      this.fault(node, `${subject} must be a list`);
      return [];
    }
    return target.items.map((item) => this.#resolve(item as Node | null)); // yaml types an item as unknown
  }

  /** A text that is not empty; undefined with a fault. */
  asText(node: Node | null, subject: string, maxChars: number): string | undefined {
    if (!isScalar(node) || typeof node.value !== 'string' || node.value === '') {
      this.fault(
        node,
        `${subject} must be a text${isScalar(node) && node.value !== '' ? ', in quotes if need be' : ''}`,
      );
      return undefined;
    }
    if (node.value.length > maxChars) {
      this.fault(node, `${subject} must be at most ${maxChars} characters, this has ${node.value.length}`);
      return undefined;
    }
    return node.value;
  }

  /** One of `words`; undefined with a fault. */
  asWord<W extends string>(node: Node | null, subject: string, words: readonly W[]): W | undefined {
    const text = this.asText(node, subject, 200);
    const word = words.find((candidate) => candidate === text);
    if (text !== undefined && word === undefined) {
      const near = nearestName(text, words);
      this.fault(
        node,
        `${subject} cannot be ${JSON.stringify(text)}`,
        near === undefined ? `it may be ${words.join(', ')}` : `did you mean ${near}`,
      );
    }
    return word;
  }

  /** An integer from `min` to `max`; undefined with a fault. */
  asInteger(node: Node | null, subject: string, min: number, max: number): number | undefined {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      this.fault(node, `${subject} must be a whole number from ${min} to ${max}`);
      return undefined;
    }
    return value;
  }

  /** True or false; undefined with a fault. */
  asBoolean(node: Node | null, subject: string): boolean | undefined {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value !== 'boolean') {
      this.fault(node, `${subject} must be true or false`);
      return undefined;
    }
    return value;
  }

  #parse(text: string): Document | undefined {
    if (text.length > MAX_RULE_FILE_CHARS) {
      this.fault(null, `The file is larger than ${MAX_RULE_FILE_CHARS} characters`);
      return undefined;
    }
    try {
      // Keys are checked by asMap: the parser's own check is quadratic.
      const document = parseDocument(text, {
        lineCounter: this.#lines,
        prettyErrors: false,
        uniqueKeys: false,
      });
      for (const error of document.errors) {
        this.#faultAt(
          error.pos[0],
          `Cannot parse YAML: ${error.message.split('\n', 1)[0]?.slice(0, MAX_MESSAGE)}`,
        );
      }
      return document;
    } catch (error) {
      if (error instanceof RangeError) {
        this.fault(null, 'Cannot parse YAML: it is nested too deeply');
        return undefined;
      }
      throw error;
    }
  }

  #resolve(node: Node | null): Node | null {
    if (++this.#walked > MAX_NODES) {
      if (this.#walked === MAX_NODES + 1) {
        this.fault(node, 'The file has too many values, aliases counted as often as they are used');
      }
      return null;
    }
    if (!isAlias(node) || this.#document === undefined) {
      return node;
    }
    const target = node.resolve(this.#document);
    if (target === undefined) {
      this.fault(node, `No anchor is called ${node.source.slice(0, 100)}`);
    }
    return target ?? null;
  }

  #faultAt(offset: number, message: string, hint?: string): void {
    if (this.errors.length < MAX_ERRORS) {
      const place = this.#place(offset);
      this.errors.push(
        new SentinelError('SNT_RULE_INVALID', message, { place, ...(hint === undefined ? {} : { hint }) }),
      );
    }
  }

  #place(offset: number): SourcePlace {
    const { line, col } = this.#lines.linePos(offset);
    if (line === 0) {
      return { file: this.file, line: 1, column: 1 };
    }
    const start = this.#lines.lineStarts[line - 1] ?? 0;
    const end = this.#text.indexOf('\n', start);
    const text = this.#text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
    return { file: this.file, line, column: col, text };
  }
}

/** One error that tells all: the only one itself, or their texts one below the other. */
export function combineErrors(errors: readonly SentinelError[]): SentinelError {
  const [first] = errors;
  if (first !== undefined && errors.length === 1) {
    return first;
  }
  return new SentinelError('SNT_RULE_INVALID', errors.map(formatError).join('\n'), {
    cause: new AggregateError(errors),
  });
}
