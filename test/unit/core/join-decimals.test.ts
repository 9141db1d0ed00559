import fc from 'fast-check';
import { joinDecimals } from '../../../src/core/join-decimals.ts';

test('joinDecimals() is exact', () => {
  const high = fc.oneof(fc.nat(9_999_999_999), fc.constantFrom(0, 1, 65_535, 65_536, 9_999_999_999));
  const low = fc.oneof(fc.nat(999_999_999), fc.constantFrom(0, 1, 999_999_999));
  fc.assert(
    fc.property(high, low, (a, b) => {
      expect(joinDecimals(a, b)).toBe(BigInt(a) * 1_000_000_000n + BigInt(b));
    }),
    { numRuns: 2000 },
  );
});
