import fc from 'fast-check';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { HalfSpaceForest } from '../../../../src/pipeline/models/half-space-forest.ts';
import {
  HalfSpaceTrees,
  type HalfSpaceTreesOptions,
} from '../../../../src/pipeline/models/half-space-trees.ts';
import { MersenneTwister } from '../../../../src/pipeline/models/mersenne-twister.ts';

const SMALL = { trees: 3, height: 4, windowSize: 8, seed: 42 };
const MEDIUM = { trees: 7, height: 7, windowSize: 40, seed: 5 };

/** Vectors of two clusters; about one value in ten is missing when `gaps` is set. */
function makeStream(length: number, dimensions: number, gaps = false): Float64Array[] {
  const random = new MersenneTwister(9);
  return Array.from({ length }, () => {
    const centre = random.random() < 0.7 ? 0.3 : 0.8;
    return Float64Array.from({ length: dimensions }, () => {
      const value = centre + 0.1 * (random.random() - 0.5);
      return gaps && random.random() < 0.1 ? Number.NaN : value;
    });
  });
}

function scoreThenLearn(model: HalfSpaceTrees, stream: readonly Float64Array[]): number[] {
  return stream.map((x) => {
    const score = model.score(x);
    model.learn(x);
    return score;
  });
}

function savedState(model: HalfSpaceTrees): Buffer {
  const writer = new StateWriter();
  model.save(writer);
  return Buffer.from(writer.bytes());
}

describe('HalfSpaceTrees.score()', () => {
  test("gives the scores of River's docstring", () => {
    const model = new HalfSpaceTrees(1, { trees: 5, height: 3, windowSize: 3, seed: 42 });
    const stream = [0.5, 0.45, 0.43, 0.44, 0.445, 0.45, 0].map((value) => Float64Array.of(value));
    for (const x of stream.slice(0, 3)) {
      model.learn(x);
    }
    const scores = stream.map((x) => {
      model.learn(x);
      return model.score(x).toFixed(3);
    });
    expect(scores).toEqual(['0.107', '0.071', '0.107', '0.107', '0.107', '0.071', '0.853']);
  });

  test('gives the scores of an independent implementation in three dimensions', () => {
    const stream = Array.from({ length: 24 }, (_, i) =>
      Float64Array.of(((37 * i) % 101) / 100, ((53 * i) % 97) / 96, ((29 * i) % 89) / 88),
    );
    const scores = scoreThenLearn(new HalfSpaceTrees(3, SMALL), stream);
    const expected = [
      0.715053763441, 0.731182795699, 0.763440860215, 0.844086021505, 0.817204301075, 0.779569892473,
      0.720430107527, 0.817204301075, 0.77688172043, 0.701612903226, 0.841397849462, 0.701612903226,
      0.760752688172, 0.77688172043, 0.814516129032, 0.680107526882,
    ];
    expect(scores.slice(0, 8)).toEqual(new Array(8).fill(0));
    for (const [index, score] of scores.slice(8).entries()) {
      expect(score).toBeCloseTo(expected[index] ?? Number.NaN, 11);
    }
  });

  test('is 0 and not warm until the first window is full, and counts from then on', () => {
    const model = new HalfSpaceTrees(2, SMALL);
    const stream = makeStream(8, 2);
    expect(scoreThenLearn(model, stream.slice(0, 7))).toEqual(new Array(7).fill(0));
    expect(model.isWarm).toBe(false);
    scoreThenLearn(model, stream.slice(7));
    expect(model.isWarm).toBe(true);
    expect(model.score(Float64Array.of(0.99, 0.01))).toBeGreaterThan(0.5);
  });

  test('is 0 for what every vector of the window was', () => {
    const model = new HalfSpaceTrees(2, SMALL);
    const x = Float64Array.of(0.3, 0.6);
    scoreThenLearn(model, new Array(8).fill(x));
    expect(model.score(x)).toBe(0);
  });

  test('looks at the window before only: two windows later the past is forgotten', () => {
    const old = Float64Array.of(0.1, 0.1);
    const fresh = Float64Array.of(0.9, 0.9);
    const model = new HalfSpaceTrees(2, SMALL);
    scoreThenLearn(model, [...new Array(8).fill(old), ...new Array(8).fill(fresh)]);
    expect(model.score(fresh)).toBe(0);
    expect(model.score(old)).toBeGreaterThan(0.9);
  });

  test('sends a missing value where more of the current window went, and left when both have the same', () => {
    const options = { trees: 1, height: 1, windowSize: 10, seed: 42 };
    const model = new HalfSpaceTrees(1, options);
    const low = Float64Array.of(0);
    const high = Float64Array.of(1);
    const unknown = Float64Array.of(Number.NaN);
    scoreThenLearn(model, [...new Array(8).fill(low), high, high]);
    const [scoreLow, scoreHigh] = [model.score(low), model.score(high)];
    expect(scoreHigh).toBeGreaterThan(scoreLow);
    expect(model.score(unknown)).toBe(scoreLow);
    model.learn(high);
    expect(model.score(unknown)).toBe(scoreHigh);
    model.learn(low);
    expect(model.score(unknown)).toBe(scoreLow);
  });

  test('takes a value equal to a cut as right of it, and infinities as the outermost values', () => {
    const { thresholds } = new HalfSpaceForest({
      trees: 1,
      height: 1,
      seed: 42,
      features: [0],
      limits: [[0, 1]],
    });
    const model = new HalfSpaceTrees(1, { trees: 1, height: 1, windowSize: 4, seed: 42 });
    scoreThenLearn(
      model,
      [0, 0, 0, 1].map((value) => Float64Array.of(value)),
    );
    const right = model.score(Float64Array.of(1));
    expect(model.score(Float64Array.of(thresholds[0] ?? Number.NaN))).toBe(right);
    expect(model.score(Float64Array.of(Number.POSITIVE_INFINITY))).toBe(right);
    expect(model.score(Float64Array.of(Number.NEGATIVE_INFINITY))).toBe(model.score(Float64Array.of(0)));
    expect(right).toBeGreaterThan(model.score(Float64Array.of(0)));
  });

  test('is from 0 to 1 and never NaN, whatever the vectors are', () => {
    const value = fc.oneof(
      fc.double(),
      fc.double({ min: -0.5, max: 1.5, noNaN: true }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1),
    );
    const vectors = fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), {
      minLength: 10,
      maxLength: 60,
    });
    fc.assert(
      fc.property(vectors, fc.integer({ min: 1, max: 12 }), (rows, windowSize) => {
        const model = new HalfSpaceTrees(3, { trees: 4, height: 5, windowSize, seed: 1 });
        for (const row of rows) {
          const score = model.score(Float64Array.from(row));
          expect(score >= 0 && score <= 1).toBe(true);
          model.learn(Float64Array.from(row));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('HalfSpaceTrees.learn()', () => {
  test('draws the trees over the features of the first vector, and cuts no other one later', () => {
    const stream = makeStream(50, 3);
    const withGap = stream.map((x, index) => (index === 0 ? x.with(1, Number.NaN) : x));
    const narrow = stream.map((x) => Float64Array.of(x[0] ?? 0, x[2] ?? 0));
    expect(scoreThenLearn(new HalfSpaceTrees(3, MEDIUM), withGap)).toEqual(
      scoreThenLearn(new HalfSpaceTrees(2, MEDIUM), narrow),
    );
  });

  test('passes over vectors without any value until the trees are drawn', () => {
    const stream = makeStream(50, 2);
    const empty = new Float64Array(2).fill(Number.NaN);
    const scores = scoreThenLearn(new HalfSpaceTrees(2, MEDIUM), [empty, empty, ...stream]);
    expect(scores.slice(2)).toEqual(scoreThenLearn(new HalfSpaceTrees(2, MEDIUM), stream));
  });

  test('lets the caller reuse the vector at once', () => {
    const stream = makeStream(120, 2);
    const reused = new Float64Array(2);
    const model = new HalfSpaceTrees(2, MEDIUM);
    const scores = stream.map((x) => {
      reused.set(x);
      const score = model.score(reused);
      model.learn(reused);
      reused.fill(0.5);
      return score;
    });
    expect(scores).toEqual(scoreThenLearn(new HalfSpaceTrees(2, MEDIUM), stream));
  });

  test('counts large windows in parts as it would at once', () => {
    const stream = makeStream(1500, 2, true);
    const options = { ...MEDIUM, windowSize: 700 };
    const often = new HalfSpaceTrees(2, options);
    const seldom = new HalfSpaceTrees(2, options);
    const unknown = new Float64Array(2).fill(Number.NaN);
    for (const x of stream) {
      often.score(unknown); // has to count what was learnt so far
      expect(often.score(x)).toBe(seldom.score(x));
      often.learn(x);
      seldom.learn(x);
    }
    expect(often.isWarm).toBe(true);
  });

  test('cuts within the limits that are given', () => {
    const stream = makeStream(120, 2);
    const moved = stream.map((x) => x.map((value) => 100 + 50 * value));
    const limits = [
      [100, 150],
      [100, 150],
    ] as const;
    const scores = scoreThenLearn(new HalfSpaceTrees(2, MEDIUM), stream);
    const movedScores = scoreThenLearn(new HalfSpaceTrees(2, { ...MEDIUM, limits }), moved);
    for (const [index, score] of movedScores.entries()) {
      expect(score).toBeCloseTo(scores[index] ?? Number.NaN, 12);
    }
  });
});

describe('HalfSpaceTrees.explain()', () => {
  test('shares the whole score out', () => {
    const model = new HalfSpaceTrees(4, MEDIUM);
    const weights = new Float64Array(4);
    for (const x of makeStream(200, 4, true)) {
      const score = model.score(x);
      model.explain(x, weights);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(score, 12);
      expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
      model.learn(x);
    }
    expect(model.isWarm).toBe(true);
  });

  test('puts the feature first that is out of line', () => {
    const model = new HalfSpaceTrees(5, { ...MEDIUM, trees: 25 });
    scoreThenLearn(model, makeStream(80, 5));
    for (let feature = 0; feature < 5; feature++) {
      const x = new Float64Array(5).fill(0.3).with(feature, 0.99);
      const weights = new Float64Array(5);
      model.score(x);
      model.explain(x, weights);
      expect(weights.indexOf(Math.max(...weights))).toBe(feature);
    }
  });

  test('gives zeros while the model is cold', () => {
    const weights = new Float64Array(2).fill(7);
    new HalfSpaceTrees(2, SMALL).explain(Float64Array.of(0, 1), weights);
    expect([...weights]).toEqual([0, 0]);
  });
});

describe('HalfSpaceTrees.save() and restore()', () => {
  test.each([0, 1, 39, 40, 41, 60, 95])('go on exactly after %d vectors', (learnt) => {
    const stream = makeStream(300, 3, true);
    const model = new HalfSpaceTrees(3, MEDIUM);
    scoreThenLearn(model, stream.slice(0, learnt));
    const state = savedState(model);
    const restored = new HalfSpaceTrees(3, MEDIUM);
    scoreThenLearn(restored, stream.slice(100, 177)); // is to be forgotten
    const reader = new StateReader(state);
    restored.restore(reader);
    expect(reader.remaining).toBe(0);
    expect(restored.isWarm).toBe(learnt >= 40);
    expect(savedState(restored)).toEqual(state);
    expect(scoreThenLearn(restored, stream.slice(learnt))).toEqual(
      scoreThenLearn(model, stream.slice(learnt)),
    );
  });

  test('keep the features that the trees were drawn over', () => {
    const stream = makeStream(200, 3);
    const model = new HalfSpaceTrees(3, MEDIUM);
    scoreThenLearn(model, [Float64Array.of(0.5, Number.NaN, 0.5), ...stream.slice(0, 100)]);
    const restored = new HalfSpaceTrees(3, MEDIUM);
    restored.restore(new StateReader(savedState(model)));
    expect(scoreThenLearn(restored, stream)).toEqual(scoreThenLearn(model, stream));
  });

  test('stay small at the full size of the defaults', () => {
    const model = new HalfSpaceTrees(10);
    scoreThenLearn(model, makeStream(499, 10));
    expect(savedState(model).length).toBeLessThan(41_000);
  });

  const others: readonly HalfSpaceTreesOptions[] = [
    { ...MEDIUM, trees: 8 },
    { ...MEDIUM, height: 6 },
    { ...MEDIUM, windowSize: 41 },
    { ...MEDIUM, seed: 6 },
    {
      ...MEDIUM,
      limits: [
        [0, 1],
        [0, 1],
        [0, 2],
      ],
    },
  ];
  test.each(others)('refuse the state of a model made with %j', (options) => {
    const model = new HalfSpaceTrees(3, options);
    scoreThenLearn(model, makeStream(60, 3));
    const other = new HalfSpaceTrees(3, MEDIUM);
    expect(() => other.restore(new StateReader(savedState(model)))).toThrow(
      expect.objectContaining({ code: 'SNT_INPUT_CORRUPT' }),
    );
  });
});

describe('new HalfSpaceTrees()', () => {
  test.each<[number, HalfSpaceTreesOptions]>([
    [0, {}],
    [65_536, {}],
    [2.5, {}],
    [2, { trees: 0 }],
    [2, { height: 0 }],
    [2, { height: 24 }],
    [2, { trees: 300, height: 15 }],
    [2, { windowSize: 0 }],
    [2, { windowSize: 65_536 }],
    [1000, { windowSize: 65_535 }],
    [2, { seed: 0.5 }],
    [2, { limits: [[0, 1]] }],
    [1, { limits: [[1, 1]] }],
    [1, { limits: [[0, Number.POSITIVE_INFINITY]] }],
    [1, { limits: [[Number.NaN, 1]] }],
  ])('refuses %d dimensions with %j', (dimensions, options) => {
    expect(() => new HalfSpaceTrees(dimensions, options)).toThrow(RangeError);
  });
});

describe('HalfSpaceForest', () => {
  test("cuts where River's first tree of seed 42 is cut", () => {
    const features = [0, 1, 2];
    const limits = features.map(() => [0, 1] as const);
    const forest = new HalfSpaceForest({ trees: 3, height: 4, seed: 42, features, limits });
    const cutAt = (place: number) => [forest.features[place], forest.thresholds[place]];
    expect(cutAt(0)).toEqual([1, 0.16750752865586685]);
    expect(cutAt(1)).toEqual([0, 0.30624751670417594]);
    expect(cutAt(8)).toEqual([0, 0.5624859787131361]);
    expect(forest.features).toHaveLength(45);
  });

  test('uses the places in the vector that it is given', () => {
    const limits = [
      [0, 1],
      [0, 1],
      [0, 1],
    ] as const;
    const shape = { trees: 1, height: 4, seed: 42, limits };
    const near = new HalfSpaceForest({ ...shape, features: [0, 1, 2] });
    const far = new HalfSpaceForest({ ...shape, features: [3, 5, 9] });
    expect([...far.features]).toEqual([...near.features].map((feature) => [3, 5, 9][feature]));
    expect(far.thresholds).toEqual(near.thresholds);
  });
});
