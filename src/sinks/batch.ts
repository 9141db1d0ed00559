/** The bytes of several events on their way into one write. */
import { ByteWriter } from '../core/byte-writer.ts';
import { EVENT_TYPE_IDS, EVENT_TYPES, type EventType } from '../core/event-types.ts';

/** A buffer that events are encoded into; reused once its batch is settled. */
export class Batch {
  /** Events counted since the last {@link clear}. */
  events = 0;
  /** Where a format writes to. */
  readonly out: ByteWriter;
  readonly #eventsByTypeId = new Uint32Array(EVENT_TYPES.length + 1);

  /** @param bytes What it will hold at most, or so: growing costs a copy, and memory that the collector has to chase. */
  constructor(bytes?: number) {
    this.out = new ByteWriter(bytes);
  }

  /** Bytes appended since the last {@link clear}. */
  get sizeBytes(): number {
    return this.out.length;
  }

  /** Counts an event whose bytes were appended. */
  count(type: EventType): void {
    this.events++;
    const id = EVENT_TYPE_IDS[type];
    this.#eventsByTypeId[id] = (this.#eventsByTypeId[id] ?? 0) + 1;
  }

  /** Calls `visit` for each type that has events in the batch. */
  visitTypes(visit: (type: EventType, events: number) => void): void {
    for (const type of EVENT_TYPES) {
      const events = this.#eventsByTypeId[EVENT_TYPE_IDS[type]] ?? 0;
      if (events > 0) {
        visit(type, events);
      }
    }
  }

  /** What was appended, without a copy: valid until the next append or {@link clear}. */
  bytes(): Buffer {
    return this.out.bytes();
  }

  /** Makes the batch empty, keeping its memory. */
  clear(): void {
    this.events = 0;
    this.#eventsByTypeId.fill(0);
    this.out.clear();
  }
}
