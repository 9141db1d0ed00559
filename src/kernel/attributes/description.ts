/** The form in which each event type is put into words. */
import type { EventType } from '../../core/event-types.ts';
import type { FieldName } from '../../core/fields.ts';
import type { HostContext } from '../../core/host-context.ts';
import type { RecordView } from '../record-view.ts';
import type { Text } from '../text-cache.ts';
import { type AttributeWriter, MemberGroup } from './writer.ts';

/** A record, and what is needed to put it into words. */
export interface Described {
  readonly view: RecordView;
  readonly host: HostContext;
  readonly type: EventType;
  /** Attributes of the deployment; '' and undefined are left out. */
  readonly labels: Labels;
  /** The path that the record's first (or second) pair of texts names. */
  path(which: 1 | 2): DescribedPath;
  /** Arguments of an exec. */
  args(): readonly string[];
}

/** Attributes of the deployment. */
export type Labels = Readonly<Partial<Record<'cluster' | 'node', string>>>;

/** A path as it will be shown. */
export interface DescribedPath extends Text {
  readonly resolution: 'kernel' | 'lookup' | 'lexical';
}

interface Definition<Kind extends keyof AttributeWriter, Value> {
  /** Which method of {@link AttributeWriter} writes it. */
  readonly kind: Kind;
  readonly name: FieldName;
  /** Undefined or '' when the record does not say. */
  readonly read: (record: Described) => Value | undefined;
}

interface Group {
  readonly kind: 'group';
  readonly attributes: readonly AttributeDefinition[];
  readonly write: (record: Described, out: AttributeWriter) => void;
}

/** One attribute, its name and where its value is from, or several that are written together. */
export type AttributeDefinition =
  | Definition<'plain', string | number>
  | Definition<'quoted', string>
  | Definition<'text', Text>
  | Group;

/** How one event type is put into words. */
export interface EventDescription {
  /** `data[0]`. */
  object(record: Described): string;
  /** `data[1]`. */
  detail(record: Described): string;
  /** The attributes that only this type has, in writing order, each name once. */
  readonly attributes: readonly AttributeDefinition[];
}

/** An attribute whose value is printable ASCII without quotes and backslashes: a number, a name of our own tables. */
export function plain(
  name: FieldName,
  read: (record: Described) => string | number | undefined,
): AttributeDefinition {
  return { kind: 'plain', name, read };
}

/** An attribute whose value the host made up. */
export function quoted(
  name: FieldName,
  read: (record: Described) => string | undefined,
): AttributeDefinition {
  return { kind: 'quoted', name, read };
}

/** An attribute that is a text of the record; bytes that are not UTF-8 make it two, the second being `<name>.hex`. */
export function text(name: FieldName, read: (record: Described) => Text | undefined): AttributeDefinition {
  return { kind: 'text', name, read };
}

/**
 * Attributes that all follow from up to four numbers of the record: as JSON they are written once for each of their
 * combinations.
 *
 * @param write Calls `out.group` with `members`, the record and the numbers.
 * @param slots How many combinations are kept, a power of two; 256 unless given.
 */
export function group(
  attributes: readonly AttributeDefinition[],
  write: (members: MemberGroup<Described>, record: Described, out: AttributeWriter) => void,
  slots?: number,
): AttributeDefinition {
  const members = new MemberGroup<Described>(
    (record, out) => writeAttributes(attributes, record, out),
    slots,
  );
  return { kind: 'group', attributes, write: (record, out) => write(members, record, out) };
}

/** Writes what `record` says of each of `definitions`. */
export function writeAttributes(
  definitions: readonly AttributeDefinition[],
  record: Described,
  out: AttributeWriter,
): void {
  for (const definition of definitions) {
    switch (definition.kind) {
      case 'plain':
        out.plain(definition.name, definition.read(record));
        break;
      case 'quoted':
        out.quoted(definition.name, definition.read(record));
        break;
      case 'text': {
        const value = definition.read(record);
        if (value !== undefined) {
          out.text(definition.name, value);
        }
        break;
      }
      case 'group':
        definition.write(record, out);
    }
  }
}
