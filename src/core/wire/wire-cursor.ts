/** Reading protobuf: numbers of up to 64 bits, and passing over what is not known. */
import { SentinelError } from '../errors.ts';

/** Wire types; groups, which proto3 does not have, are an error. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** A place in a buffer. */
export class WireCursor {
  /** What is read. */
  bytes: Buffer = Buffer.alloc(0);
  /** Where the next byte is. */
  protected at = 0;
  /** The upper half of the number that was read last. */
  protected high = 0;

  /** The low 32 bits of the number here, {@link high} the others; moves past it. `end` is in the buffer. */
  protected varint(end: number): number {
    if (this.at < end) {
      const first = this.bytes[this.at] as number; // below `end`
      if (first < 0x80) {
        this.at++;
        this.high = 0;
        return first;
      }
    }
    return this.#longVarint(end);
  }

  /** Reads the length of a text or message here, moves to its first byte and gives the place after its last. */
  protected endOfBytes(end: number): number {
    const length = this.varint(end);
    const to = this.at + length;
    if (this.high !== 0 || to > end) {
      throw corrupt('a field is longer than what it is in');
    }
    return to;
  }

  /** Moves past a value that is neither text nor message. */
  protected skip(wireType: number, end: number): void {
    if (wireType === VARINT) {
      this.varint(end);
      return;
    }
    if (wireType !== FIXED64 && wireType !== FIXED32) {
      throw corrupt(`wire type ${wireType}`);
    }
    this.at += wireType === FIXED64 ? 8 : 4;
    if (this.at > end) {
      throw corrupt('a number is cut short');
    }
  }

  #longVarint(end: number): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70 && this.at < end; shift += 7) {
      const byte = this.bytes[this.at++] as number; // below `end`
      const bits = byte & 0x7f;
      if (shift < 28) {
        low |= bits << shift;
      } else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else {
        high |= bits << (shift - 32);
      }
      if (byte < 0x80) {
        this.high = high >>> 0;
        return low >>> 0;
      }
    }
    throw corrupt(this.at >= end ? 'a number is cut short' : 'a number is longer than 64 bits');
  }
}

/** What is wrong with a message, as an error. */
export function corrupt(what: string): SentinelError {
  return new SentinelError('SNT_INPUT_CORRUPT', `Cannot decode the message: ${what}`);
}
