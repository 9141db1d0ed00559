/** Fully connected layers over flat arrays, drawn as torch draws them. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { MersenneTwister } from './mersenne-twister.ts';

/** Of weights that are read: sums of their products still fit single precision. */
const MAX_WEIGHT = 1e15;

/** `y = W x + b`. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** `outputs x inputs`, row-major. */
  readonly weights: Float64Array;
  /** `outputs` values. */
  readonly bias: Float64Array;
}

/**
 * A layer with the first weights of torch's `Linear(inputs, outputs)`: for the same generator the same numbers.
 *
 * Weights by `kaiming_uniform_(a=sqrt(5))`, bias by `uniform_`, both in [-1/sqrt(inputs), 1/sqrt(inputs)), weights first; in
 * single precision, the low 24 bits of a word a value.
 */
export function drawLayer(inputs: number, outputs: number, random: MersenneTwister): DenseLayer {
  const layer = emptyLayer(inputs, outputs);
  // torch works the two bounds out by different formulas, which can differ in the last bit
  const gain = Math.sqrt(2 / (1 + Math.sqrt(5) ** 2));
  drawUniform(layer.weights, Math.sqrt(3) * (gain / Math.sqrt(inputs)), random);
  drawUniform(layer.bias, 1 / Math.sqrt(inputs), random);
  return layer;
}

/** A layer of zeros. */
export function emptyLayer(inputs: number, outputs: number): DenseLayer {
  return {
    inputs,
    outputs,
    weights: new Float64Array(outputs * inputs),
    bias: new Float64Array(outputs),
  };
}

/** Writes `W x + b` of the `inputs` values of `x` from `xAt` to `y` from `yAt`. */
export function applyLayer(
  layer: DenseLayer,
  x: Float64Array,
  xAt: number,
  y: Float64Array,
  yAt: number,
): void {
  const { inputs, outputs, weights, bias } = layer;
  let at = 0;
  for (let output = 0; output < outputs; output++) {
    let sum = bias[output] ?? 0;
    for (let input = 0; input < inputs; input++) {
      sum += (weights[at] ?? 0) * (x[xAt + input] ?? 0);
      at += 1;
    }
    y[yAt + output] = sum;
  }
}

export function saveLayer(layer: DenseLayer, state: StateWriter): void {
  state.array(layer.weights);
  state.array(layer.bias);
}

/** @throws {SentinelError} `SNT_INPUT_CORRUPT` if the saved layer has another shape or a weight that cannot be. */
export function restoreLayer(layer: DenseLayer, state: StateReader): void {
  state.fill(layer.weights);
  state.fill(layer.bias);
  const isLikely = (weight: number) => Math.abs(weight) <= MAX_WEIGHT;
  if (!layer.weights.every(isLikely) || !layer.bias.every(isLikely)) {
    state.fail('a weight is not finite, or beyond all reason');
  }
}

function drawUniform(values: Float64Array, bound: number, random: MersenneTwister): void {
  const from = Math.fround(-bound);
  const width = Math.fround(Math.fround(bound) - from);
  for (let at = 0; at < values.length; at++) {
    const unit = (random.uint32() & 0xff_ffff) / 2 ** 24;
    values[at] = Math.fround(Math.fround(unit * width) + from);
  }
}
