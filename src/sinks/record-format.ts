/** How a sink writes one event into a batch. */
import { writeEvent } from '../core/envelope-json.ts';
import type { Event } from '../core/event.ts';
import { MAX_PAYLOAD_BYTES, setEvt1Length, writeEvt1Head } from '../core/evt1.ts';
import type { Batch } from './batch.ts';

/**
 * Appends one event to a batch, or leaves the batch alone.
 *
 * @returns False if the event is too large for the format.
 */
export type RecordFormat = (event: Event, batch: Batch) => boolean;

const NEWLINE = Buffer.from('\n', 'latin1');

/** One JSON object a line: the envelope. */
export const ndjsonFormat: RecordFormat = (event, { out }) => {
  writeEvent(event, out);
  out.raw(NEWLINE);
  return true;
};

/** EVT1 records. */
export const evt1Format: RecordFormat = (event, { out }) => {
  const start = out.length;
  const payload = writeEvt1Head(out);
  writeEvent(event, out);
  const length = out.length - payload;
  if (length > MAX_PAYLOAD_BYTES) {
    out.truncate(start);
    return false;
  }
  setEvt1Length(out, start, length);
  return true;
};

/** A line of text for people; `render` gives it without the newline, safe to print. */
export function lineFormat(render: (event: Event) => string): RecordFormat {
  return (event, { out }) => {
    out.utf8(`${render(event)}\n`);
    return true;
  };
}
