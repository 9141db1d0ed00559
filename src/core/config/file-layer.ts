/** The configuration file as a layer: YAML, bounded, every value with its place. */
import { closeSync, openSync, readSync } from 'node:fs';
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { messageOf, SentinelError } from '../errors.ts';
import { nearestName, settingFault } from './fault.ts';
import { type Leaf, readText } from './leaf.ts';
import type { LayerValue, Origin } from './origin.ts';
import { CONFIG_LEAVES, RESERVED_SECTIONS } from './schema.ts';
import { isUpstreamFile, upstreamSetting, upstreamSettingNames } from './upstream.ts';

/** The largest configuration file that is read, in bytes. */
export const MAX_CONFIG_BYTES = 256 * 1024;

/** Deepest nesting that is walked; the schema itself has three levels. */
const MAX_DEPTH = 16;

/** Most aliases that one value may expand; a bomb needs many. */
const MAX_ALIASES = 100;

/** What a configuration file says. */
export interface FileLayer {
  readonly values: ReadonlyMap<string, LayerValue>;
  /** Sentences about settings that were understood and have no effect. */
  readonly warnings: readonly string[];
}

/**
 * Reads and understands a configuration file, ours or the upstream probe's.
 *
 * @throws {SentinelError} SNT_CONFIG_INVALID when it cannot be read, is too large, is no YAML or has unknown keys.
 */
export function readConfigFile(path: string): FileLayer {
  return parseConfigText(readBounded(path), path);
}

/** As {@link readConfigFile}, from text; `file` is the name that errors give. */
export function parseConfigText(source: string, file: string): FileLayer {
  const place = makeLocator(source, file);
  const document = parseYaml(source, place);
  const walker: Walker = { document, place, values: new Map(), warnings: [], isUpstream: false };
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) {
    return walker;
  }
  if (!isMap(root)) {
    throw settingFault(place(root.range?.[0] ?? 0), 'The configuration', 'must be a mapping of sections');
  }
  walker.isUpstream = isUpstreamFile(root.items.map((pair) => scalarKey(pair.key)));
  walkMap(walker, root, '', 0);
  return walker;
}

type FileOrigin = Extract<Origin, { kind: 'file' }>;
type Locator = (offset: number) => FileOrigin;

interface Walker {
  readonly document: Document;
  readonly place: Locator;
  readonly values: Map<string, LayerValue>;
  readonly warnings: string[];
  isUpstream: boolean;
}

const LEAF_BY_PATH: ReadonlyMap<string, Leaf> = new Map(CONFIG_LEAVES.map((leaf) => [leaf.path, leaf]));

function walkMap(walker: Walker, node: Node, prefix: string, depth: number): void {
  if (!isMap(node) || depth > MAX_DEPTH) {
    throw settingFault(walker.place(node.range?.[0] ?? 0), prefix, 'must be a mapping of settings');
  }
  const seen = new Set<string>();
  for (const { key, value } of node.items) {
    const offset = (key as Node | null)?.range?.[0] ?? node.range?.[0] ?? 0; // yaml types a key as unknown
    const name = scalarKey(key);
    if (name === undefined) {
      throw settingFault(
        walker.place(offset),
        prefix === '' ? 'The configuration' : prefix,
        'has a key that is no plain text',
      );
    }
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (seen.has(name)) {
      throw settingFault(walker.place(offset), path, 'is given twice');
    }
    seen.add(name);
    const child = resolve(walker.document, value as Node | null); // yaml types a value as unknown
    visitKey(walker, path, child, walker.place(offset), depth);
  }
}

function visitKey(walker: Walker, path: string, node: Node | null, key: FileOrigin, depth: number): void {
  const names = walker.isUpstream ? upstreamSettingNames() : [...LEAF_BY_PATH.keys()];
  const isSection = names.some((name) => name.startsWith(`${path}.`));
  if (isSection) {
    if (node !== null && !(isScalar(node) && node.value === null)) {
      walkMap(walker, node, path, depth + 1);
    }
    return;
  }
  if (!names.includes(path)) {
    throw unknownKey(path, key, names);
  }
  const given = leafValue(walker, node, key);
  if (walker.isUpstream) {
    takeUpstream(walker, path, given);
    return;
  }
  const leaf = LEAF_BY_PATH.get(path);
  if (leaf !== undefined) {
    walker.values.set(path, withUnit(leaf, given));
  }
}

function takeUpstream(walker: Walker, name: string, given: LayerValue): void {
  const origin = { ...given.origin, alias: name };
  const { settings, warning, fault } = upstreamSetting(name, given.value);
  if (fault !== undefined) {
    throw settingFault(origin, name, fault);
  }
  if (warning !== undefined) {
    walker.warnings.push(`${name} ${warning}`);
  }
  for (const [path, value] of settings) {
    walker.values.set(path, { value, origin });
  }
}

function leafValue(walker: Walker, node: Node | null, key: FileOrigin): LayerValue {
  if (node === null) {
    return { value: null, origin: key };
  }
  const origin = node.range ? walker.place(node.range[0]) : key;
  const value = plainValue(walker.document, node, origin);
  if (!isSeq(node)) {
    return { value, origin };
  }
  const items = node.items.map((item) => {
    const start = (item as Node | null)?.range?.[0]; // yaml types an item as unknown
    return start === undefined ? origin : walker.place(start);
  });
  return { value, origin, items };
}

function plainValue(document: Document, node: Node, origin: Origin): unknown {
  try {
    return node.toJS(document, { maxAliasCount: MAX_ALIASES });
  } catch (error) {
    // ReferenceError: an alias without anchor, or more of them than allowed
    throw settingFault(origin, 'Cannot read the value:', firstLine(messageOf(error)));
  }
}

/** `8MiB` and `10s` may be written where the schema wants a number; what cannot be read is left for the schema to name. */
function withUnit(leaf: Leaf, given: LayerValue): LayerValue {
  if (typeof given.value !== 'string' || !['duration_ms', 'bytes', 'count', 'integer'].includes(leaf.kind)) {
    return given;
  }
  const read = readText(leaf.kind, given.value);
  if ('expected' in read) {
    throw settingFault(
      given.origin,
      leaf.path,
      `must be ${read.expected}: ${JSON.stringify(given.value.slice(0, 80))}`,
    );
  }
  return { ...given, value: read.value };
}

function unknownKey(path: string, key: Origin, names: readonly string[]): SentinelError {
  if (RESERVED_SECTIONS.includes(path)) {
    return settingFault(key, path, 'is not in this version', 'remove this section');
  }
  const parent = path.slice(0, path.lastIndexOf('.') + 1);
  const siblings = new Set(
    names
      .filter((name) => name.startsWith(parent))
      .map((name) => name.slice(parent.length).split('.')[0] ?? ''),
  );
  const near = nearestName(path.slice(parent.length), [...siblings]);
  const hint =
    near === undefined ? `known here: ${[...siblings].join(', ')}` : `did you mean ${parent}${near}`;
  return settingFault(key, path.slice(0, 200), 'is no setting', hint);
}

function parseYaml(source: string, place: Locator): Document {
  // Keys are checked for uniqueness by walkMap: the parser's own check is quadratic.
  const document = parseDocument(source, { uniqueKeys: false, prettyErrors: false, version: '1.2' });
  const [error] = document.errors;
  if (error !== undefined) {
    throw settingFault(place(error.pos[0]), 'Cannot parse YAML:', firstLine(error.message));
  }
  return document;
}

/** Turns offsets into places; binary search over the lines, so that many places in a long file stay cheap. */
function makeLocator(source: string, file: string): Locator {
  const starts = [0];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) {
    starts.push(at + 1);
  }
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) {
        low = middle;
      } else {
        high = middle;
      }
    }
    const start = starts[low] ?? 0;
    const text = source.slice(start, starts[low + 1]).replace(/\r?\n$/, '');
    return { kind: 'file', file, line: low + 1, column: offset - start + 1, text };
  };
}

function resolve(document: Document, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

function scalarKey(key: unknown): string | undefined {
  if (typeof key === 'string') {
    return key;
  }
  return isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replace(/\.$/, '');
}

function readBounded(path: string): string {
  const buffer = Buffer.allocUnsafe(MAX_CONFIG_BYTES + 1);
  let length = 0;
  try {
    const fd = openSync(path, 'r');
    try {
      let got = -1;
      while (got !== 0 && length < buffer.length) {
        got = readSync(fd, buffer, length, buffer.length - length, null);
        length += got;
      }
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new SentinelError(
      'SNT_CONFIG_INVALID',
      `Cannot read the configuration ${path}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  if (length > MAX_CONFIG_BYTES) {
    throw new SentinelError('SNT_CONFIG_INVALID', `${path} is larger than ${MAX_CONFIG_BYTES} bytes`);
  }
  return buffer.toString('utf8', 0, length);
}
