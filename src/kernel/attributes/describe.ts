/** What each event type says: its object, its detail and its own attributes. */
import type { EventType } from '../../core/event-types.ts';
import type { HostContext } from '../../core/host-context.ts';
import type { RecordView } from '../record-view.ts';
import { FILE_DESCRIPTIONS } from './file.ts';
import { NET_DESCRIPTIONS } from './net.ts';
import { PRIV_DESCRIPTIONS } from './priv.ts';
import { PROCESS_DESCRIPTIONS } from './process.ts';
import type { AttributeWriter } from './writer.ts';

/** A record, and what is needed to put it into words. */
export interface Described {
  readonly view: RecordView;
  readonly host: HostContext;
  /** The path that the record's first (or second) pair of texts names. */
  path(which: 1 | 2): DescribedPath;
  /** Arguments of an exec. */
  args(): readonly string[];
}

/** A path as it will be shown. */
export interface DescribedPath {
  readonly path: string;
  readonly resolution: 'kernel' | 'lookup' | 'lexical';
  /** The exact bytes in hexadecimal where they are not UTF-8. */
  readonly hex: string | undefined;
}

/** How one event type is put into words. */
export interface EventDescription {
  /** `data[0]`. */
  object(record: Described): string;
  /** `data[1]`. */
  detail(record: Described): string;
  /** The attributes that only this type has. */
  attributes(record: Described, out: AttributeWriter): void;
}

/** By event type; a type that no kernel program reports has none. */
export const DESCRIPTIONS: Partial<Record<EventType, EventDescription>> = {
  ...PROCESS_DESCRIPTIONS,
  ...FILE_DESCRIPTIONS,
  ...NET_DESCRIPTIONS,
  ...PRIV_DESCRIPTIONS,
};
