import fc from 'fast-check';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { MinMaxScaler } from '../../../../src/pipeline/features/min-max-scaling.ts';

function transformed(scaler: MinMaxScaler, ...x: number[]): number[] {
  const out = new Float64Array(x.length);
  scaler.transform(Float64Array.from(x), out);
  return [...out];
}

describe('MinMaxScaler', () => {
  test('gives what River’s does, learning before each value', () => {
    const scaler = new MinMaxScaler(1);
    const given = [2, 4, 3, 0, 8];
    const results = given.map((value) => {
      scaler.learn(Float64Array.of(value));
      return transformed(scaler, value)[0];
    });
    expect(results).toEqual([0, 1, 0.5, 0, 1]);
  });

  test('does not clip a value that it has not learnt', () => {
    const scaler = new MinMaxScaler(1);
    scaler.learn(Float64Array.of(0));
    scaler.learn(Float64Array.of(2));
    expect(transformed(scaler, 5)).toEqual([2.5]);
    expect(transformed(scaler, 5)).toEqual([2.5]);
  });

  test('gives 0 before anything was learnt and lets NaN through', () => {
    const scaler = new MinMaxScaler(2);
    expect(transformed(scaler, 7, Number.NaN)).toEqual([0, Number.NaN]);
    scaler.learn(Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY));
    expect(transformed(scaler, 7, 7)).toEqual([0, 0]);
  });

  test('is in 0 to 1 for what was learnt, and the same after a restore', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e150, max: 1e150 }), { minLength: 1 }),
        (values) => {
          const scaler = new MinMaxScaler(1);
          for (const value of values) {
            scaler.learn(Float64Array.of(value));
          }
          const state = new StateWriter();
          scaler.save(state);
          const restored = new MinMaxScaler(1);
          restored.restore(new StateReader(state.bytes()));
          for (const value of values) {
            const [result = -1] = transformed(scaler, value);
            expect(result).toBeGreaterThanOrEqual(0);
            expect(result).toBeLessThanOrEqual(1);
            expect(transformed(restored, value)).toEqual([result]);
          }
        },
      ),
    );
  });

  test('refuses a state that cannot be', () => {
    const state = new StateWriter();
    state.u32(1);
    state.array(Float64Array.of(2));
    state.array(Float64Array.of(1));
    expect(() => new MinMaxScaler(1).restore(new StateReader(state.bytes()))).toThrow('above the greatest');
  });
});
