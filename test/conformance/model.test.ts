/** One suite for every model: scoring leaves it alone, any numbers go in, its state is exact, small and never trusted. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { SentinelError } from '../../src/core/errors.ts';
import { StateReader, StateWriter } from '../../src/core/state-codec.ts';
import type { Model } from '../../src/pipeline/models/model.ts';
import { DIMENSIONS, makeStream, SUBJECTS } from '../support/model-subjects.ts';
import type { AllocationReport } from './model-allocation-child.ts';

const NEXT = 500;
const MAX_RESTORE_BYTES = 64 * 1024 * 1024;
const MAX_RESTORE_MS = 2000;

function scoreThenLearn(model: Model, stream: readonly Float64Array[]): number[] {
  return stream.map((x) => {
    const score = model.score(x);
    model.learn(x);
    return score;
  });
}

function savedState(model: Model): Buffer {
  const writer = new StateWriter();
  model.save(writer);
  return Buffer.from(writer.bytes());
}

const anyValue = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: -1, max: 2, noNaN: true }) },
  { weight: 2, arbitrary: fc.double() },
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.MIN_VALUE,
    1e30,
    -0,
  ),
);
const anyVector = fc
  .array(anyValue, { minLength: DIMENSIONS, maxLength: DIMENSIONS })
  .map((values) => Float64Array.from(values));

/** A state with bytes changed or cut off. */
function mangle(state: Buffer, places: readonly (readonly [number, number])[], keep: number): Buffer {
  const copy = Buffer.from(state.subarray(0, Math.floor(keep * state.length)));
  for (const [place, value] of places) {
    if (copy.length > 0) {
      copy[Math.floor(place * copy.length)] = value;
    }
  }
  return copy;
}

/** Restores hostile bytes; says whether they were taken. Fails on any other error, and on waste of time or memory. */
function tryRestore(model: Model, state: Buffer): boolean {
  const startMs = performance.now();
  const before = process.memoryUsage().arrayBuffers;
  let isTaken = true;
  try {
    model.restore(new StateReader(state));
  } catch (error) {
    expect(error instanceof SentinelError && error.code).toBe('SNT_INPUT_CORRUPT');
    isTaken = false;
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MAX_RESTORE_BYTES);
  expect(performance.now() - startMs).toBeLessThan(MAX_RESTORE_MS);
  return isTaken;
}

let measured: Record<string, AllocationReport> | undefined;

/** What each subject allocates in a process without jest, which would allocate at every use of a global. */
function allocations(): Record<string, AllocationReport> {
  measured ??= JSON.parse(
    execFileSync(process.execPath, ['--no-warnings', 'test/conformance/model-allocation-child.ts'], {
      encoding: 'utf8',
    }),
  ) as Record<string, AllocationReport>; // what the child prints
  return measured;
}

/** Jest's matchers are too slow for every score. */
function expectNumber(score: number): void {
  if (Number.isNaN(score)) {
    throw new Error('a score is NaN');
  }
}

describe.each(SUBJECTS)(
  '$name',
  ({ name, build, isSeedless, warmAfter, maxStateBytes, maxHeapBytesPerEvent }) => {
    const usual = makeStream(20);
    const warm = (seed = 1): Model => {
      const model = build(DIMENSIONS, seed);
      scoreThenLearn(model, makeStream(warmAfter + 57, { gaps: true }));
      expect(model.isWarm).toBe(true);
      return model;
    };

    test('says how many values a vector has, and when it is warm', () => {
      const model = build(DIMENSIONS, 1);
      expect(model.dimensions).toBe(DIMENSIONS);
      expect(model.isWarm).toBe(false);
      warm();
    });

    test('is not changed by scoring and explaining', () => {
      const model = warm();
      const before = savedState(model);
      const weights = new Float64Array(DIMENSIONS);
      for (const x of makeStream(100, { gaps: true, seed: 3 })) {
        const score = model.score(x);
        model.explain(x, weights);
        expect(model.score(x)).toBe(score);
      }
      expect(savedState(model).equals(before)).toBe(true);
    });

    test('scores high what is unlike all it has learnt', () => {
      const model = warm();
      const scores = makeStream(200, { seed: 4 }).map((x) => model.score(x));
      const odd = new Float64Array(DIMENSIONS).map((_, index) => (index % 2 === 0 ? 0 : 1));
      const below = scores.filter((score) => score < model.score(odd)).length;
      expect(below).toBeGreaterThan(190);
    });

    test('keeps nothing of the vector that the caller may reuse', () => {
      const [one, other] = [build(DIMENSIONS, 1), build(DIMENSIONS, 1)];
      const reused = new Float64Array(DIMENSIONS);
      const stream = makeStream(warmAfter + 100, { gaps: true });
      const scores = stream.map((x) => {
        reused.set(x);
        const score = one.score(reused);
        one.learn(reused);
        reused.fill(0.9);
        return score;
      });
      expect(scores).toEqual(scoreThenLearn(other, stream));
    });

    test('never scores NaN, whatever it is given and has learnt', () => {
      const model = warm();
      const state = savedState(model);
      fc.assert(
        fc.property(fc.array(anyVector, { minLength: 1, maxLength: 30 }), (vectors) => {
          model.restore(new StateReader(state));
          for (const x of [...vectors, ...usual]) {
            expectNumber(model.score(x));
            model.learn(x);
          }
        }),
        { numRuns: 60 },
      );
    }, 60_000);

    test('never scores NaN after a whole warm-up on nothing else', () => {
      const extremes = [
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.MAX_VALUE,
        -1e300,
      ];
      for (const value of extremes) {
        const model = build(DIMENSIONS, 1);
        const x = new Float64Array(DIMENSIONS).fill(value);
        scoreThenLearn(model, new Array(warmAfter + 100).fill(x)).forEach(expectNumber);
        scoreThenLearn(model, usual).forEach(expectNumber);
      }
    }, 60_000);

    test('explains with a finite weight for every feature, cold and warm', () => {
      const weights = new Float64Array(DIMENSIONS);
      const odd = Float64Array.of(
        Number.NaN,
        1e300,
        Number.NEGATIVE_INFINITY,
        0.5,
        Number.POSITIVE_INFINITY,
        0,
      );
      for (const model of [build(DIMENSIONS, 1), warm()]) {
        for (const x of [odd, ...makeStream(20, { gaps: true })]) {
          weights.fill(Number.NaN);
          model.score(x);
          model.explain(x, weights);
          expect([...weights].filter((weight) => !Number.isFinite(weight))).toEqual([]);
        }
      }
    });

    test('gives the same scores for the same seed, others for another', () => {
      const stream = makeStream(warmAfter + 200, { gaps: true });
      const scores = scoreThenLearn(build(DIMENSIONS, 1), stream);
      expect(scoreThenLearn(build(DIMENSIONS, 1), stream)).toEqual(scores);
      if (isSeedless !== true) {
        expect(scoreThenLearn(build(DIMENSIONS, 2), stream)).not.toEqual(scores);
      }
    });

    test.each([0, 1, 0.01, 0.03, 0.05, 0.2, 0.5, 0.9, 1.3, 2.7])(
      'goes on exactly from a state saved after %f warm-ups',
      (warmUps) => {
        const learnt = makeStream(Math.floor(warmUps * warmAfter), { gaps: true });
        const next = makeStream(NEXT, { gaps: true, seed: 5 });
        const model = build(DIMENSIONS, 1);
        scoreThenLearn(model, learnt);
        const state = savedState(model);
        const restored = build(DIMENSIONS, 1);
        scoreThenLearn(restored, next.slice(0, 130)); // is to be forgotten
        const reader = new StateReader(state);
        restored.restore(reader);
        expect(reader.remaining).toBe(0);
        expect(restored.isWarm).toBe(model.isWarm);
        expect(savedState(restored).equals(state)).toBe(true);
        expect(scoreThenLearn(restored, next)).toEqual(scoreThenLearn(model, next));
        expect(state.length).toBeLessThan(maxStateBytes);
      },
    );

    test('takes no half of a state', () => {
      const model = warm();
      const state = savedState(model);
      for (let keep = 0; keep < state.length; keep += Math.max(1, Math.floor(state.length / 97))) {
        expect(tryRestore(model, state.subarray(0, keep))).toBe(false);
      }
      expect(tryRestore(model, state)).toBe(true);
    }, 60_000);

    test('stays usable after a changed state, or says that it is corrupt', () => {
      const model = warm();
      const state = savedState(model);
      const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
      const byte = fc.oneof(fc.constantFrom(0, 1, 127, 128, 240, 255), fc.integer({ min: 0, max: 255 }));
      const changes = fc.array(
        fc.tuple(
          fc.oneof(
            share,
            share.map((at) => at / 100),
          ),
          byte,
        ),
        { minLength: 1, maxLength: 8 },
      );
      const length = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, share);
      const stream = makeStream(30, { gaps: true });
      fc.assert(
        fc.property(changes, length, (places, keep) => {
          if (tryRestore(model, mangle(state, places, keep))) {
            scoreThenLearn(model, stream).forEach(expectNumber);
          }
        }),
        { numRuns: 300 },
      );
      model.restore(new StateReader(state));
      expect(scoreThenLearn(model, stream)).toEqual(scoreThenLearn(warm(), stream));
    }, 120_000);

    test('allocates nothing for an event that is scored and learnt', () => {
      const report = allocations()[name];
      expect(report?.heapBytesPerEvent).toBeLessThan(maxHeapBytesPerEvent);
      expect(report?.bufferBytes).toBe(0);
    }, 60_000);
  },
);
