import { MersenneTwister } from '../../../../src/pipeline/models/mersenne-twister.ts';

/** `[random.Random(seed).random() for _ in range(4)]`, and the number 1,000 draws later, of CPython 3.11. */
const CPYTHON = [
  [
    42,
    [0.6394267984578837, 0.025010755222666936, 0.27502931836911926, 0.22321073814882275],
    0.35867384121231793,
  ],
  [0, [0.8444218515250481, 0.7579544029403025, 0.420571580830845, 0.25891675029296335], 0.18765458516959888],
  [1, [0.13436424411240122, 0.8474337369372327, 0.763774618976614, 0.2550690257394217], 0.5984944470487219],
  [
    -7,
    [0.32383276483316237, 0.15084917392450192, 0.6509344730398537, 0.07243628666754276],
    0.7320843912105973,
  ],
  [
    2 ** 53 - 1,
    [0.09425040007102303, 0.22287455761867403, 0.19135148760372034, 0.14744912919638153],
    0.3243215903453187,
  ],
] as const;

describe('MersenneTwister', () => {
  test.each(CPYTHON)(
    "random() of seed %d gives CPython's numbers, also past the first twist",
    (seed, first, later) => {
      const random = new MersenneTwister(seed);
      expect(first.map(() => random.random())).toEqual(first);
      for (let draw = 0; draw < 1000; draw++) {
        random.random();
      }
      expect(random.random()).toBe(later);
    },
  );

  test('uniform() moves the same draw between its limits', () => {
    expect(new MersenneTwister(42).uniform(-1, 3)).toBe(-1 + 4 * 0.6394267984578837);
  });

  // random.Random(42).choices('abc', [1, 2, 1], k=8) of CPython 3.11, as places.
  test('choice() takes what choices() takes', () => {
    const random = new MersenneTwister(42);
    const sums = Float64Array.of(1, 3, 4);
    expect(Array.from({ length: 8 }, () => random.choice(sums))).toEqual([1, 0, 1, 0, 1, 1, 2, 0]);
  });

  test('choice() never takes what weighs nothing', () => {
    const random = new MersenneTwister(1);
    const taken = Array.from({ length: 1000 }, () => random.choice(Float64Array.of(0, 1, 1, 2, 2)));
    expect([...new Set(taken)].sort()).toEqual([1, 3]);
  });

  test.each([Number.NaN, 0.5, 2 ** 53, Number.POSITIVE_INFINITY])('refuses %d as a seed', (seed) => {
    expect(() => new MersenneTwister(seed)).toThrow(RangeError);
  });
});
