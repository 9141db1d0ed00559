/** Codes of vectors: how they are made by MemStream's encoder, kept, and searched. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { DenseLayer } from './dense-layer.ts';
import { newRowKernel, ROW_MULTIPLE_BYTES, ROWS_AT_ONCE, type RowKernel } from './row-kernel.ts';

const VALUES_AT_ONCE = ROW_MULTIPLE_BYTES / 4;

/** Of the next search's largest distance over this one's; more sorts more in vain, less searches twice. */
const LIMIT_MARGIN = 1.25;

/**
 * `capacity` codes `z = tanh(W x + b)` in single precision and one more, the current one, which is what is looked for.
 *
 * Nothing here allocates after the constructor.
 */
export class CodeMemory {
  /** What {@link encode} reads: `inputs` values, then zeros. */
  readonly input: Float32Array;
  /** The smallest distances that {@link findNearest} found, ascending. */
  readonly distances: Float64Array;
  /** The slot that {@link distances} starts with, -1 if none. */
  nearest = -1;
  /** Above the largest distance that will probably be asked for: saves most of the sorting, changes no result. */
  #likelyLimit = Number.POSITIVE_INFINITY;
  readonly #kernel: RowKernel;
  readonly #inputs: number;
  readonly #width: number;
  readonly #bias: Float32Array;
  /** `width x inputs`, rows filled up with zeros. */
  readonly #weights: Float32Array;
  /** `capacity + 1` codes, filled up likewise; the first is the current one. */
  readonly #codes: Float32Array;
  readonly #results: Float32Array;
  readonly #inputStride: number;
  readonly #codeStride: number;

  /**
   * @param inputs Values of a vector; its code has twice as many.
   * @param neighbours The most that {@link findNearest} will be asked for.
   */
  constructor(inputs: number, capacity: number, neighbours: number) {
    const width = 2 * inputs;
    this.#inputs = inputs;
    this.#width = width;
    this.#inputStride = roundUp(inputs, VALUES_AT_ONCE);
    this.#codeStride = roundUp(width, VALUES_AT_ONCE);
    const lengths = [
      this.#inputStride,
      roundUp(width, ROWS_AT_ONCE) * this.#inputStride,
      (1 + roundUp(capacity, ROWS_AT_ONCE)) * this.#codeStride,
      roundUp(Math.max(width, capacity), Math.max(ROWS_AT_ONCE, VALUES_AT_ONCE)),
    ];
    this.#kernel = newRowKernel(4 * lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    const [input, weights, codes, results] = lengths.map((length) => {
      const values = new Float32Array(this.#kernel.buffer, at, length);
      at += 4 * length;
      return values;
    });
    const none = new Float32Array(0);
    this.input = input ?? none;
    this.#weights = weights ?? none;
    this.#codes = codes ?? none;
    this.#results = results ?? none;
    this.#bias = new Float32Array(width);
    this.distances = new Float64Array(neighbours);
  }

  /** Encodes by `encoder` from now on; codes that are there stay as they are. */
  useEncoder(encoder: DenseLayer): void {
    for (let row = 0; row < this.#width; row++) {
      const weights = encoder.weights.subarray(row * this.#inputs, (row + 1) * this.#inputs);
      this.#weights.set(weights, row * this.#inputStride);
    }
    this.#bias.set(encoder.bias);
  }

  /** Makes the code of {@link input} the current one. */
  encode(): void {
    const { byteOffset } = this.#results;
    const rows = roundUp(this.#width, ROWS_AT_ONCE);
    const rowBytes = 4 * this.#inputStride;
    this.#kernel.dots(this.input.byteOffset, this.#weights.byteOffset, rows, rowBytes, byteOffset);
    for (let at = 0; at < this.#width; at++) {
      this.#codes[at] = Math.tanh((this.#results[at] ?? 0) + (this.#bias[at] ?? 0));
    }
  }

  /** Stores the current code. */
  store(slot: number): void {
    this.#codes.copyWithin((slot + 1) * this.#codeStride, 0, this.#width);
  }

  /** Makes a stored code the current one. */
  load(slot: number): void {
    const from = (slot + 1) * this.#codeStride;
    this.#codes.copyWithin(0, from, from + this.#width);
  }

  /** Stores a code made elsewhere. */
  set(slot: number, code: Float64Array): void {
    this.#codes.set(code.subarray(0, this.#width), (slot + 1) * this.#codeStride);
  }

  /**
   * Finds the `count` smallest L1 distances from the current code in the slots from 0 to `size`, or as many as there are.
   *
   * @param skipped A slot to leave out, -1 for none.
   * @returns How many were found.
   */
  findNearest(size: number, count: number, skipped: number): number {
    const codes = this.#codes.byteOffset;
    const stride = 4 * this.#codeStride;
    const rows = roundUp(size, ROWS_AT_ONCE);
    this.#kernel.distances(codes, codes + stride, rows, stride, this.#results.byteOffset);
    let found = this.#select(size, count, skipped, this.#likelyLimit);
    if (found < count) {
      found = this.#select(size, count, skipped, Number.POSITIVE_INFINITY);
    }
    this.#likelyLimit = LIMIT_MARGIN * (this.distances[count - 1] ?? 0);
    return found;
  }

  /** Writes the first `size` codes. */
  save(size: number, state: StateWriter): void {
    state.array(this.#codes.subarray(this.#codeStride, (size + 1) * this.#codeStride));
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT` if there are not `size` codes, or one is not of `tanh`. */
  restore(size: number, state: StateReader): void {
    const codes = this.#codes.subarray(this.#codeStride, (size + 1) * this.#codeStride);
    state.fill(codes);
    if (!codes.every((value) => Math.abs(value) <= 1)) {
      state.fail('a code of the memory is not between -1 and 1');
    }
  }

  /** Sorts the distances below `limit` in, at most `count` of them. */
  #select(size: number, count: number, skipped: number, limit: number): number {
    const results = this.#results;
    const { distances } = this;
    let below = limit;
    let found = 0;
    this.nearest = -1;
    for (let slot = 0; slot < size; slot++) {
      const distance = results[slot] ?? 0;
      if (distance >= below || slot === skipped) {
        continue;
      }
      let at = found < count ? found : count - 1;
      while (at > 0 && (distances[at - 1] ?? 0) > distance) {
        distances[at] = distances[at - 1] ?? 0;
        at -= 1;
      }
      distances[at] = distance;
      if (at === 0) {
        this.nearest = slot;
      }
      if (found < count) {
        found += 1;
      }
      if (found === count) {
        below = distances[count - 1] ?? 0;
      }
    }
    return found;
  }
}

function roundUp(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}
