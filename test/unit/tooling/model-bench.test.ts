import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { CONTENDERS } from '../../bench/models/contenders.ts';
import { datasetFiles, readDataset } from '../../bench/models/dataset.ts';
import { compare } from '../../bench/models/evaluate.ts';
import { averagePrecision, meanAndSd, rocAuc } from '../../bench/models/ranking.ts';
import { bestReference, readReferences } from '../../bench/models/reference.ts';
import { scaleOnline } from '../../support/online-min-max.ts';
import { withTempFolder } from '../../support/temp-folder.ts';

/** Scores from few values, so that many are tied, with labels of both kinds. */
const ranked = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 1 })), {
    minLength: 2,
    maxLength: 40,
  })
  .filter((rows) => new Set(rows.map(([, label]) => label)).size === 2);

function columns(rows: readonly (readonly [number, number])[]): [Float64Array, Uint8Array] {
  return [Float64Array.from(rows, ([score]) => score), Uint8Array.from(rows, ([, label]) => label)];
}

describe('rocAuc()', () => {
  test("gives the value of scikit-learn's example", () => {
    expect(rocAuc(Float64Array.of(0.1, 0.4, 0.35, 0.8), Uint8Array.of(0, 0, 1, 1))).toBe(0.75);
  });

  test('is the share of pairs in the right order, ties half', () => {
    fc.assert(
      fc.property(ranked, (rows) => {
        const anomalies = rows.filter(([, label]) => label === 1);
        const normals = rows.filter(([, label]) => label === 0);
        const won = anomalies.flatMap(([a]) => normals.map(([n]): number => (a > n ? 1 : a === n ? 0.5 : 0)));
        const expected = won.reduce((sum, value) => sum + value, 0) / won.length;
        expect(rocAuc(...columns(rows))).toBeCloseTo(expected, 12);
      }),
    );
  });

  test('refuses a score that is NaN', () => {
    expect(() => rocAuc(Float64Array.of(0, Number.NaN), Uint8Array.of(0, 1))).toThrow('NaN');
  });
});

describe('averagePrecision()', () => {
  test("gives the value of scikit-learn's example", () => {
    const scores = Float64Array.of(0.1, 0.4, 0.35, 0.8);
    expect(averagePrecision(scores, Uint8Array.of(0, 0, 1, 1))).toBeCloseTo(0.8333333333333333, 15);
  });

  test('sums precision times recall gained over the distinct thresholds', () => {
    fc.assert(
      fc.property(ranked, (rows) => {
        const total = rows.filter(([, label]) => label === 1).length;
        const thresholds = [...new Set(rows.map(([score]) => score))].sort((a, b) => b - a);
        let recallBefore = 0;
        let expected = 0;
        for (const threshold of thresholds) {
          const flagged = rows.filter(([score]) => score >= threshold);
          const found = flagged.filter(([, label]) => label === 1).length;
          expected += (found / total - recallBefore) * (found / flagged.length);
          recallBefore = found / total;
        }
        expect(averagePrecision(...columns(rows))).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe('meanAndSd()', () => {
  test('divides by one less than the number of samples', () => {
    expect(meanAndSd([1, 2, 3, 4])).toEqual({ mean: 2.5, sd: Math.sqrt(5 / 3) });
    expect(meanAndSd([3])).toEqual({ mean: 3, sd: 0 });
  });
});

describe('scaleOnline()', () => {
  test('knows the extremes so far, the row itself included, and leaves gaps', () => {
    const rows = Float64Array.of(5, 1, 7, Number.NaN, 6, 3, 3, 3);
    expect([...scaleOnline(rows, 2)]).toEqual([0, 0, 1, Number.NaN, 0.5, 1, 0, 1]);
  });
});

describe('readDataset()', () => {
  const read = (text: string) =>
    withTempFolder((folder) => {
      writeFileSync(join(folder, 'small.csv.gz'), gzipSync(text));
      writeFileSync(join(folder, 'other.txt'), '');
      const files = datasetFiles(folder);
      expect(files).toHaveLength(1);
      return files.map(readDataset)[0];
    });

  test('keeps labels apart from values, and gaps as NaN', async () => {
    expect(await read('f0,f1,label\n1,2.5,0\n-3,,1\n')).toEqual({
      name: 'small',
      features: ['f0', 'f1'],
      values: Float64Array.of(1, 2.5, -3, Number.NaN),
      labels: Uint8Array.of(0, 1),
    });
  });

  test('leaves out a table without labels', async () => {
    expect(await read('t,rate\n1,2\n')).toBeUndefined();
  });

  test.each(['f0,label\n1,2\n', 'f0,label\n1\n', 'f0,label\n1,2,0\n', 'f0,label\nx,0\n'])(
    'refuses %j with its line',
    async (text) => {
      await expect(read(text)).rejects.toThrow('small.csv.gz:2: ');
    },
  );
});

describe('references', () => {
  const TABLE = [
    'dataset\tmodel\tsettings\tseed\troc_auc\tpr_auc\tnote',
    'a\tX\tk=1 fast\t1\t0.5\t0.1\t',
    'a\tX\tk=1 fast\t2\t0.7\t0.3\t',
    'a\tX\tk=2\t1\t0.8\t0.2\t',
    'a\tY\t\t1\t0.9\t0.2\t',
    'b\tX\tk=1 fast\t1\t0.95\t0.2\t',
    'a\tX\tk=1 none\t1\t\t\tno figure',
  ].join('\n');
  const runs = () =>
    withTempFolder((folder) => {
      writeFileSync(join(folder, 'models_reference.tsv'), `${TABLE}\n`);
      return readReferences(join(folder, 'models_reference.tsv'));
    });

  test('means over the seeds of the best of those that are named', async () => {
    const references = await runs();
    const best = bestReference(references, 'a', [{ model: 'X', settings: 'k=1' }]);
    expect(best).toMatchObject({
      settings: 'k=1 fast',
      rocAuc: expect.closeTo(0.6),
      prAuc: expect.closeTo(0.2),
    });
    expect(bestReference(references, 'a', [{ model: 'X' }])).toMatchObject({ settings: 'k=2', rocAuc: 0.8 });
    expect(bestReference(references, 'c', [{ model: 'X' }])).toBeUndefined();
  });

  test('hold a twin to each seed that both ran, and others to the mean', async () => {
    const [contender] = CONTENDERS;
    const reference = bestReference(await runs(), 'a', [{ model: 'X', settings: 'k=1' }]);
    if (contender === undefined || reference === undefined) {
      throw new Error('no contender or reference');
    }
    const ours = (rocAuc: number) => [
      { seed: 2, rocAuc, prAuc: 0.3, usPerEvent: 1, usPerEventWithSetup: 1 },
      { seed: 7, rocAuc: 0.1, prAuc: 0.1, usPerEvent: 1, usPerEventWithSetup: 1 },
    ];
    const twin = { ...contender, requirement: { twinWithin: 0.01 } };
    expect(compare(twin, ours(0.709), reference)).toMatchObject({ sameSeeds: [2], isMet: true });
    expect(compare(twin, ours(0.711), reference).isMet).toBe(false);
    expect(compare(twin, ours(0.7).slice(1), reference).isMet).toBeUndefined();
    const rival = { ...contender, requirement: { below: 0.01 } };
    expect(compare(rival, ours(0.7), reference).isMet).toBe(false);
    expect(compare(rival, ours(0.7).slice(0, 1), reference).isMet).toBe(true);
  });
});
