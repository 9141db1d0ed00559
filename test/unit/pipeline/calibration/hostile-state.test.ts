import fc from 'fast-check';
import { SentinelError } from '../../../../src/core/errors.ts';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { Adwin } from '../../../../src/pipeline/calibration/adwin.ts';
import { AlertBudget } from '../../../../src/pipeline/calibration/alert-budget.ts';
import { DriftEscape } from '../../../../src/pipeline/calibration/drift-escape.ts';
import { ScoreCalibrator } from '../../../../src/pipeline/calibration/score-calibrator.ts';
import { NgramModel } from '../../../../src/pipeline/models/ngram.ts';
import { normal } from './random-scores.ts';

interface Subject {
  save(state: StateWriter): void;
  restore(state: StateReader): void;
}

const next = normal(1);

/** How each is made, used, and asked for a number that has to be right whatever it was restored from. */
const SUBJECTS: readonly [string, () => Subject & { use(): boolean }][] = [
  [
    'ScoreCalibrator',
    () =>
      Object.assign(new ScoreCalibrator({ warmup: 100 }), {
        use(this: ScoreCalibrator) {
          for (let index = 0; index < 200; index++) {
            this.observe(next());
          }
          const p = this.pvalue(3);
          return p > 0 && p <= 1 && !Number.isNaN(this.scoreAt(1e-5));
        },
      }),
  ],
  [
    'AlertBudget',
    () =>
      Object.assign(new AlertBudget({ perDay: 5 }), {
        use(this: AlertBudget) {
          for (let index = 0; index < 200; index++) {
            this.decide(1e12 + index * 1000, 1e-9);
          }
          return this.threshold >= 0 && this.threshold <= 0.01 && this.achievedPerDay >= 0;
        },
      }),
  ],
  [
    'Adwin',
    () =>
      Object.assign(new Adwin(), {
        use(this: Adwin) {
          for (let index = 0; index < 200; index++) {
            this.update(index % 2);
          }
          return this.mean >= 0 && this.mean <= 1.000001 && this.width > 0;
        },
      }),
  ],
  [
    'DriftEscape',
    () =>
      Object.assign(new DriftEscape(), {
        use(this: DriftEscape) {
          for (let index = 0; index < 200; index++) {
            this.update(index % 2 === 0);
          }
          return this.flaggedShare >= 0 && this.flaggedShare <= 1.000001;
        },
      }),
  ],
  [
    'NgramModel',
    () =>
      Object.assign(new NgramModel({ places: 1024, sequences: 4, window: 4, order: 3 }), {
        use(this: NgramModel) {
          for (let index = 0; index < 200; index++) {
            this.learn(`p${index % 6}`, `s${index % 7}`);
          }
          return Number.isFinite(this.score('p1', 's2')) && this.explain('p1', 's3').length > 0;
        },
      }),
  ],
];

describe.each(SUBJECTS)('the state of %s', (_name, make) => {
  const original = make();
  original.use();
  const state = new StateWriter();
  original.save(state);
  const bytes = Uint8Array.from(state.bytes());

  test('is refused with a clear error or works on, whatever was changed in it', () => {
    const change = fc.record({
      at: fc.nat(bytes.length - 1),
      isFromEnd: fc.boolean(),
      with: fc.uint8Array({ minLength: 1, maxLength: 16 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(bytes.length), (changes, cut) => {
        const changed = bytes.slice(0, cut % 7 === 0 ? cut : bytes.length);
        for (const { at, isFromEnd, with: put } of changes) {
          const start = isFromEnd ? Math.max(0, changed.length - 1 - (at % 200)) : at;
          changed.set(put.subarray(0, Math.max(0, changed.length - start)), Math.min(start, changed.length));
        }
        const subject = make();
        try {
          subject.restore(new StateReader(changed));
        } catch (error) {
          return error instanceof SentinelError && error.code === 'SNT_INPUT_CORRUPT';
        }
        return subject.use();
      }),
      { numRuns: 300 },
    );
  });

  test('is refused when it is random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (random) => {
        expect(() => make().restore(new StateReader(random))).toThrow(SentinelError);
      }),
    );
  });
});
