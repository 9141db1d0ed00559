/** Conditions on events: the one form that every kind of rule is brought into, and the functions they become. */
import type { Event } from '../../core/event.ts';
import type { FieldName } from '../../core/fields.ts';
import { isReadOnlyOpen } from '../../core/linux/open-flags.ts';
import { PathPatterns } from './path-patterns.ts';

/** What an opened file may be opened for, or have had done to it by the open. */
export const ACCESS_WORDS = ['read', 'write', 'create', 'truncate'] as const;

/** One of {@link ACCESS_WORDS}. */
export type AccessWord = (typeof ACCESS_WORDS)[number];

/** A condition. Lists are OR; an empty list holds for nothing. */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  /** A field, compared as text. */
  | { readonly kind: 'equals'; readonly field: FieldName; readonly values: readonly string[] }
  | { readonly kind: 'prefix' | 'pattern'; readonly field: FieldName; readonly values: readonly string[] }
  /** What the event acts on, `data[0]`; for a rename or a link also the other name. */
  | { readonly kind: 'objectPrefix' | 'objectPattern'; readonly values: readonly string[] }
  | { readonly kind: 'number'; readonly field: NumberField; readonly values: readonly number[] }
  /** Holds for a file_open that had one of these; never for other types. */
  | { readonly kind: 'access'; readonly values: readonly AccessWord[] };

/** Fields that events have as numbers. */
export type NumberField = 'process.pid' | 'process.thread.id' | 'user.id';

/** Says whether an event fulfils a condition; allocates nothing itself. */
export type Predicate = (event: Event) => boolean;

/** Turns a condition into a function. Of `all` and `any` the parts that are cheap to ask go first. */
export function compileCondition(condition: Condition): Predicate {
  switch (condition.kind) {
    case 'all':
      return compileAll(byCost(condition.of).map(compileCondition));
    case 'any':
      return compileAny(byCost(condition.of).map(compileCondition));
    case 'not': {
      const inner = compileCondition(condition.of);
      return (event) => !inner(event);
    }
    case 'number':
      return compileNumber(condition.field, condition.values);
    case 'access':
      return compileAccess(condition.values);
    case 'objectPrefix':
      return onObjects(prefixTest(condition.values));
    case 'objectPattern':
      return onObjects(patternTest(condition.values));
    default:
      return compileField(condition);
  }
}

function compileAll(parts: readonly Predicate[]): Predicate {
  const [first, second] = parts;
  if (first === undefined) {
    return () => true;
  }
  if (second === undefined) {
    return first;
  }
  if (parts.length === 2) {
    return (event) => first(event) && second(event);
  }
  return (event) => {
    for (const part of parts) {
      if (!part(event)) {
        return false;
      }
    }
    return true;
  };
}

function compileAny(parts: readonly Predicate[]): Predicate {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) {
    return first;
  }
  return (event) => {
    for (const part of parts) {
      if (part(event)) {
        return true;
      }
    }
    return false;
  };
}

type FieldCondition = Extract<Condition, { readonly field: FieldName; readonly values: readonly string[] }>;
type Test = (value: string) => boolean;

function compileField({ kind, field, values }: FieldCondition): Predicate {
  const test =
    kind === 'equals' ? equalsTest(values) : kind === 'prefix' ? prefixTest(values) : patternTest(values);
  switch (field) {
    case 'process.name':
      return (event) => test(event.comm);
    case 'container.id':
      return (event) => test(event.containerId);
    case 'event.action':
      return (event) => test(event.type);
    default:
      return (event) => {
        const value = event.get(field);
        return value !== undefined && test(value);
      };
  }
}

function compileNumber(field: NumberField, values: readonly number[]): Predicate {
  const set = new Set(values);
  switch (field) {
    case 'process.pid':
      return (event) => set.has(event.pid);
    case 'process.thread.id':
      return (event) => set.has(event.threadId);
    case 'user.id':
      return (event) => set.has(event.uid);
  }
}

function compileAccess(words: readonly AccessWord[]): Predicate {
  const read = words.includes('read');
  const write = words.includes('write');
  const create = words.includes('create');
  const truncate = words.includes('truncate');
  return (event) => {
    if (event.type !== 'file_open') {
      return false;
    }
    const flags = Number(event.detail);
    return (
      (read && isReadOnlyOpen(flags)) ||
      (write && isWriteOpen(flags)) ||
      (create && (flags & MAY_CREATE) !== 0 && event.get('file.created') === 'true') ||
      (truncate && (flags & O_TRUNC) !== 0 && event.get('file.truncated') === 'true')
    );
  };
}

const O_ACCMODE = 3;
const O_PATH = 0o10000000;
const O_TRUNC = 0o1000;
const MAY_CREATE = 0o20000100; // O_CREAT, O_TMPFILE

function isWriteOpen(flags: number): boolean {
  return (flags & O_ACCMODE) !== 0 && (flags & O_PATH) === 0;
}

function onObjects(test: Test): Predicate {
  return (event) =>
    test(event.object) ||
    ((event.type === 'file_rename' || event.type === 'file_link') && test(event.detail));
}

function equalsTest(values: readonly string[]): Test {
  const [only] = values;
  if (values.length === 1) {
    return (value) => value === only;
  }
  const set = new Set(values);
  return (value) => set.has(value);
}

/** One look-up for each length that a prefix has, so that a thousand prefixes cost as much as a few. */
function prefixTest(values: readonly string[]): Test {
  const byLength = new Map<number, Set<string>>();
  for (const value of values) {
    const same = byLength.get(value.length);
    if (same === undefined) {
      byLength.set(value.length, new Set([value]));
    } else {
      same.add(value);
    }
  }
  if (values.length <= 4) {
    return (value) => values.some((prefix) => value.startsWith(prefix));
  }
  const lengths = [...byLength].sort(([a], [b]) => a - b);
  return (value) => {
    for (const [length, prefixes] of lengths) {
      if (length > value.length) {
        return false;
      }
      if (prefixes.has(value.slice(0, length))) {
        return true;
      }
    }
    return false;
  };
}

function patternTest(values: readonly string[]): Test {
  const patterns = new PathPatterns(values);
  return (value) => patterns.matches(value);
}

const COST: Readonly<Record<Condition['kind'], number>> = {
  number: 0,
  access: 1,
  equals: 2,
  objectPrefix: 3,
  objectPattern: 4,
  prefix: 5,
  pattern: 6,
  not: 7,
  any: 8,
  all: 8,
};

function byCost(conditions: readonly Condition[]): readonly Condition[] {
  return [...conditions].sort((a, b) => costOf(a) - costOf(b));
}

function costOf(condition: Condition): number {
  if (condition.kind === 'equals' && condition.field !== 'process.name') {
    return COST.prefix; // may have to be looked for among the attributes
  }
  return COST[condition.kind];
}
