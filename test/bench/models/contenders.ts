/** The models that are measured. To add one, add an entry. */
import { RobustScaler } from '../../../src/pipeline/features/robust-scaling.ts';
import { HalfSpaceTrees } from '../../../src/pipeline/models/half-space-trees.ts';
import { Loda } from '../../../src/pipeline/models/loda.ts';
import { LodaCompat } from '../../../src/pipeline/models/loda-compat.ts';
import { MemStream } from '../../../src/pipeline/models/memstream.ts';
import { MemStreamCompat } from '../../../src/pipeline/models/memstream-compat.ts';
import type { Model } from '../../../src/pipeline/models/model.ts';
import { scaleOnline } from '../../support/online-min-max.ts';
import type { ReferenceName } from './reference.ts';

/** Scalings of a whole stream in which no row knows of a later one; `rows x dimensions`, row-major. */
export const SCALINGS = {
  none: (values: Float64Array) => values,
  minmax_online: scaleOnline,
  robust: scaleRobustly,
} as const satisfies Record<string, (values: Float64Array, dimensions: number) => Float64Array>;

/** How a contender has to compare with its reference in ROC-AUC, and in PR-AUC too where it is a twin. */
export type Requirement =
  /** On every seed that both ran, at most so far away. */
  | { readonly twinWithin: number }
  /** In the mean, at most so far below. */
  | { readonly below: number };

/** A model with its settings. */
export interface Contender {
  /** The model, as `--models` names it. */
  readonly kind: string;
  /** What the table shows. */
  readonly settings: string;
  readonly scaling: keyof typeof SCALINGS;
  build(dimensions: number, seed: number): Model;
  /** Of several, the best on a stream counts. */
  readonly references: readonly ReferenceName[];
  readonly requirement?: Requirement;
}

/** Every contender, in the order of the table. */
export const CONTENDERS: readonly Contender[] = [
  {
    kind: 'halfspacetrees',
    settings: '10x8 w250 minmax_online',
    scaling: 'minmax_online',
    build: (dimensions, seed) =>
      new HalfSpaceTrees(dimensions, { trees: 10, height: 8, windowSize: 250, seed }),
    references: [{ model: 'HST(river)', settings: 'trees=10 height=8 window=250 scaler=minmax_online' }],
    requirement: { twinWithin: 0.01 },
  },
  {
    kind: 'halfspacetrees',
    settings: '25x15 w250 minmax_online',
    scaling: 'minmax_online',
    build: (dimensions, seed) =>
      new HalfSpaceTrees(dimensions, { trees: 25, height: 15, windowSize: 250, seed }),
    references: [{ model: 'HST(river)', settings: 'trees=25 height=15 window=250 scaler=minmax_online' }],
    requirement: { twinWithin: 0.01 },
  },
  {
    kind: 'halfspacetrees',
    settings: '25x15 w250 robust',
    scaling: 'robust',
    build: (dimensions, seed) =>
      new HalfSpaceTrees(dimensions, { trees: 25, height: 15, windowSize: 250, seed }),
    references: [],
  },
  {
    kind: 'loda',
    settings: 'defaults',
    scaling: 'none',
    build: (dimensions, seed) => new Loda(dimensions, { seed }),
    references: [{ model: 'LODA(seed README)' }, { model: 'LODA(Pevny two-histogram)' }],
    requirement: { below: 0.01 },
  },
  {
    kind: 'loda-compat',
    settings: 'defaults minmax_online',
    scaling: 'minmax_online',
    build: (dimensions, seed) => new LodaCompat(dimensions, { seed }),
    references: [{ model: 'LODA(seed README)' }],
    requirement: { twinWithin: 0.01 },
  },
  {
    kind: 'memstream',
    settings: 'defaults',
    scaling: 'none',
    build: (dimensions, seed) => new MemStream(dimensions, { seed }),
    references: [{ model: 'MemStream(author code)' }],
    requirement: { below: 0.02 },
  },
  {
    kind: 'memstream-compat',
    settings: 'defaults minmax_online',
    scaling: 'minmax_online',
    build: (dimensions, seed) => new MemStreamCompat(dimensions, { seed }),
    references: [{ model: 'MemStream(seed README)' }],
    requirement: { twinWithin: 0.01 },
  },
];

/** As the product scales: by what came before the row. */
function scaleRobustly(values: Float64Array, dimensions: number): Float64Array {
  const scaling = new RobustScaler(dimensions);
  const scaled = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += dimensions) {
    const row = values.subarray(start, start + dimensions);
    scaling.transform(row, scaled.subarray(start, start + dimensions));
    scaling.learn(row);
  }
  return scaled;
}
