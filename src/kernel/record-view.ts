/** Reads one record of a drained buffer in place. The layout is in record-layout.ts. */
import { EVENT_TYPE_BY_ID, type EventType } from '../core/event-types.ts';
import { FRAME_BYTES, RECORD_LAYOUT } from './record-layout.ts';
import { NO_TEXT, type Text, TextCache } from './text-cache.ts';

const H = RECORD_LAYOUT.record_header;
const TWO_32 = 2 ** 32;

/**
 * A window on the record at the current position; moved along the buffer, never made anew.
 *
 * Offsets are bytes from the record's start. All reads are bounded by the record: a reference to a text outside of it
 * reads as absent.
 */
export class RecordView {
  readonly buffer: ArrayBuffer;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #texts = new TextCache();
  #base = 0;
  #size = 0;

  /** @param sizeBytes Of the buffer to drain into. */
  constructor(sizeBytes: number) {
    this.buffer = new ArrayBuffer(sizeBytes);
    this.#bytes = Buffer.from(this.buffer);
    this.#view = new DataView(this.buffer);
  }

  /**
   * Moves to the frame at `position`.
   *
   * @param end Bytes that the last drain wrote.
   * @returns Where the next frame begins; `end` when the frame does not fit, and then there is no record here.
   */
  moveTo(position: number, end: number): number {
    const length = position + FRAME_BYTES <= end ? this.#view.getUint32(position, true) : 0;
    const next = position + FRAME_BYTES + ((length + 7) & ~7);
    if (length < H.$size || next > end) {
      this.#size = 0;
      return end;
    }
    this.#base = position + FRAME_BYTES;
    this.#size = length;
    return next;
  }

  /** Bytes of the record, 0 when there is none. */
  get size(): number {
    return this.#size;
  }

  /** The event type, undefined for a number that this version does not know. */
  get type(): EventType | undefined {
    return EVENT_TYPE_BY_ID[this.u16(H.type)];
  }

  u16(offset: number): number {
    return this.#view.getUint16(this.#base + offset, true);
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#base + offset, true);
  }

  s32(offset: number): number {
    return this.#view.getInt32(this.#base + offset, true);
  }

  /** As a number: exact up to 2^53. */
  u64(offset: number): number {
    return this.u32(offset) + this.u32(offset + 4) * TWO_32;
  }

  /** Signed, as a number: exact within ±2^53. */
  s64(offset: number): number {
    return this.u32(offset) + this.s32(offset + 4) * TWO_32;
  }

  bigU64(offset: number): bigint {
    return this.#view.getBigUint64(this.#base + offset, true);
  }

  /** The text that the `struct text_ref` at `offset` points at. */
  text(offset: number): Text {
    const reference = this.#base + offset;
    const start = this.#view.getUint16(reference, true);
    const length = this.#view.getUint16(reference + 2, true);
    if (length === 0 || start + length > this.#size) {
      return NO_TEXT;
    }
    return this.#texts.get(this.#bytes, this.#view, this.#base + start, length);
  }

  /** The bytes of a text, in place: valid until the next drain. */
  textBytes(offset: number): Buffer {
    const start = this.u16(offset);
    const length = this.u16(offset + 2);
    return start + length > this.#size
      ? this.#bytes.subarray(0, 0)
      : this.#bytes.subarray(this.#base + start, this.#base + start + length);
  }

  /** A NUL-padded field of `maxBytes`. */
  fixedText(offset: number, maxBytes: number): Text {
    const start = this.#base + offset;
    let length = 0;
    while (length < maxBytes && this.#bytes[start + length] !== 0) {
      length++;
    }
    return this.#texts.get(this.#bytes, this.#view, start, length);
  }

  /** `length` bytes at `offset`, in place. */
  slice(offset: number, length: number): Buffer {
    return this.#bytes.subarray(this.#base + offset, this.#base + offset + length);
  }

  /** True when the text reference at `offset` points at something. */
  hasText(offset: number): boolean {
    return this.u16(offset + 2) > 0;
  }
}
