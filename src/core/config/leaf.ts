/** The kinds of settings, and how each is read from text. */
import { z } from 'zod';
import { parseNumber, parseQuantity, parseRatePerDay, quantityExpectation, type UnitKind } from '../units.ts';

/** How a setting is written in an environment variable or flag: a list has commas. */
export type LeafKind = UnitKind | 'number' | 'rate_per_day' | 'text' | 'boolean' | 'list' | 'integer_list';

/** One setting: a place in the configuration that holds a value. */
export interface Leaf {
  /** Dotted path, `probe.ring_bytes`. */
  readonly path: string;
  readonly kind: LeafKind;
  /** One clause for help and README, no full stop. */
  readonly description: string;
  /** Undefined when the setting is computed or off unless given. */
  readonly defaultValue: unknown;
  readonly schema: z.ZodType;
}

/**
 * Marks a schema as a setting. Call it last: zod keeps the mark on this very schema.
 *
 * @param description One clause, its unit named, no full stop.
 */
export function leaf<S extends z.ZodType>(kind: LeafKind, description: string, schema: S): S {
  return schema.meta({ kind, description });
}

/** Every setting below `schema`, in the order of the schema. */
export function leavesOf(schema: z.ZodObject, prefix = ''): Leaf[] {
  return Object.entries(schema.shape).flatMap(([key, child]): Leaf[] => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (child instanceof z.ZodObject) {
      return leavesOf(child, path);
    }
    const setting = child as z.ZodType; // zod types the shape of an unknown object by its core class
    const meta = setting.meta();
    if (meta === undefined || typeof meta['kind'] !== 'string' || meta.description === undefined) {
      throw new TypeError(`Setting ${path} has no kind or description`);
    }
    const initial = setting.safeParse(undefined);
    return [
      {
        path,
        kind: meta['kind'] as LeafKind, // only leaf() writes it
        description: meta.description,
        defaultValue: initial.success ? initial.data : undefined,
        schema: setting,
      },
    ];
  });
}

/** A text read as a setting's value, or what was expected instead. */
export type TextValue = { readonly value: unknown } | { readonly expected: string };

/** The most items in a list that comes as text; more is a mistake or an attack. */
const MAX_LIST_ITEMS = 4096;

/** Reads the text of an environment variable or flag as `kind` wants it. Meaning is checked by the schema, later. */
export function readText(kind: LeafKind, text: string): TextValue {
  switch (kind) {
    case 'text':
      return { value: text };
    case 'boolean':
      return readBoolean(text);
    case 'number':
      return orExpected(parseNumber(text), 'a number, such as 0.5 or 1e-6');
    case 'rate_per_day':
      return orExpected(parseRatePerDay(text), 'a rate, such as 5/day, 1/hour or 10/week');
    case 'list':
      return readList(text, (item) => item, 'a list with commas');
    case 'integer_list':
      return readList(text, (item) => parseQuantity(item, 'integer'), 'whole numbers with commas between');
    default: {
      const value = parseQuantity(text, kind);
      return value === undefined ? { expected: quantityExpectation(kind) } : { value };
    }
  }
}

function orExpected(value: number | undefined, expected: string): TextValue {
  return value === undefined ? { expected } : { value };
}

function readBoolean(text: string): TextValue {
  const word = text.trim().toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(word)) {
    return { value: true };
  }
  return ['false', 'no', 'off', '0'].includes(word) ? { value: false } : { expected: 'true or false' };
}

function readList(text: string, read: (item: string) => unknown, expected: string): TextValue {
  if (text.trim() === '') {
    return { value: [] };
  }
  const items = text.split(',', MAX_LIST_ITEMS + 1).map((item) => read(item.trim()));
  if (items.length > MAX_LIST_ITEMS) {
    return { expected: `at most ${MAX_LIST_ITEMS} items` };
  }
  return items.some((item) => item === undefined || item === '') ? { expected } : { value: items };
}
