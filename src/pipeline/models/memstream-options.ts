/** How MemStream is set up. */

/** How a MemStream is built. */
export interface MemStreamOptions {
  /** Vectors kept, 1 to 65,536; 256 unless given. A score takes time in proportion. */
  readonly memory?: number;
  /** Neighbours that a score looks at, 1 to {@link memory}; 16 unless given. */
  readonly k?: number;
  /** Weight of a neighbour relative to the next nearer one, 0 to 1; 1 unless given. */
  readonly gamma?: number;
  /** Share of recent scores that may enter the memory, in (0, 1); 0.9 unless given. */
  readonly betaQuantile?: number;
  /** One in how many of those is written, 1 or more; 16 unless given. Times {@link memory}, it is how far the memory reaches back. */
  readonly writeOneIn?: number;
  /**
   * Training steps over the first {@link memory} vectors, 0 or more; 5 unless given. More does not pay: on labelled streams
   * the encoder's first weights rank as well as trained ones.
   */
  readonly epochs?: number;
  /** Of Adam, more than 0; 0.001 unless given. */
  readonly learningRate?: number;
  /** Of first weights and of what is written, 32 bits; 42 unless given. */
  readonly seed?: number;
}

/** A model that was trained elsewhere, to be used as its authors do. */
export interface TrainedMemStream {
  /** `2 dimensions x dimensions`, row-major. */
  readonly weights: Float64Array;
  /** `2 dimensions` values. */
  readonly bias: Float64Array;
  /** Raw vectors of the memory, oldest first. */
  readonly rows: readonly Float64Array[];
  /** Their codes. */
  readonly codes: readonly Float64Array[];
  /** A vector enters the memory if it scores at most that, 0 or more. */
  readonly beta: number;
  readonly k: number;
  readonly gamma: number;
}

/**
 * The options with their defaults.
 *
 * @throws {RangeError} If one is out of its range.
 */
export function resolveOptions(dimensions: number, options: MemStreamOptions): Required<MemStreamOptions> {
  const { memory = 256, gamma = 1, betaQuantile = 0.9, writeOneIn = 16 } = options;
  const { k = Math.min(16, memory), epochs = 5, learningRate = 1e-3, seed = 42 } = options;
  mustBeWhole('dimensions', dimensions, 1, 1024);
  mustBeWhole('memory', memory, 1, 65_536);
  mustBeWhole('memory times dimensions', memory * dimensions, 1, 2 ** 22);
  mustBeWhole('k', k, 1, memory);
  mustBeWhole('writeOneIn', writeOneIn, 1, 1e6);
  mustBeWhole('epochs', epochs, 0, 1e5);
  mustBeWhole('seed', seed, 0, 0xffff_ffff);
  must('gamma', gamma, gamma >= 0 && gamma <= 1);
  must('betaQuantile', betaQuantile, betaQuantile > 0 && betaQuantile < 1);
  must('learningRate', learningRate, learningRate > 0 && learningRate <= 1);
  return { memory, k, gamma, betaQuantile, writeOneIn, epochs, learningRate, seed };
}

/** @throws {RangeError} Unless `isRight`. */
export function must(name: string, value: number, isRight: boolean): void {
  if (!isRight) {
    throw new RangeError(`${name} cannot be ${value}`);
  }
}

function mustBeWhole(name: string, value: number, lowest: number, highest: number): void {
  must(name, value, Number.isInteger(value) && value >= lowest && value <= highest);
}
