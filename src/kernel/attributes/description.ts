/** The form in which each event type is put into words. */
import type { HostContext } from '../../core/host-context.ts';
import type { RecordView } from '../record-view.ts';
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
