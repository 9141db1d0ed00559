/** Lines of an input that comes in pieces: the same way of use as `Evt1Decoder`, for NDJSON. */
import { SentinelError } from './errors.ts';
import { MAX_PAYLOAD_BYTES } from './evt1.ts';

const NEWLINE = 0x0a;

/**
 * Finds the lines that are not blank. Feed a piece with {@link push}, call {@link next} until it says false, feed the
 * next; after the last piece {@link end} makes a last line of what no newline ended. `view` from `start` to `end` is
 * the line without its newline, valid until the next call.
 */
export class LineDecoder {
  bytes: Buffer = Buffer.alloc(0);
  view: DataView = viewOf(this.bytes);
  start = 0;
  end = 0;
  /** Where the line begins that `next` found last, in bytes from the start of the input. */
  recordOffset = 0;
  readonly #maxLineBytes: number;
  #piece: Buffer = this.bytes;
  #pieceView = this.view;
  #pieceAt = 0;
  /** The beginning of a line that crosses pieces. */
  #carried: Buffer[] = [];
  #carriedBytes = 0;
  #nextOffset = 0;

  constructor(maxLineBytes: number = MAX_PAYLOAD_BYTES) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Gives the decoder more input. */
  push(piece: Uint8Array): void {
    this.#piece = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    this.#pieceView = viewOf(this.#piece);
    this.#pieceAt = 0;
  }

  /**
   * Finds the next whole line that is not blank.
   *
   * @returns False when that takes more input.
   * @throws {SentinelError} `SNT_INPUT_CORRUPT` if a line is longer than the limit.
   */
  next(): boolean {
    while (this.#pieceAt < this.#piece.length) {
      const at = this.#pieceAt;
      const newline = this.#piece.indexOf(NEWLINE, at);
      const stop = newline === -1 ? this.#piece.length : newline;
      this.recordOffset = this.#nextOffset;
      if (this.#carriedBytes + stop - at > this.#maxLineBytes) {
        throw new SentinelError(
          'SNT_INPUT_CORRUPT',
          `Cannot read the line at offset ${this.#nextOffset}: it is longer than ${this.#maxLineBytes} bytes`,
        );
      }
      this.#pieceAt = newline === -1 ? stop : stop + 1;
      if (newline === -1) {
        this.#carried.push(Buffer.from(this.#piece.subarray(at)));
        this.#carriedBytes += stop - at;
        return false;
      }
      if (this.#takeLine(at, stop)) {
        return true;
      }
    }
    return false;
  }

  /** Ends the input: `next` then finds the line that had no newline. */
  endInput(): void {
    if (this.#carriedBytes > 0) {
      this.push(Buffer.from([NEWLINE]));
    }
  }

  /** Lines end where they end: there is no telling a torn one from a whole one. */
  tornTail(): undefined {
    return undefined;
  }

  #takeLine(at: number, stop: number): boolean {
    this.#nextOffset += this.#carriedBytes + stop - at + 1;
    if (this.#carriedBytes > 0) {
      this.bytes = Buffer.concat([...this.#carried, this.#piece.subarray(at, stop)]);
      this.view = viewOf(this.bytes);
      this.start = 0;
      this.end = this.bytes.length;
      this.#carried = [];
      this.#carriedBytes = 0;
    } else {
      this.bytes = this.#piece;
      this.view = this.#pieceView;
      this.start = at;
      this.end = stop;
    }
    return !this.#isBlank();
  }

  #isBlank(): boolean {
    for (let index = this.start; index < this.end; index++) {
      const byte = this.bytes[index];
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) {
        return false;
      }
    }
    return true;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
