/** Sparse random projections of a vector, flat for the hot loop. */
import { Pcg64 } from './pcg64.ts';

/**
 * `rows` projections of `dimensions` values, each of `perRow` entries: row `i` has those from `i * perRow` on.
 *
 * `perRow` is even, for loops that take two at a time without asking where a row ends, which costs more than an entry.
 * A row that has fewer repeats its last feature with weight 0.
 */
export interface SparseProjections {
  readonly rows: number;
  readonly dimensions: number;
  readonly perRow: number;
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
  const entries = Math.max(1, Math.floor(Math.sqrt(dimensions)));
  let pack: number[] = [];
  const drawn = Array.from({ length: rows }, () => {
    const row = new Map<number, number>();
    while (row.size < entries) {
      if (pack.length === 0) {
        pack = shuffled(dimensions, random);
      }
      row.set(pack.pop() ?? 0, 0);
    }
    for (const feature of row.keys()) {
      row.set(feature, random.normal());
    }
    return row;
  });
  return flat(drawn, dimensions);
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
  const rows = matrix.map((weights) => {
    if (weights.length !== dimensions) {
      throw new RangeError(`a projection of ${weights.length} values where ${dimensions} belong`);
    }
    return new Map([...weights.entries()].filter(([, weight]) => weight !== 0));
  });
  return flat(rows, dimensions);
}

/**
 * Writes the projections of `x`: NaN where a feature of the projection's support is NaN.
 *
 * @param out `rows` values.
 */
export function project(projections: SparseProjections, x: Float64Array, out: Float64Array): void {
  const { rows, perRow, features, weights } = projections;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let entry = row * perRow; entry < (row + 1) * perRow; entry++) {
      sum += (weights[entry] ?? 0) * (x[features[entry] ?? 0] ?? 0);
    }
    out[row] = sum;
  }
}

function flat(rows: readonly ReadonlyMap<number, number>[], dimensions: number): SparseProjections {
  const longest = Math.max(1, ...rows.map((row) => row.size));
  const perRow = longest + (longest % 2);
  const features = new Int32Array(rows.length * perRow);
  const weights = new Float64Array(rows.length * perRow);
  rows.forEach((row, index) => {
    const used = [...row.keys()];
    for (let entry = 0; entry < perRow; entry++) {
      const feature = used[Math.min(entry, used.length - 1)] ?? 0;
      features[index * perRow + entry] = feature;
      weights[index * perRow + entry] = entry < used.length ? (row.get(feature) ?? 0) : 0;
    }
  });
  return { rows: rows.length, dimensions, perRow, features, weights };
}

function shuffled(count: number, random: Pcg64): number[] {
  const cards = Array.from({ length: count }, (_, card) => card);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random.uniform() * (last + 1));
    [cards[last], cards[other]] = [cards[other] ?? 0, cards[last] ?? 0];
  }
  return cards;
}
