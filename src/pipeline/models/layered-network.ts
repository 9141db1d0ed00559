/** Dense layers one after another, trained one example at a time. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { Adam } from './adam.ts';
import { applyLayer, type DenseLayer, restoreLayer, saveLayer } from './dense-layer.ts';

interface Stage {
  readonly layer: DenseLayer;
  readonly hasRelu: boolean;
  /** What the layer gave last, after ReLU. */
  readonly output: Float64Array;
  /** Of the loss, by {@link output} and then by the sum before ReLU. */
  readonly slope: Float64Array;
  readonly weightGradient: Float64Array;
  readonly weightAdam: Adam;
  readonly biasAdam: Adam;
}

/** A feed-forward network with ReLU after some layers and Adam on the mean squared error; allocates nothing per example. */
export class LayeredNetwork {
  /** Values that go in, and those that each layer gives. */
  readonly sizes: readonly number[];
  readonly #stages: readonly Stage[];
  readonly #input: Float64Array;

  /**
   * @param layers Copied; each takes what the one before gives.
   * @param hasRelu Whether ReLU follows, by layer.
   * @throws {RangeError} If the layers do not fit each other.
   */
  constructor(layers: readonly DenseLayer[], hasRelu: readonly boolean[], learningRate: number) {
    const inputs = layers[0]?.inputs ?? 0;
    this.sizes = [inputs, ...layers.map((layer) => layer.outputs)];
    this.#input = new Float64Array(inputs);
    this.#stages = layers.map((layer, at) => {
      const weights = layer.inputs * layer.outputs;
      if (
        layer.inputs !== this.sizes[at] ||
        layer.weights.length !== weights ||
        layer.bias.length !== layer.outputs
      ) {
        throw new RangeError(`layer ${at + 1} does not fit the one before it`);
      }
      return {
        layer: { ...layer, weights: layer.weights.slice(), bias: layer.bias.slice() },
        hasRelu: hasRelu[at] === true,
        output: new Float64Array(layer.outputs),
        slope: new Float64Array(layer.outputs),
        weightGradient: new Float64Array(weights),
        weightAdam: new Adam(weights, learningRate),
        biasAdam: new Adam(layer.outputs, learningRate),
      };
    });
  }

  /** What came out of the first `count` layers last, 1 or more; a view that the caller may write to. */
  values(count: number): Float64Array {
    return this.#stages[count - 1]?.output ?? this.#input;
  }

  /** Runs the layers from `from` to before `to` on `x`, which is what the layers before would have given. */
  forward(x: Float64Array, from: number, to: number): void {
    let values = x;
    for (let at = from; at < to; at++) {
      const stage = this.#stages[at];
      if (stage === undefined) {
        return;
      }
      const { layer, hasRelu, output } = stage;
      applyLayer(layer, values, 0, output, 0);
      if (hasRelu) {
        for (let index = 0; index < output.length; index++) {
          output[index] = Math.max(0, output[index] ?? 0);
        }
      }
      values = output;
    }
  }

  /**
   * Moves all layers one step towards giving `x` for `x`.
   *
   * The outputs must be those of `forward(x, 0, all)`. Loss `mean_i (y_i - x_i)^2`.
   */
  step(x: Float64Array): void {
    this.#input.set(x);
    this.#fillSlopes();
    for (let at = 0; at < this.#stages.length; at++) {
      const stage = this.#stages[at];
      if (stage === undefined) {
        return;
      }
      const before = this.#stages[at - 1]?.output ?? this.#input;
      fillOuter(stage.slope, before, stage.weightGradient);
      stage.weightAdam.step(stage.layer.weights, stage.weightGradient);
      stage.biasAdam.step(stage.layer.bias, stage.slope);
    }
  }

  save(state: StateWriter): void {
    for (const { layer, weightAdam, biasAdam } of this.#stages) {
      saveLayer(layer, state);
      weightAdam.save(state);
      biasAdam.save(state);
    }
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT` */
  restore(state: StateReader): void {
    for (const { layer, weightAdam, biasAdam } of this.#stages) {
      restoreLayer(layer, state);
      weightAdam.restore(state);
      biasAdam.restore(state);
    }
  }

  /** Back-propagation, from the last layer to the first, before any weight moves. */
  #fillSlopes(): void {
    for (let at = this.#stages.length - 1; at >= 0; at--) {
      const stage = this.#stages[at];
      if (stage === undefined) {
        return;
      }
      const { slope, output, hasRelu } = stage;
      const after = this.#stages[at + 1];
      if (after === undefined) {
        for (let index = 0; index < slope.length; index++) {
          slope[index] = (2 * ((output[index] ?? 0) - (this.#input[index] ?? 0))) / slope.length;
        }
      } else {
        fillBack(after.layer, after.slope, slope);
      }
      for (let index = 0; hasRelu && index < slope.length; index++) {
        // torch: the derivative of ReLU at 0 is 0
        slope[index] = (output[index] ?? 0) > 0 ? (slope[index] ?? 0) : 0;
      }
    }
  }
}

/** `into = slope x values`, `outputs x inputs`. */
function fillOuter(slope: Float64Array, values: Float64Array, into: Float64Array): void {
  let at = 0;
  for (let row = 0; row < slope.length; row++) {
    const factor = slope[row] ?? 0;
    for (let column = 0; column < values.length; column++) {
      into[at] = factor * (values[column] ?? 0);
      at += 1;
    }
  }
}

/** `into = transposed weights * slope`. */
function fillBack(layer: DenseLayer, slope: Float64Array, into: Float64Array): void {
  into.fill(0);
  let at = 0;
  for (let row = 0; row < layer.outputs; row++) {
    const factor = slope[row] ?? 0;
    for (let column = 0; column < layer.inputs; column++) {
      into[column] = (into[column] ?? 0) + factor * (layer.weights[at] ?? 0);
      at += 1;
    }
  }
}
