/** The models that the conformance suite runs on, and what it feeds them. */
import { Ecod } from '../../src/pipeline/models/ecod.ts';
import { HalfSpaceTrees } from '../../src/pipeline/models/half-space-trees.ts';
import { Loda } from '../../src/pipeline/models/loda.ts';
import { LodaCompat } from '../../src/pipeline/models/loda-compat.ts';
import { MemStream } from '../../src/pipeline/models/memstream.ts';
import { MemStreamCompat } from '../../src/pipeline/models/memstream-compat.ts';
import { MersenneTwister } from '../../src/pipeline/models/mersenne-twister.ts';
import type { Model } from '../../src/pipeline/models/model.ts';

/** Values of the vectors that subjects are fed. */
export const DIMENSIONS = 6;

/** A model under test. To add one, add an entry. */
export interface Subject {
  readonly name: string;
  build(dimensions: number, seed: number): Model;
  /** True for a model that draws nothing: the seed is without effect. */
  readonly isSeedless?: boolean;
  /** Vectors after which it is warm, at most. */
  readonly warmAfter: number;
  /** Bytes that a state of six dimensions may take. */
  readonly maxStateBytes: number;
  /** Bytes of heap that an event may take: numbers that pass between functions are boxed, 16 bytes each. */
  readonly maxHeapBytesPerEvent: number;
}

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'halfspacetrees',
    build: (dimensions, seed) =>
      new HalfSpaceTrees(dimensions, { trees: 15, height: 9, windowSize: 100, seed }),
    warmAfter: 100,
    maxStateBytes: 10_000,
    maxHeapBytesPerEvent: 40,
  },
  {
    name: 'halfspacetrees with the defaults',
    build: (dimensions, seed) => new HalfSpaceTrees(dimensions, { seed }),
    warmAfter: 250,
    maxStateBytes: 25_000,
    maxHeapBytesPerEvent: 40,
  },
  {
    name: 'loda-compat',
    build: (dimensions, seed) => new LodaCompat(dimensions, { seed }),
    warmAfter: 1000,
    maxStateBytes: 25_000,
    maxHeapBytesPerEvent: 40,
  },
  {
    name: 'loda',
    build: (dimensions, seed) => new Loda(dimensions, { seed }),
    warmAfter: 256,
    maxStateBytes: 100_000,
    maxHeapBytesPerEvent: 80,
  },
  {
    name: 'memstream',
    build: (dimensions, seed) => new MemStream(dimensions, { memory: 64, seed }),
    warmAfter: 2100,
    maxStateBytes: 50_000,
    maxHeapBytesPerEvent: 128,
  },
  {
    name: 'memstream-compat',
    build: (dimensions, seed) => new MemStreamCompat(dimensions, { seed }),
    warmAfter: 1000,
    maxStateBytes: 50_000,
    maxHeapBytesPerEvent: 128,
  },
  {
    name: 'ecod',
    build: (dimensions) => new Ecod(dimensions),
    isSeedless: true,
    warmAfter: 256,
    maxStateBytes: 200_000,
    maxHeapBytesPerEvent: 40,
  },
];

/** Vectors of three clusters between 0 and 1; one value in 20 is not known when `gaps` is set. */
export function makeStream(length: number, { gaps = false, seed = 9 } = {}): Float64Array[] {
  const random = new MersenneTwister(seed);
  const centres = [0.2, 0.5, 0.75];
  return Array.from({ length }, () => {
    const centre = centres[Math.floor(random.random() * centres.length)] ?? 0;
    return Float64Array.from({ length: DIMENSIONS }, () => {
      const value = centre + 0.1 * (random.random() - 0.5);
      return gaps && random.random() < 0.05 ? Number.NaN : value;
    });
  });
}
