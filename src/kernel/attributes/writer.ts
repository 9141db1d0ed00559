/** Where an event's attributes are written to: a visitor, or JSON text. */
import type { FieldName } from '../../core/fields.ts';
import { quoteJson } from '../../core/json.ts';
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

/** Collects JSON members, each with a leading comma. */
export class JsonWriter implements AttributeWriter {
  members = '';

  plain(name: FieldName, value: string | number | undefined): void {
    if (value !== undefined && value !== '') {
      this.members += `,"${name}":"${value}"`;
    }
  }

  quoted(name: FieldName, value: string | undefined): void {
    if (value !== undefined && value !== '') {
      this.members += `,"${name}":${quoteJson(value)}`;
    }
  }

  text(name: FieldName, value: Text): void {
    if (value.text !== '') {
      this.members += `,"${name}":${value.json}`;
    }
    if (value.hex !== undefined) {
      this.members += `,"${name}.hex":"${value.hex}"`;
    }
  }
}
