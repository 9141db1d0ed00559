/** Where an event's attributes are written to: a visitor, or JSON text. */
import type { FieldName } from '../../core/fields.ts';
import { escapeJson } from '../../core/json.ts';
import type { Text } from '../text-cache.ts';

/** Takes attributes one by one; a value that is '' or undefined is unknown and is left out. */
export interface AttributeWriter {
  /** A value of printable ASCII without quotes and backslashes: numbers, names from our own tables. */
  plain(name: FieldName, value: string | number | undefined): void;
  /** A value that the host made up. */
  quoted(name: FieldName, value: string | undefined): void;
  /** A text of the record; bytes that are not UTF-8 are added as `<name>.hex`. */
  text(name: FieldName, value: Text): void;
}

/** Hands each attribute to a function. */
export class VisitingWriter implements AttributeWriter {
  visit: (name: string, value: string) => void = () => {};

  plain(name: FieldName, value: string | number | undefined): void {
    if (value !== undefined && value !== '') {
      this.visit(name, String(value));
    }
  }

  quoted(name: FieldName, value: string | undefined): void {
    this.plain(name, value);
  }

  text(name: FieldName, value: Text): void {
    this.plain(name, value.text);
    if (value.hex !== undefined) {
      this.visit(`${name}.hex`, value.hex);
    }
  }
}

/** `","name":"` by name: ends the value before and begins the next. Names are of a closed set, so this is bounded. */
const SEAMS = new Map<string, string>();

function seamOf(name: string): string {
  let seam = SEAMS.get(name);
  if (seam === undefined) {
    seam = `","${name}":"`;
    SEAMS.set(name, seam);
  }
  return seam;
}

/**
 * Collects JSON members. Joined from as few pieces as can be, as each piece is paid for again when the text is
 * flattened: the quote that ends a value is written with the next name.
 */
export class JsonWriter implements AttributeWriter {
  /** All but the quote that ends the last value. */
  #open = '';

  /** Forgets what was collected. */
  clear(): void {
    this.#open = '';
  }

  /** What was collected: `"a":"1","b":"2"`, '' for nothing. */
  get members(): string {
    return this.#open === '' ? '' : `${this.#open}"`;
  }

  plain(name: FieldName, value: string | number | undefined): void {
    if (value !== undefined && value !== '') {
      this.#begin(name);
      this.#open += value;
    }
  }

  quoted(name: FieldName, value: string | undefined): void {
    if (value !== undefined && value !== '') {
      this.#begin(name);
      this.#open += escapeJson(value);
    }
  }

  text(name: FieldName, value: Text): void {
    if (value.text !== '') {
      this.#begin(name);
      this.#open += value.escaped;
    }
    if (value.hex !== undefined) {
      this.#begin(`${name}.hex`);
      this.#open += value.hex;
    }
  }

  /** All members so far in a form that {@link append} takes. */
  get group(): string {
    return this.#open === '' ? '' : `",${this.#open}`;
  }

  /** Adds a {@link group} that was kept. */
  append(group: string): void {
    this.#open += this.#open === '' ? group.slice(2) : group;
  }

  #begin(name: string): void {
    this.#open += this.#open === '' ? `"${name}":"` : seamOf(name);
  }
}
