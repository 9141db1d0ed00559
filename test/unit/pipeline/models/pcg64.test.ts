/** Against numpy 2.4.6: `default_rng(seed).normal(size=10000)`. */
import { createHash } from 'node:crypto';
import { Pcg64 } from '../../../../src/pipeline/models/pcg64.ts';

const NUMPY = [
  {
    seed: 0,
    first: [0.1257302210933933, -0.1321048632913019, 0.6404226504432821, 0.10490011715303971],
    sha256: '91998f36003dfc8464a73b2ba47ed4642c639dd5d38e55cdd5f253df44a36f8a',
  },
  {
    seed: 42,
    first: [0.30471707975443135, -1.0399841062404955, 0.7504511958064572, 0.9405647163912139],
    sha256: '18510110199a0ab7f28508b21a092e5b625229648e34719c04400e4feffbbe5a',
  },
  {
    seed: 2 ** 32,
    first: [0.10296768001436127, -0.9805271710302613, -0.8174783249223175, -1.027881871299033],
    sha256: 'af77a1dcdff3eb68180c8bec1f374cf96a15ca60de7f37da4b98a55fe1ebba30',
  },
  {
    seed: Number.MAX_SAFE_INTEGER,
    first: [0.48775691464104814, 1.405476912195515, 0.31841586354167123, 0.4159900677571479],
    sha256: '07ad2d9b2aa6b6d68e00b6e39c0d08ff29591d78caecfa237b07ca9b96f00819',
  },
];

describe('Pcg64', () => {
  test.each(NUMPY)('normal() draws what numpy draws from seed $seed', ({ seed, first, sha256 }) => {
    const random = new Pcg64(seed);
    const draws = Float64Array.from({ length: 10_000 }, () => random.normal());
    expect([...draws.subarray(0, 4)]).toEqual(first);
    expect(createHash('sha256').update(draws).digest('hex')).toBe(sha256);
  });

  test('next64() and uniform() are numpy’s raw bits and random()', () => {
    const bits = new Pcg64(42);
    expect([bits.next64(), bits.next64()]).toEqual([14276969152011380360n, 8095878257575067585n]);
    const random = new Pcg64(42);
    expect([random.uniform(), random.uniform(), random.uniform()]).toEqual([
      0.7739560485559633, 0.4388784397520523, 0.8585979199113825,
    ]);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses %p for a seed', (seed) => {
    expect(() => new Pcg64(seed)).toThrow(RangeError);
  });
});
