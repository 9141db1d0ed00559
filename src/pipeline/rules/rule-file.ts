/**
 * Forwarding rule files: upstream's form, and what we add to it.
 *
 * rules:
 *   - name: ssh-keys            needed; shown in statistics
 *     description: …            ours, for people
 *     enabled: true             default true
 *     event: file_open          upstream's: one event type
 *     events: [file, -file_open]   ours, instead of `event`: types and families, a leading `-` takes out, left to right
 *     match:                    every list that is there must match (AND); one of its values is enough (OR)
 *       pathPrefixes: [/etc/]   plain text prefix of the resolved path, not bound to whole components (upstream's way)
 *       comms: [bash]           the whole name; the kernel keeps 15 bytes, longer ones are compared by their first 15
 *       pids, tids, uids: [0]   numbers; 0 is a number like any other
 *       paths: [/etc/ssl/**]    ours: patterns for the resolved path, see path-patterns.ts
 *       executables: [/usr/bin/*]    ours: patterns for the process's executable
 *       containers: [true]      ours: events from inside a container, or from the host itself
 *       access: [read, write, create, truncate]   ours, file_open only: what it was opened for, or did
 *       outcomes: [success, failure]              ours
 *       errors: [EACCES]        ours: error names
 *     exclude: {…}              ours: the keys of `match`; what matches all of it is not forwarded by this rule
 *
 * An empty list, and a rule without `match`, asks for nothing and so matches (upstream's way).
 */
import type { Node } from 'yaml';
import type { SentinelError } from '../../core/errors.ts';
import { EVENT_FAMILIES, EVENT_TYPES, type EventType, isEventType } from '../../core/event-types.ts';
import { ACCESS_WORDS, type Condition } from './ir.ts';
import { type YamlEntry, YamlText } from './yaml-text.ts';

/** A rule of a forwarding file. */
export interface ForwardingRule {
  readonly name: string;
  readonly isEnabled: boolean;
  readonly events: ReadonlySet<EventType>;
  readonly condition: Condition;
}

/** The rules that are right, and what is wrong with the others. */
export interface ParsedRuleFile {
  readonly rules: readonly ForwardingRule[];
  readonly errors: readonly SentinelError[];
}

const ROOT_KEYS = ['rules'] as const;
const RULE_KEYS = ['name', 'description', 'enabled', 'event', 'events', 'match', 'exclude'] as const;
const MATCH_KEYS = [
  'pathPrefixes',
  'comms',
  'pids',
  'tids',
  'uids',
  'paths',
  'executables',
  'containers',
  'access',
  'outcomes',
  'errors',
] as const;
const OUTCOMES = ['success', 'failure'] as const;
const EVENT_WORDS: readonly string[] = [...EVENT_TYPES, ...EVENT_FAMILIES];

const MAX_ID = 0xffffffff;
const MAX_NAME_CHARS = 256;
const MAX_PATH_CHARS = 4096;
const COMM_BYTES = 15;

/** Reads one file; a rule with a fault is left out, the others stay. */
export function parseRuleFile(file: string, text: string): ParsedRuleFile {
  const yaml = new YamlText(file, text);
  const rules: ForwardingRule[] = [];
  if (yaml.root === null) {
    if (yaml.errors.length === 0) {
      yaml.fault(null, 'The file is empty', "an empty rule set, which forwards nothing, is 'rules: []'");
    }
    return { rules, errors: yaml.errors };
  }
  const root = yaml.asMap(yaml.root, 'A rule file', ROOT_KEYS);
  const list = root.find(({ key }) => key === 'rules');
  if (list === undefined && yaml.errors.length === 0) {
    yaml.fault(yaml.root, 'A rule file must have the key rules');
  }
  for (const node of list === undefined ? [] : yaml.asList(list.node, 'rules')) {
    const before = yaml.errors.length;
    const rule = parseRule(yaml, node);
    if (rule !== undefined && yaml.errors.length === before) {
      rules.push(rule);
    }
  }
  return { rules, errors: yaml.errors };
}

function parseRule(yaml: YamlText, node: Node | null): ForwardingRule | undefined {
  let name: string | undefined;
  let isEnabled = true;
  let eventKey: YamlEntry | undefined;
  let events: ReadonlySet<EventType> = new Set();
  const parts: Condition[] = [];
  const entries = yaml.asMap(node, 'A rule', RULE_KEYS);
  for (const entry of entries) {
    switch (entry.key) {
      case 'name':
        name = yaml.asText(entry.node, 'name', MAX_NAME_CHARS);
        break;
      case 'description':
        yaml.asText(entry.node, 'description', MAX_PATH_CHARS);
        break;
      case 'enabled':
        isEnabled = yaml.asBoolean(entry.node, 'enabled') ?? true;
        break;
      case 'event':
      case 'events':
        if (eventKey !== undefined) {
          yaml.fault(entry.keyNode, 'A rule has either event or events');
        }
        eventKey = entry;
        events = entry.key === 'event' ? oneEvent(yaml, entry.node) : manyEvents(yaml, entry.node);
        break;
      case 'match':
        parts.push(...parseMatch(yaml, entry.node, 'match'));
        break;
      case 'exclude': {
        const excluded = parseMatch(yaml, entry.node, 'exclude');
        if (excluded.length === 0) {
          yaml.fault(
            entry.node ?? entry.keyNode,
            'exclude without any value would leave nothing',
            'remove it',
          );
        }
        parts.push({ kind: 'not', of: { kind: 'all', of: excluded } });
        break;
      }
    }
  }
  if (entries.length > 0 && !entries.some(({ key }) => key === 'name')) {
    yaml.fault(node, 'A rule must have a name');
  }
  if (entries.length > 0 && eventKey === undefined) {
    yaml.fault(node, 'A rule must have event or events');
  }
  return name === undefined ? undefined : { name, isEnabled, events, condition: { kind: 'all', of: parts } };
}

function oneEvent(yaml: YamlText, node: Node | null): ReadonlySet<EventType> {
  const type = yaml.asWord(node, 'event', EVENT_TYPES);
  return new Set(type === undefined ? [] : [type]);
}

function manyEvents(yaml: YamlText, node: Node | null): ReadonlySet<EventType> {
  const before = yaml.errors.length;
  const selected = new Set<EventType>();
  const items = yaml.asList(node, 'events');
  for (const [index, item] of items.entries()) {
    const text = yaml.asText(item, 'An entry of events', MAX_NAME_CHARS);
    if (text === undefined) {
      continue;
    }
    const isRemoval = text.startsWith('-');
    const word = isRemoval ? text.slice(1) : text;
    if (!EVENT_WORDS.includes(word)) {
      yaml.asWord(
        item,
        'An entry of events',
        isRemoval ? EVENT_WORDS.map((known) => `-${known}`) : EVENT_WORDS,
      );
      continue;
    }
    const types = isEventType(word) ? [word] : EVENT_TYPES.filter((type) => type.startsWith(`${word}_`));
    if (index === 0 && isRemoval) {
      EVENT_TYPES.forEach((type) => {
        selected.add(type);
      });
    }
    for (const type of types) {
      if (isRemoval) {
        selected.delete(type);
      } else {
        selected.add(type);
      }
    }
  }
  if (selected.size === 0 && yaml.errors.length === before) {
    yaml.fault(node, 'events leaves no event type');
  }
  return selected;
}

function parseMatch(yaml: YamlText, node: Node | null, subject: string): Condition[] {
  if (node === null) {
    return [];
  }
  const conditions: Condition[] = [];
  for (const entry of yaml.asMap(node, subject, MATCH_KEYS)) {
    const items = entry.node === null ? [] : yaml.asList(entry.node, entry.key);
    if (items.length > 0) {
      const condition = parseList(yaml, entry.key as (typeof MATCH_KEYS)[number], items); // asMap lets only these by
      if (condition !== undefined) {
        conditions.push(condition);
      }
    }
  }
  return conditions;
}

function parseList(
  yaml: YamlText,
  key: (typeof MATCH_KEYS)[number],
  items: readonly (Node | null)[],
): Condition | undefined {
  const subject = `An entry of ${key}`;
  const each = <T>(read: (item: Node | null) => T | undefined): T[] =>
    items.map(read).filter((value): value is T & {} => value !== undefined);
  const numbers = () => each((item) => yaml.asInteger(item, subject, 0, MAX_ID));
  const paths = () => each((item) => yaml.asText(item, subject, MAX_PATH_CHARS));
  switch (key) {
    case 'pathPrefixes':
      return { kind: 'objectPrefix', values: paths() };
    case 'paths':
      return { kind: 'objectPattern', values: paths() };
    case 'executables':
      return { kind: 'pattern', field: 'process.executable', values: paths() };
    case 'comms': {
      const names = each((item) => yaml.asText(item, subject, MAX_NAME_CHARS));
      return { kind: 'equals', field: 'process.name', values: names.map(asKernelKeepsIt) };
    }
    case 'pids':
      return { kind: 'number', field: 'process.pid', values: numbers() };
    case 'tids':
      return { kind: 'number', field: 'process.thread.id', values: numbers() };
    case 'uids':
      return { kind: 'number', field: 'user.id', values: numbers() };
    case 'access':
      return { kind: 'access', values: each((item) => yaml.asWord(item, subject, ACCESS_WORDS)) };
    case 'outcomes':
      return {
        kind: 'equals',
        field: 'event.outcome',
        values: each((item) => yaml.asWord(item, subject, OUTCOMES)),
      };
    case 'errors':
      return { kind: 'equals', field: 'error.code', values: each((item) => errorName(yaml, item)) };
    case 'containers':
      return containersCondition(each((item) => yaml.asBoolean(item, subject)));
  }
}

function errorName(yaml: YamlText, item: Node | null): string | undefined {
  const name = yaml.asText(item, 'An entry of errors', MAX_NAME_CHARS);
  if (name !== undefined && !/^E[A-Z0-9]+$/.test(name)) {
    yaml.fault(
      item,
      `An entry of errors cannot be ${JSON.stringify(name)}`,
      'it is a name such as EACCES or ENOENT',
    );
    return undefined;
  }
  return name;
}

function containersCondition(values: readonly boolean[]): Condition {
  const onHost: Condition = { kind: 'equals', field: 'container.id', values: [''] };
  return {
    kind: 'any',
    of: [...new Set(values)].map((inside) => (inside ? { kind: 'not', of: onHost } : onHost)),
  };
}

function asKernelKeepsIt(name: string): string {
  const bytes = Buffer.from(name, 'utf8');
  return bytes.length <= COMM_BYTES ? name : bytes.toString('utf8', 0, COMM_BYTES);
}
