/** The fields of a kernel event by name: what `get()` looks up. */
import { ENVELOPE_FIELDS } from '../../core/envelope-fields.ts';
import type { Event } from '../../core/event.ts';
import type { EventType } from '../../core/event-types.ts';
import { PROCESS_FIELDS } from '../../core/fields.ts';
import { DESCRIPTIONS } from './describe.ts';
import type { AttributeDefinition, Described } from './description.ts';
import { CALL_ATTRIBUTES, IDENTITY_ATTRIBUTES, REST_ATTRIBUTES } from './header.ts';

/** What a field is read from. */
export interface KernelFields extends Event, Described {
  readonly type: EventType;
  /** The value of one of {@link PROCESS_FIELDS}. */
  processAttribute(name: string): string | undefined;
}

/** Gives one field's value, undefined when the record does not say. */
export type KernelFieldReader = (event: KernelFields) => string | undefined;

type Readers = ReadonlyMap<string, KernelFieldReader>;

const readersByType = new Map<EventType, Readers>();

/** A reader for each field that events of `type` can have: envelope, attributes and process. */
export function readersOfType(type: EventType): Readers {
  let readers = readersByType.get(type);
  if (readers === undefined) {
    readers = new Map([
      ...Object.entries(ENVELOPE_FIELDS),
      ...PROCESS_FIELDS.map((name) => [name, (event: KernelFields) => event.processAttribute(name)] as const),
      ...[
        CALL_ATTRIBUTES,
        DESCRIPTIONS[type]?.attributes ?? [],
        IDENTITY_ATTRIBUTES,
        REST_ATTRIBUTES,
      ].flatMap((definitions) => definitions.flatMap(readersOf)),
    ]);
    readersByType.set(type, readers);
  }
  return readers;
}

function readersOf(definition: AttributeDefinition): (readonly [string, KernelFieldReader])[] {
  switch (definition.kind) {
    case 'plain': {
      const { name, read } = definition;
      return [[name, (event) => textOf(read(event))]];
    }
    case 'quoted': {
      const { name, read } = definition;
      return [[name, (event) => read(event) || undefined]];
    }
    case 'text': {
      const { name, read } = definition;
      return [
        [name, (event) => read(event)?.text || undefined],
        [`${name}.hex`, (event) => read(event)?.hex],
      ];
    }
    case 'group':
      return definition.attributes.flatMap(readersOf);
  }
}

function textOf(value: string | number | undefined): string | undefined {
  return typeof value === 'number' ? String(value) : value || undefined;
}
