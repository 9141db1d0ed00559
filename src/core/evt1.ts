/** EVT1, the file format for events: the record codec. What a payload says is `envelope-json.ts`. */
import type { ByteWriter } from './byte-writer.ts';
import { SentinelError } from './errors.ts';

/*
 * file   = *record                        ; no header, no trailer, nothing between records
 * record = magic length payload
 * magic  = %x45.56.54.31                  ; "EVT1"
 * length = 4OCTET                         ; of the payload in bytes, unsigned, little-endian
 * payload = *OCTET                        ; one event, a JSON object in UTF-8; as written: compact, ASCII
 *
 * A file may also be one or more gzip members whose contents, one after the other, are the above; a record may cross
 * from one member into the next. JSON has no NUL byte and a length below 2^24 has one, so the head of a record cannot
 * occur inside a payload.
 */
const MAGIC = 0x31545645;

/** Bytes before the payload of a record. */
export const EVT1_HEAD_BYTES = 8;

/** The longest payload that is read unless told otherwise: 16 MiB less one byte. */
export const MAX_PAYLOAD_BYTES = 0xff_ffff;

/**
 * Appends the head of a record whose length is not known yet; {@link setEvt1Length} fills it in.
 *
 * @returns Where the payload begins.
 */
export function writeEvt1Head(out: ByteWriter): number {
  out.u32(MAGIC);
  out.u32(0);
  return out.length;
}

/** Fills in the length of the record that begins at `start`. */
export function setEvt1Length(out: ByteWriter, start: number, payloadBytes: number): void {
  out.setU32(start + 4, payloadBytes);
}

/** One record: head and `json`, which must be ASCII. */
export function encodeEvt1Record(json: string): Buffer {
  const record = Buffer.from(`EVT1....${json}`, 'latin1');
  record.writeUInt32LE(json.length, 4);
  return record;
}

/** True when the head of a record stands at `offset`, which is at least eight bytes before the end of `bytes`. */
export function isEvt1Head(
  bytes: Buffer,
  offset: number,
  maxPayloadBytes: number = MAX_PAYLOAD_BYTES,
): boolean {
  return bytes.readUInt32LE(offset) === MAGIC && bytes.readUInt32LE(offset + 4) <= maxPayloadBytes;
}

/** The end of an input in the middle of a record. */
export interface TornTail {
  /** Where the record that is not whole begins, in bytes from the start of the (uncompressed) input. */
  readonly offset: number;
  /** The part of the record that is not all there. */
  readonly kind: 'magic' | 'length' | 'payload';
}

/**
 * Finds the records in an input that comes in pieces of any size.
 *
 * Feed a piece with {@link push}, then call {@link next} until it says false, then feed the next. After `next` said
 * true, `view` from `start` to `end` is the payload, valid until the next call. Holds no more than one record that
 * crosses pieces; memory grows with the bytes that came, never by a length that was only claimed.
 */
export class Evt1Decoder {
  /** What {@link start} and {@link end} index. */
  bytes: Buffer = EMPTY;
  /** The same memory as `bytes`. */
  view: DataView = EMPTY_VIEW;
  start = 0;
  end = 0;
  /** Where the record begins that `next` found last, or looks for now, in bytes from the start of the input. */
  recordOffset = 0;

  readonly #maxPayloadBytes: number;
  #piece: Buffer = EMPTY;
  #pieceView: DataView = EMPTY_VIEW;
  #pieceAt = 0;
  /** The beginning of a record that crosses pieces; `#carried` bytes of it are filled. */
  #carry: Buffer = Buffer.allocUnsafe(INITIAL_CARRY_BYTES);
  #carryView = viewOf(this.#carry);
  #carried = 0;
  #nextOffset = 0;

  /** @param maxPayloadBytes A longer payload is taken for corruption; at most 2^32 - 1. */
  constructor(maxPayloadBytes: number = MAX_PAYLOAD_BYTES) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** Gives the decoder more input; what came before must have been used up by `next`. */
  push(piece: Uint8Array): void {
    if (this.#pieceAt !== this.#piece.length) {
      throw new TypeError('push() before next() said false');
    }
    this.#piece = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    this.#pieceView = viewOf(this.#piece);
    this.#pieceAt = 0;
  }

  /**
   * Finds the next whole record.
   *
   * @returns False when that takes more input.
   * @throws {SentinelError} `SNT_INPUT_CORRUPT` if something else stands where a record should begin, or its length is
   *   beyond the limit. The decoder is of no use after that.
   */
  next(): boolean {
    this.recordOffset = this.#nextOffset;
    return this.#carried > 0 ? this.#nextCarried() : this.#nextInPiece();
  }

  /** What is wrong with the end of the input, undefined when it ended after a whole record (or is empty). */
  tornTail(): TornTail | undefined {
    if (this.#carried === 0) {
      return undefined;
    }
    const kind = this.#carried < 4 ? 'magic' : this.#carried < EVT1_HEAD_BYTES ? 'length' : 'payload';
    return { offset: this.#nextOffset, kind };
  }

  #nextInPiece(): boolean {
    const at = this.#pieceAt;
    const left = this.#piece.length - at;
    if (left >= EVT1_HEAD_BYTES) {
      const recordBytes = EVT1_HEAD_BYTES + this.#payloadBytes(this.#pieceView, at);
      if (left >= recordBytes) {
        this.bytes = this.#piece;
        this.view = this.#pieceView;
        this.#pieceAt = at + recordBytes;
        return this.#found(at, recordBytes);
      }
    }
    this.#carryFromPiece(left);
    return false;
  }

  #nextCarried(): boolean {
    if (this.#carried < EVT1_HEAD_BYTES) {
      this.#carryFromPiece(EVT1_HEAD_BYTES - this.#carried);
      if (this.#carried < EVT1_HEAD_BYTES) {
        return false;
      }
    }
    const recordBytes = EVT1_HEAD_BYTES + this.#payloadBytes(this.#carryView, 0);
    this.#carryFromPiece(recordBytes - this.#carried);
    if (this.#carried < recordBytes) {
      return false;
    }
    this.bytes = this.#carry;
    this.view = this.#carryView;
    this.#carried = 0;
    return this.#found(0, recordBytes);
  }

  #found(at: number, recordBytes: number): true {
    this.start = at + EVT1_HEAD_BYTES;
    this.end = at + recordBytes;
    this.#nextOffset += recordBytes;
    return true;
  }

  #payloadBytes(view: DataView, at: number): number {
    if (view.getUint32(at, true) !== MAGIC) {
      throw badMagic(this.#nextOffset);
    }
    const length = view.getUint32(at + 4, true);
    if (length > this.#maxPayloadBytes) {
      throw new SentinelError(
        'SNT_INPUT_CORRUPT',
        `Cannot read the record at offset ${this.#nextOffset}: its length ${length} is over the limit of ${this.#maxPayloadBytes}`,
      );
    }
    return length;
  }

  /** Moves up to `wanted` bytes from the piece to the end of the carry. */
  #carryFromPiece(wanted: number): void {
    const count = Math.min(wanted, this.#piece.length - this.#pieceAt);
    const needed = this.#carried + count;
    if (needed > this.#carry.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#carry.length * 2));
      this.#carry.copy(grown, 0, 0, this.#carried);
      this.#carry = grown;
      this.#carryView = viewOf(grown);
    }
    this.#piece.copy(this.#carry, this.#carried, this.#pieceAt, this.#pieceAt + count);
    this.#carried = needed;
    this.#pieceAt += count;
    this.#checkPartialMagic();
  }

  /** Fails on the first wrong byte, so that a short tail of anything else is not taken for a torn record. */
  #checkPartialMagic(): void {
    for (let index = 0; index < Math.min(this.#carried, 4); index++) {
      if (this.#carry[index] !== ((MAGIC >>> (index * 8)) & 0xff)) {
        throw badMagic(this.#nextOffset);
      }
    }
  }
}

const INITIAL_CARRY_BYTES = 4096;
const EMPTY: Buffer = Buffer.alloc(0);
const EMPTY_VIEW: DataView = viewOf(EMPTY);

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function badMagic(offset: number): SentinelError {
  return new SentinelError('SNT_INPUT_CORRUPT', `bad magic at offset ${offset}`, {
    hint: 'the input is not an EVT1 file, or it is damaged at that place',
  });
}
