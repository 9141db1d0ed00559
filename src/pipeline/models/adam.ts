/** The optimiser of both autoencoders. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
/** From here on the corrections for the start are 1 to the last bit: counting on would change nothing. */
const MAX_STEPS = 100_000;

/** Adam (Kingma and Ba, ICLR 2015, algorithm 1) of one array of parameters, with the paper's and torch's constants. */
export class Adam {
  /** Moving mean of the gradient. */
  readonly #first: Float64Array;
  /** Moving mean of its square. */
  readonly #second: Float64Array;
  #steps = 0;
  readonly #rate: number;

  /** @param rate Step size, more than 0. */
  constructor(size: number, rate: number) {
    this.#first = new Float64Array(size);
    this.#second = new Float64Array(size);
    this.#rate = rate;
  }

  /** Moves `parameters` one step down `gradient`, both of the size given at the start. */
  step(parameters: Float64Array, gradient: Float64Array): void {
    this.#steps = Math.min(this.#steps + 1, MAX_STEPS);
    const first = this.#first;
    const second = this.#second;
    const scale = this.#rate / (1 - BETA1 ** this.#steps);
    const correction = Math.sqrt(1 - BETA2 ** this.#steps);
    for (let at = 0; at < parameters.length; at++) {
      const slope = gradient[at] ?? 0;
      const mean = BETA1 * (first[at] ?? 0) + (1 - BETA1) * slope;
      const square = BETA2 * (second[at] ?? 0) + (1 - BETA2) * slope * slope;
      first[at] = mean;
      second[at] = square;
      parameters[at] = (parameters[at] ?? 0) - (scale * mean) / (Math.sqrt(square) / correction + EPSILON);
    }
  }

  save(state: StateWriter): void {
    state.u32(this.#steps);
    state.array(this.#first);
    state.array(this.#second);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT` */
  restore(state: StateReader): void {
    this.#steps = state.u32(MAX_STEPS);
    state.fill(this.#first);
    state.fill(this.#second);
    if (!this.#first.every(Number.isFinite) || !this.#second.every((square) => square >= 0)) {
      state.fail('a moment of the optimiser cannot be');
    }
  }
}
