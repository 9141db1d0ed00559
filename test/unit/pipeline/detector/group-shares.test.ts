import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { GroupShares } from '../../../../src/pipeline/detector/group-shares.ts';

function noted(counts: readonly number[]): GroupShares {
  const shares = new GroupShares(counts.length);
  for (let round = 0; round < 100; round++) {
    for (const [group, count] of counts.entries()) {
      for (let index = 0; index < count; index++) {
        shares.note(group);
      }
    }
  }
  return shares;
}

describe('GroupShares', () => {
  test('multiplies by how much more common a group is than the mean group', () => {
    const shares = noted([1, 9, 0, 30]);

    expect(shares.factor(0)).toBeCloseTo((3 * 1) / 40, 2);
    expect(shares.factor(1)).toBeCloseTo((3 * 9) / 40, 2);
    expect(shares.factor(3)).toBeCloseTo((3 * 30) / 40, 2);
  });

  test('changes nothing where there is one group', () => {
    expect(new GroupShares(1).factor(0)).toBe(1);
    expect(noted([7]).factor(0)).toBe(1);
    expect(noted([0, 5]).factor(1)).toBe(1);
  });

  test('lets as many events below a threshold as there were without it', () => {
    const counts = [3, 17, 80];
    const shares = noted(counts);
    const mean = counts.reduce((sum, count, group) => sum + count / shares.factor(group), 0) / 100;

    expect(mean).toBeCloseTo(1, 2);
  });

  test('goes on from its state, and takes no impossible one', () => {
    const state = new StateWriter();
    noted([2, 5]).save(state);
    const restored = new GroupShares(2);
    restored.restore(new StateReader(state.bytes()));
    expect(restored.factor(0)).toBe(noted([2, 5]).factor(0));

    const wrong = new StateWriter();
    wrong.array(Float64Array.of(-1, 2));
    expect(() => new GroupShares(2).restore(new StateReader(wrong.bytes()))).toThrow();
  });
});
