/** Decompression of an input of any length, member after member, in constant memory. */
import { createGunzip } from 'node:zlib';
import { SentinelError } from '../core/errors.ts';

/** Contents are given out in pieces of at most this size. */
const PIECE_BYTES = 256 * 1024;
/*
 * zlib gives nothing of a step in which it meets damage. So a step takes in a 64th of what was read before it, between
 * these bounds: that is the most that damage costs of what comes before it.
 */
const MIN_STEP_BYTES = 64;
const MAX_STEP_BYTES = 16 * 1024;
const STEPS = 64;

/** How a compressed input ended. */
export interface GunzipStatus {
  /** True when the last member was cut short. */
  isTorn: boolean;
}

/**
 * The contents of all gzip members in `pieces`; each piece is valid until the next is asked for. Takes in no more than
 * it gives out.
 *
 * @param status Filled in before the iteration ends.
 * @throws {SentinelError} `SNT_INPUT_CORRUPT` if the data is damaged, or no gzip follows a member.
 */
export async function* gunzipPieces(
  pieces: AsyncIterable<Uint8Array>,
  status: GunzipStatus,
): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = new StepwiseGunzip();
  let fedBytes = 0;
  try {
    for await (const piece of pieces) {
      let at = 0;
      while (at < piece.length) {
        const step = Math.min(Math.max(Math.floor(fedBytes / STEPS), MIN_STEP_BYTES), MAX_STEP_BYTES);
        const part = piece.subarray(at, at + step);
        at += part.length;
        fedBytes += part.length;
        gunzip.write(part);
        yield* gunzip.output();
      }
    }
    gunzip.end();
    yield* gunzip.output();
  } catch (error) {
    if (!isTruncation(error)) {
      throw error;
    }
    status.isTorn = true;
    return;
  } finally {
    gunzip.destroy();
  }
  if (gunzip.consumedBytes < fedBytes) {
    throw new SentinelError(
      'SNT_INPUT_CORRUPT',
      `no gzip member at offset ${gunzip.consumedBytes} of the compressed input`,
      { hint: 'everything before that place was read' },
    );
  }
}

/** Node's gunzip stream, driven so that all output of what was written is taken before more is. */
class StepwiseGunzip {
  readonly #stream = createGunzip({ chunkSize: PIECE_BYTES });
  #isBusy = false;
  #error: Error | undefined;
  #wake: () => void = () => {};

  constructor() {
    this.#stream.on('readable', () => this.#wake());
    this.#stream.on('error', (error) => {
      this.#error = error;
      this.#wake();
    });
    this.#stream.on('end', () => this.#done());
  }

  /** Compressed bytes that belonged to members. */
  get consumedBytes(): number {
    return this.#stream.bytesWritten;
  }

  write(piece: Uint8Array): void {
    this.#isBusy = true;
    this.#stream.write(piece, () => this.#done());
  }

  end(): void {
    this.#isBusy = !this.#stream.readableEnded;
    this.#stream.end();
  }

  /** The output of the last `write` or `end`, to its last byte, then its error if it had one. */
  async *output(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const chunk: Buffer | null = this.#stream.read();
      if (chunk !== null) {
        yield chunk;
      } else if (this.#error !== undefined) {
        throw isTruncation(this.#error) ? this.#error : damaged(this.#error, this.consumedBytes);
      } else if (this.#isBusy) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else {
        return;
      }
    }
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #done(): void {
    this.#isBusy = false;
    this.#wake();
  }
}

function isTruncation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'Z_BUF_ERROR';
}

function damaged(cause: Error, offset: number): SentinelError {
  return new SentinelError(
    'SNT_INPUT_CORRUPT',
    `damaged gzip data near offset ${offset} of the compressed input`,
    {
      cause,
      hint: 'what comes before that place was read, up to 16 KiB of compressed data at most',
    },
  );
}
