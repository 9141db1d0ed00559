import fc from 'fast-check';
import { Loda } from '../../../../src/pipeline/models/loda.ts';
import type { Model } from '../../../../src/pipeline/models/model.ts';
import { Pcg64 } from '../../../../src/pipeline/models/pcg64.ts';

function normals(count: number, dimensions: number, seed = 3): Float64Array[] {
  const random = new Pcg64(seed);
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: dimensions }, () => random.normal()),
  );
}

function feed(model: Model, stream: readonly Float64Array[]): number[] {
  return stream.map((x) => {
    const score = model.score(x);
    model.learn(x);
    return score;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('Loda, plain', () => {
  const identity = (windowEvents: number) => new Loda(1, { matrix: [[1]], windowEvents, isPlain: true });

  test('scores 0 until the first window is full, then by its densities', () => {
    const model = identity(4);
    const window = [0, 0, 0, 1].map((value) => Float64Array.of(value));
    expect(feed(model, window)).toEqual([0, 0, 0, 0]);
    expect(model.isWarm).toBe(true);
    // two bins cost 1 + ln(2)^2.5 = 1.4 and gain 4 ln 2 - 4 H = 0.5: one bin, density 1
    expect(model.score(Float64Array.of(0.5))).toBeCloseTo(-Math.log(1 + 1 / 16), 12);
    expect(model.score(Float64Array.of(1.5))).toBeCloseTo(-Math.log(1 / 16), 12);
  });

  test('takes as many bins as Birgé and Rozenholc have it', () => {
    const model = identity(100);
    feed(
      model,
      Array.from({ length: 100 }, (_, event) => Float64Array.of(event < 80 ? 0 : event < 90 ? 0.9 : 1)),
    );
    const floor = 1 / 100 ** 2;
    // from 11 bins on 0.9 and 1 are apart; 80, 10 and 10 of 100 in bins of their own
    expect(model.score(Float64Array.of(0))).toBeCloseTo(-Math.log(0.8 + floor), 12);
    expect(model.score(Float64Array.of(0.9))).toBeCloseTo(-Math.log(0.1 + floor), 12);
    expect(model.score(Float64Array.of(0.5))).toBeCloseTo(-Math.log(floor), 12);
  });

  test('takes a projection that was constant for one point', () => {
    const model = identity(8);
    feed(model, new Array(8).fill(Float64Array.of(2)));
    expect(model.score(Float64Array.of(2))).toBeCloseTo(-Math.log(1 + 1 / 64), 12);
    expect(model.score(Float64Array.of(2.1))).toBeCloseTo(-Math.log(1 / 64), 12);
  });
});

describe('Loda', () => {
  test('separates what is far out from the second event on', () => {
    const model = new Loda(4);
    const scores = feed(model, normals(40, 4));
    expect(model.isWarm).toBe(false);
    expect(model.score(Float64Array.of(20, -20, 20, -20))).toBeGreaterThan(
      Math.max(...scores.slice(20)) + 0.5,
    );
  });

  test('does not care about the scale and the place of a feature', () => {
    const [one, other] = [new Loda(3), new Loda(3)];
    const stream = normals(1000, 3);
    const moved = stream.map((x) => x.map((value, feature) => 64 ** feature * value + 8 ** feature));
    const [scores, movedScores] = [feed(one, stream), feed(other, moved)];
    const apart = scores.map((score, event) => Math.abs(score - (movedScores[event] ?? Number.NaN)));
    expect(mean(apart)).toBeLessThan(0.01);
  });

  test('leaves out the projections of a missing feature, and no others', () => {
    const matrix = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const model = new Loda(3, { matrix });
    const alone = new Loda(2, {
      matrix: [
        [1, 0],
        [0, 1],
      ],
    });
    const stream = normals(600, 3);
    stream.forEach((x) => {
      expect(model.score(Float64Array.of(x[0] ?? 0, Number.NaN, x[2] ?? 0))).toBe(
        alone.score(Float64Array.of(x[0] ?? 0, x[2] ?? 0)),
      );
      const hidden = Float64Array.of(x[0] ?? 0, Number.NaN, x[2] ?? 0);
      model.learn(hidden);
      alone.learn(Float64Array.of(x[0] ?? 0, x[2] ?? 0));
    });
    expect(model.score(new Float64Array(3).fill(Number.NaN))).toBe(0);
  });

  test('explain() points at the odd feature', () => {
    for (const odd of [0, 5, 11]) {
      const model = new Loda(12);
      feed(model, normals(1000, 12));
      const x = new Float64Array(12);
      x[odd] = 12;
      const weights = new Float64Array(12);
      model.score(x);
      model.explain(x, weights);
      expect(weights.indexOf(Math.max(...weights))).toBe(odd);
    }
  });

  test('goes on calling a long attack odd, and gets used to what stays', () => {
    const model = new Loda(4);
    const usual = mean(feed(model, normals(2000, 4)).slice(-500));
    const attack = normals(6000, 4, 8).map((x) => x.map((value) => value + 6));
    const scores = feed(model, attack);
    expect(mean(scores.slice(150, 250))).toBeGreaterThan(usual + 2);
    expect(mean(scores.slice(-500))).toBeLessThan(usual + 1);
  });

  test('keeps finding spikes on a feature that drifts far', () => {
    const model = new Loda(1);
    const random = new Pcg64(2);
    const usual: number[] = [];
    const spikes: number[] = [];
    for (let event = 0; event < 4000; event++) {
      const isSpike = event > 500 && event % 50 === 0;
      const x = Float64Array.of(event / 20 + random.normal() + (isSpike ? 12 : 0));
      (isSpike ? spikes : usual).push(model.score(x));
      model.learn(x);
    }
    usual.sort((a, b) => a - b);
    const line = usual[Math.floor(usual.length * 0.95)] ?? 0;
    expect(spikes.filter((score) => score > line).length).toBeGreaterThan(0.9 * spikes.length);
  });

  test('learns the same whether it was asked for a score or not', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 300, maxLength: 300 }), (asked) => {
        const [quiet, asking] = [new Loda(3), new Loda(3)];
        normals(300, 3).forEach((x, event) => {
          if (asked[event] === true) {
            asking.score(x);
          }
          quiet.learn(x);
          asking.learn(x);
        });
        const probe = Float64Array.of(1, 2, 3);
        return quiet.score(probe) === asking.score(probe);
      }),
      { numRuns: 10 },
    );
  });

  test.each([{ projections: 0 }, { windowEvents: 1 }, { matrix: [[1]] }, { seed: -1 }])(
    'refuses %p',
    (options) => {
      expect(() => new Loda(2, options)).toThrow(RangeError);
    },
  );
});
