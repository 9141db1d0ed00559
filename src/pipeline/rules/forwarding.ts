/** Which events leave the probe. */
import type { Event } from '../../core/event.ts';
import { EVENT_TYPES, type EventType } from '../../core/event-types.ts';
import { type Condition, compileCondition, type Predicate } from './ir.ts';
import { type ForwardingRule, type ParsedRuleFile, parseRuleFile } from './rule-file.ts';
import { combineErrors } from './yaml-text.ts';

/** A rule file in memory. */
export interface RuleFileText {
  /** The name that errors give. */
  readonly file: string;
  readonly text: string;
}

/** A compiled rule set. An event is forwarded when any enabled rule matches it; an empty set forwards nothing. */
export interface ForwardingRules {
  /** Names of the enabled rules, in file order. */
  readonly ruleNames: readonly string[];
  /** The event types that any rule can match; the others need not be watched. */
  readonly eventTypes: ReadonlySet<EventType>;
  matches(event: Event): boolean;
}

/** Forwards every event; what `--all` asks for. */
export const FORWARD_ALL: ForwardingRules = {
  ruleNames: [],
  eventTypes: new Set(EVENT_TYPES),
  matches: () => true,
};

/**
 * Reads and compiles rule files; their rules make one set.
 *
 * @throws {SentinelError} SNT_RULE_INVALID with everything that is wrong in all of them.
 */
export function compileForwardingRules(files: readonly RuleFileText[]): ForwardingRules {
  const parsed: ParsedRuleFile[] = files.map(({ file, text }) => parseRuleFile(file, text));
  const errors = parsed.flatMap((result) => result.errors);
  if (errors.length > 0) {
    throw combineErrors(errors);
  }
  return compileRules(parsed.flatMap((result) => result.rules));
}

/** Compiles rules that were read already. */
export function compileRules(rules: readonly ForwardingRule[]): ForwardingRules {
  const enabled = rules.filter((rule) => rule.isEnabled);
  const byType = new Map<EventType, Predicate>();
  for (const type of EVENT_TYPES) {
    const conditions = enabled.filter((rule) => rule.events.has(type)).map((rule) => rule.condition);
    if (conditions.length > 0) {
      byType.set(type, compileCondition(simplify(conditions)));
    }
  }
  return {
    ruleNames: enabled.map((rule) => rule.name),
    eventTypes: new Set(byType.keys()),
    matches: (event) => byType.get(event.type)?.(event) ?? false,
  };
}

/** Any of the conditions, with the single lists of many rules (one path prefix each, say) put together into one. */
function simplify(conditions: readonly Condition[]): Condition {
  const merged = new Map<string, Condition>();
  const rest: Condition[] = [];
  for (const condition of conditions.map(withoutShell)) {
    if (condition.kind === 'all' && condition.of.length === 0) {
      return condition; // asks for nothing: all of this type is forwarded
    }
    const key = mergeKey(condition);
    const same = key === undefined ? undefined : merged.get(key);
    if (key === undefined) {
      rest.push(condition);
    } else {
      merged.set(key, same === undefined ? condition : mergeValues(same, condition));
    }
  }
  return { kind: 'any', of: [...merged.values(), ...rest] };
}

function withoutShell(condition: Condition): Condition {
  const only = condition.kind === 'all' && condition.of.length === 1 ? condition.of[0] : undefined;
  return only ?? condition;
}

function mergeKey(condition: Condition): string | undefined {
  switch (condition.kind) {
    case 'all':
    case 'any':
    case 'not':
      return undefined;
    default:
      return 'field' in condition ? `${condition.kind}:${condition.field}` : condition.kind;
  }
}

function mergeValues(a: Condition, b: Condition): Condition {
  if ('values' in a && 'values' in b) {
    return { ...a, values: [...a.values, ...b.values] } as Condition; // same kind and field, so the same element type
  }
  throw new TypeError('only conditions with values can be merged');
}
