/** Where an event's attributes are written to: a visitor, or JSON text. */
import { ByteWriter } from '../../core/byte-writer.ts';
import type { FieldName } from '../../core/fields.ts';
import type { Text } from '../text-cache.ts';
import { MemberCache } from './member-cache.ts';

/** Takes attributes one by one; a value that is '' or undefined is unknown and is left out. */
export interface AttributeWriter {
  /** A value of printable ASCII without quotes and backslashes: numbers, names from our own tables. */
  plain(name: FieldName, value: string | number | undefined): void;
  /** A value that the host made up. */
  quoted(name: FieldName, value: string | undefined): void;
  /** A text of the record; bytes that are not UTF-8 are added as `<name>.hex`. */
  text(name: FieldName, value: Text): void;
  /**
   * Attributes that are the same whenever up to four numbers are: of each its low 32 bits count.
   *
   * @param record What `group` reads them from.
   */
  group<Record>(
    group: MemberGroup<Record>,
    record: Record,
    a: number,
    b?: number,
    c?: number,
    d?: number,
  ): void;
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

  group<Record>(group: MemberGroup<Record>, record: Record): void {
    group.write(record, this);
  }
}

/** `","name":"` by name: ends the value before and begins the next. Names are of a closed set, so this is bounded. */
const SEAMS = new Map<string, Buffer>();
/** What of a seam belongs to the value before: `",`. */
const SEAM_START = 2;
const QUOTE = Buffer.from('"', 'latin1');
const LEAD = Buffer.from('",', 'latin1');

function seamOf(name: string): Buffer {
  let seam = SEAMS.get(name);
  if (seam === undefined) {
    seam = Buffer.from(`","${name}":"`, 'latin1');
    SEAMS.set(name, seam);
  }
  return seam;
}

const NOWHERE = new ByteWriter(0);

/** Writes JSON members: the quote that ends a value is written with the next name. */
export class JsonWriter implements AttributeWriter {
  #out: ByteWriter = NOWHERE;
  #isFirst = true;

  /** Begins a new list of members at the end of `out`. */
  begin(out: ByteWriter): void {
    this.#out = out;
    this.#isFirst = true;
  }

  /** A copy of the members so far, without the quote that would end them: for {@link append}. */
  kept(): Buffer {
    const members = this.#out.bytes();
    return this.#isFirst ? Buffer.alloc(0) : Buffer.concat([LEAD, members]);
  }

  /** Ends the list; nothing is written for an empty one. */
  end(): void {
    if (!this.#isFirst) {
      this.#out.raw(QUOTE);
    }
    this.#out = NOWHERE;
  }

  plain(name: FieldName, value: string | number | undefined): void {
    if (typeof value === 'number') {
      this.#begin(name);
      this.#out.number(value);
    } else if (value !== undefined && value !== '') {
      this.#begin(name);
      this.#out.repeated(value);
    }
  }

  quoted(name: FieldName, value: string | undefined): void {
    if (value !== undefined && value !== '') {
      this.#begin(name);
      this.#out.escaped(value);
    }
  }

  text(name: FieldName, value: Text): void {
    if (value.text !== '') {
      this.#begin(name);
      this.#out.raw(value.escaped);
    }
    if (value.hex !== undefined) {
      this.#begin(`${name}.hex`);
      this.#out.latin1(value.hex);
    }
  }

  group<Record>(group: MemberGroup<Record>, record: Record, a: number, b = 0, c = 0, d = 0): void {
    this.append(group.members(record, a, b, c, d));
  }

  /** Adds members that {@link membersOf} gave. */
  append(members: Buffer): void {
    if (members.length > 0) {
      this.#write(members);
      this.#isFirst = false;
    }
  }

  #begin(name: string): void {
    this.#write(seamOf(name));
    this.#isFirst = false;
  }

  #write(seamed: Buffer): void {
    if (this.#isFirst) {
      this.#out.rawFrom(seamed, SEAM_START);
    } else {
      this.#out.raw(seamed);
    }
  }
}

// Lent to one caller at a time: what is kept is a copy.
const scratch = new ByteWriter();
const scratchWriter = new JsonWriter();

/** What `write` writes, in a form that {@link JsonWriter.append} takes; `write` must not call this. */
export function membersOf(write: (out: AttributeWriter) => void): Buffer {
  scratch.clear();
  scratchWriter.begin(scratch);
  write(scratchWriter);
  // The quote that ends the last value is left to whatever comes next.
  return scratchWriter.kept();
}

/** Attributes that follow from a few numbers of the record, and are written once for each of their combinations. */
export class MemberGroup<Record> {
  readonly #cache: MemberCache;
  readonly #write: (record: Record, out: AttributeWriter) => void;

  /**
   * @param write Must write by nothing but what the numbers given to {@link AttributeWriter.group} tell apart.
   * @param slots How many combinations are kept, a power of two.
   */
  constructor(write: (record: Record, out: AttributeWriter) => void, slots?: number) {
    this.#write = write;
    this.#cache = new MemberCache(4, slots);
  }

  write(record: Record, out: AttributeWriter): void {
    this.#write(record, out);
  }

  /** As {@link membersOf}, kept. */
  members(record: Record, a: number, b: number, c: number, d: number): Buffer {
    const cache = this.#cache;
    cache.key(a);
    cache.key(b);
    cache.key(c);
    cache.key(d);
    return cache.find() ?? cache.keep(membersOf((out) => this.#write(record, out)));
  }
}
