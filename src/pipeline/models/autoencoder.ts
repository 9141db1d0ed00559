/** MemStream's autoencoder: how it encodes an event, and how it is trained. */
import { Matrix, QrDecomposition } from 'ml-matrix';
import { Adam } from './adam.ts';
import { type DenseLayer, drawLayer } from './dense-layer.ts';
import type { MersenneTwister } from './mersenne-twister.ts';

/**
 * One hidden layer: code `z = tanh(W x + b)`, reconstruction `V z + c` (Bhatia et al., WWW 2022, section 4.1). The code
 * is twice as wide as the input, as the authors found best.
 */
export interface Autoencoder {
  readonly encoder: DenseLayer;
  readonly decoder: DenseLayer;
}

/** Root of the mean square of torch's first weights, times the square root of the inputs: the length of a row. */
const ROW_LENGTH = 1 / Math.sqrt(3);

/**
 * The autoencoder of `inputs` values.
 *
 * The decoder has torch's first weights; the encoder two orthonormal bases of the same mean square, and no bias. They keep
 * distances as they are, so that scores depend less on the seed.
 */
export function drawAutoencoder(inputs: number, random: MersenneTwister): Autoencoder {
  const encoder = drawLayer(inputs, 2 * inputs, random);
  const size = inputs * inputs;
  for (const from of [0, size]) {
    const drawn = Matrix.from1DArray(inputs, inputs, encoder.weights.subarray(from, from + size));
    const basis = new QrDecomposition(drawn).orthogonalMatrix.transpose();
    encoder.weights.set(basis.mul(ROW_LENGTH).to1DArray(), from);
  }
  encoder.bias.fill(0);
  return { encoder, decoder: drawLayer(2 * inputs, inputs, random) };
}

const SLICE_ROWS = 32;

/**
 * Full-batch training by Adam on the mean squared error, cut into slices so that no event waits for all of it.
 *
 * Works on copies: the autoencoder changes when the last slice is done, and only then. The authors add noise of a
 * thousandth of a standard deviation to the input; this does not.
 */
export class AutoencoderTraining {
  readonly #autoencoder: Autoencoder;
  /** Blocks of at most {@link SLICE_ROWS} rows. */
  readonly #blocks: Matrix[] = [];
  readonly #rows: number;
  readonly #layers: readonly TrainedLayer[];
  readonly #slices: number;
  #slicesDone = 0;

  /**
   * @param rows `count x inputs`, row-major, normalised; copied.
   * @param epochs Steps of Adam, 0 or more.
   */
  constructor(autoencoder: Autoencoder, rows: Float64Array, epochs: number, learningRate: number) {
    const { inputs } = autoencoder.encoder;
    this.#autoencoder = autoencoder;
    this.#rows = rows.length / inputs;
    for (let from = 0; from < rows.length; from += SLICE_ROWS * inputs) {
      const values = rows.subarray(from, from + SLICE_ROWS * inputs);
      this.#blocks.push(Matrix.from1DArray(values.length / inputs, inputs, values));
    }
    this.#layers = [
      new TrainedLayer(autoencoder.encoder, learningRate),
      new TrainedLayer(autoencoder.decoder, learningRate),
    ];
    this.#slices = epochs * this.#blocks.length;
  }

  /** Slices worked so far. */
  get slicesDone(): number {
    return this.#slicesDone;
  }

  /** All slices that there are. */
  get slices(): number {
    return this.#slices;
  }

  /**
   * Works one slice, a few hundred microseconds.
   *
   * @returns True when the training is over and the autoencoder has its new weights.
   */
  runSlice(): boolean {
    const [encoder, decoder] = this.#layers;
    const block = this.#blocks[this.#slicesDone % this.#blocks.length];
    if (encoder === undefined || decoder === undefined || block === undefined || this.isOver) {
      return true;
    }
    const code = encoder.forward(block).tanh();
    const slope = decoder
      .forward(code)
      .sub(block)
      .mul(2 / (this.#rows * block.columns));
    decoder.addGradient(slope, code);
    // derivative of tanh: 1 - z^2
    const hidden = slope.mmul(decoder.weights).mul(code.pow(2).mul(-1).add(1));
    encoder.addGradient(hidden, block);
    this.#slicesDone += 1;
    if (this.#slicesDone % this.#blocks.length === 0) {
      encoder.step();
      decoder.step();
    }
    if (!this.isOver) {
      return false;
    }
    encoder.copyTo(this.#autoencoder.encoder);
    decoder.copyTo(this.#autoencoder.decoder);
    return true;
  }

  /** True when no slice is left. */
  get isOver(): boolean {
    return this.#slicesDone >= this.#slices;
  }
}

/** A layer as matrices, its gradient so far, and its optimiser. */
class TrainedLayer {
  readonly weights: Matrix;
  /** `outputs x inputs` weights, then the bias: what the optimiser moves. */
  readonly #parameters: Float64Array;
  readonly #gradient: Float64Array;
  readonly #adam: Adam;

  constructor(layer: DenseLayer, learningRate: number) {
    this.weights = Matrix.from1DArray(layer.outputs, layer.inputs, layer.weights);
    this.#parameters = Float64Array.from([...layer.weights, ...layer.bias]);
    this.#gradient = new Float64Array(this.#parameters.length);
    this.#adam = new Adam(this.#parameters.length, learningRate);
  }

  /** Rows of `W x + b`. */
  forward(x: Matrix): Matrix {
    return x.mmul(this.weights.transpose()).addRowVector(this.#parameters.subarray(this.#weightCount));
  }

  /** @param slope Of the loss by this layer's output, a row an event; `x` is the input that gave it. */
  addGradient(slope: Matrix, x: Matrix): void {
    const weights = slope.transpose().mmul(x).to1DArray();
    const bias = slope.sum('column');
    for (let at = 0; at < this.#gradient.length; at++) {
      this.#gradient[at] = (this.#gradient[at] ?? 0) + (weights[at] ?? bias[at - weights.length] ?? 0);
    }
  }

  step(): void {
    this.#adam.step(this.#parameters, this.#gradient);
    this.#gradient.fill(0);
    const { rows, columns } = this.weights;
    for (let row = 0; row < rows; row++) {
      this.weights.setRow(row, this.#parameters.subarray(row * columns, (row + 1) * columns));
    }
  }

  copyTo(layer: DenseLayer): void {
    layer.weights.set(this.#parameters.subarray(0, this.#weightCount));
    layer.bias.set(this.#parameters.subarray(this.#weightCount));
  }

  get #weightCount(): number {
    return this.weights.rows * this.weights.columns;
  }
}
