/** Trees and scores of River itself. */
import { HalfSpaceForest } from '../../../../src/pipeline/models/half-space-forest.ts';
import { HalfSpaceTrees } from '../../../../src/pipeline/models/half-space-trees.ts';
import { testWith } from '../../../support/needs.ts';
import { scaleOnline } from '../../../support/online-min-max.ts';
import { sharedFile } from '../../../support/shared-file.ts';

/** Feature, threshold, left and right child, null for a leaf. */
type GoldenNode = readonly [string, number, GoldenNode | null, GoldenNode | null];

interface GoldenCase {
  readonly name: string;
  readonly params: Record<'n_trees' | 'height' | 'window_size' | 'seed', number>;
  readonly scores: readonly number[];
  readonly trees: readonly GoldenNode[];
  readonly feature_order?: readonly string[];
  readonly x?: readonly number[];
  readonly input_rows?: readonly (readonly number[])[];
  readonly rows?: readonly Readonly<Record<string, number>>[];
}

const GOLDEN = sharedFile('golden-hst', 'golden/hst_golden.json.gz');
const NSL_KDD = sharedFile('golden-hst', 'data/nslkdd_rare.csv.gz');
const NAMES = ['river_doctest', 'mammography', 'http', 'nslkdd_rare', 'missing_features'];

/** The case, its vectors as the model got them, and the names of their places. */
function load(name: string): { golden: GoldenCase; vectors: Float64Array[]; names: readonly string[] } {
  const golden = (JSON.parse(GOLDEN.read()) as GoldenCase[]).find((entry) => entry.name === name); // README beside it
  if (golden === undefined) {
    throw new Error(`no golden case ${name}`);
  }
  const names = golden.feature_order ?? ['x'];
  const { x, rows } = golden;
  if (x !== undefined) {
    return { golden, vectors: x.map((value) => Float64Array.of(value)), names };
  }
  if (rows !== undefined) {
    const vectors = rows.map((row) => Float64Array.from(names, (key) => row[key] ?? Number.NaN));
    return { golden, vectors, names };
  }
  const raw = golden.input_rows ?? readNslKdd(golden.scores.length);
  const scaled = scaleOnline(Float64Array.from(raw.flat()), names.length);
  const vectors = raw.map((_, row) => scaled.subarray(row * names.length, (row + 1) * names.length));
  return { golden, vectors, names };
}

function readNslKdd(rows: number): number[][] {
  const lines = NSL_KDD.read()
    .split('\n')
    .slice(1, rows + 1);
  return lines.map((line) => line.split(',').slice(0, -1).map(Number));
}

function cutsOf(node: GoldenNode | null): [string, number][] {
  return node === null ? [] : [[node[0], node[1]], ...cutsOf(node[2]), ...cutsOf(node[3])];
}

describe("HalfSpaceTrees against River's own", () => {
  for (const name of NAMES) {
    testWith(GOLDEN.need, `cuts and scores as River does: ${name}`, () => {
      const { golden, vectors, names } = load(name);
      const { n_trees: trees, height, window_size: windowSize, seed } = golden.params;

      const features = names.map((_, feature) => feature);
      const limits = names.map(() => [0, 1] as const);
      const forest = new HalfSpaceForest({ trees, height, seed, features, limits });
      const cuts = golden.trees.flatMap(cutsOf);
      expect(cuts).toHaveLength(trees * (2 ** height - 1));
      expect(Array.from(forest.features, (feature) => names[feature])).toEqual(cuts.map(([on]) => on));
      expect(
        furthest(
          Array.from(forest.thresholds),
          cuts.map(([, at]) => at),
        ),
      ).toBeLessThan(1e-9);

      const model = new HalfSpaceTrees(names.length, { trees, height, windowSize, seed });
      const learnsFirst = golden.x !== undefined;
      for (const x of learnsFirst ? vectors.slice(0, windowSize) : []) {
        model.learn(x);
      }
      const scores = vectors.map((x) => {
        if (learnsFirst) {
          model.learn(x);
          return model.score(x);
        }
        const score = model.score(x);
        model.learn(x);
        return score;
      });
      expect(scores).toHaveLength(golden.scores.length);
      expect(furthest(scores, golden.scores)).toBeLessThan(1e-9);
    });
  }
});

function furthest(ours: readonly number[], theirs: readonly number[]): number {
  return Math.max(...ours.map((value, index) => Math.abs(value - (theirs[index] ?? Number.NaN))));
}
