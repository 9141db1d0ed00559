/** How a sink writes one event into a batch. */
import { encodeEvent } from '../core/envelope-json.ts';
import type { Event } from '../core/event.ts';
import { evt1HeadText, MAX_PAYLOAD_BYTES } from '../core/evt1.ts';
import type { Batch } from './batch.ts';

/**
 * Appends one event to a batch, or leaves the batch alone.
 *
 * @returns False if the event is too large for the format.
 */
export type RecordFormat = (event: Event, batch: Batch) => boolean;

/** One JSON object a line: the envelope. */
export const ndjsonFormat: RecordFormat = (event, batch) => {
  batch.appendLatin1(encodeEvent(event));
  batch.appendLatin1('\n');
  return true;
};

/** EVT1 records. */
export const evt1Format: RecordFormat = (event, batch) => {
  const json = encodeEvent(event);
  if (json.length > MAX_PAYLOAD_BYTES) {
    return false;
  }
  batch.appendLatin1(evt1HeadText(json.length));
  batch.appendLatin1(json);
  return true;
};

/** A line of text for people; `render` gives it without the newline, safe to print. */
export function lineFormat(render: (event: Event) => string): RecordFormat {
  return (event, batch) => {
    batch.appendUtf8(`${render(event)}\n`);
    return true;
  };
}
