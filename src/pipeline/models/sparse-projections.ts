/** Sparse random projections of a vector, flat for the hot loop. */
import { Pcg64 } from './pcg64.ts';

/** `rows` projections of `dimensions` values; row `i` has its entries at `starts[i]` up to `starts[i + 1]`. */
export interface SparseProjections {
  readonly rows: number;
  readonly dimensions: number;
  readonly starts: Int32Array;
  /** The feature of each entry. */
  readonly features: Int32Array;
  readonly weights: Float64Array;
}

/**
 * Draws LODA's projections: `floor(sqrt(dimensions))` entries each, N(0, 1) (Pevny 2016, section 3).
 *
 * Features are dealt like cards, a new pack when one is used up: each is in as many projections as any other, give or
 * take one, which independent draws reach only on average.
 */
export function drawProjections(rows: number, dimensions: number, seed: number): SparseProjections {
  const random = new Pcg64(seed);
  const perRow = Math.max(1, Math.floor(Math.sqrt(dimensions)));
  const starts = Int32Array.from({ length: rows + 1 }, (_, row) => row * perRow);
  const features = new Int32Array(rows * perRow);
  const weights = Float64Array.from({ length: rows * perRow }, () => random.normal());
  let pack: number[] = [];
  for (let row = 0; row < rows; row++) {
    const hand = new Set<number>();
    while (hand.size < perRow) {
      if (pack.length === 0) {
        pack = shuffled(dimensions, random);
      }
      hand.add(pack.pop() ?? 0);
    }
    features.set([...hand], row * perRow);
  }
  return { rows, dimensions, starts, features, weights };
}

/**
 * Takes projections from a dense matrix, leaving its zeros out.
 *
 * @throws {RangeError} If a row does not have `dimensions` values.
 */
export function projectionsFrom(
  matrix: readonly (readonly number[])[],
  dimensions: number,
): SparseProjections {
  const features: number[] = [];
  const weights: number[] = [];
  const starts = [0];
  for (const row of matrix) {
    if (row.length !== dimensions) {
      throw new RangeError(`a projection of ${row.length} values where ${dimensions} belong`);
    }
    row.forEach((weight, feature) => {
      if (weight !== 0) {
        features.push(feature);
        weights.push(weight);
      }
    });
    starts.push(features.length);
  }
  return {
    rows: matrix.length,
    dimensions,
    starts: Int32Array.from(starts),
    features: Int32Array.from(features),
    weights: Float64Array.from(weights),
  };
}

/**
 * Writes the projections of `x`: NaN where a feature of the projection's support is NaN.
 *
 * @param out `rows` values.
 */
export function project(projections: SparseProjections, x: Float64Array, out: Float64Array): void {
  const { rows, starts, features, weights } = projections;
  let entry = 0;
  for (let row = 0; row < rows; row++) {
    const end = starts[row + 1] ?? 0;
    let sum = 0;
    for (; entry < end; entry++) {
      sum += (weights[entry] ?? 0) * (x[features[entry] ?? 0] ?? 0);
    }
    out[row] = sum;
  }
}

function shuffled(count: number, random: Pcg64): number[] {
  const cards = Array.from({ length: count }, (_, card) => card);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random.uniform() * (last + 1));
    [cards[last], cards[other]] = [cards[other] ?? 0, cards[last] ?? 0];
  }
  return cards;
}
