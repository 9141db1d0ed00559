import fc from 'fast-check';
import { WallTime } from '../../../src/kernel/wall-time.ts';

test('WallTime.set() is exact for every time since boot', () => {
  const word = fc.oneof(
    fc.nat(0xffff_ffff),
    fc.constantFrom(0, 29_999_999, 30_000_000, 30_000_001, 0xffff_ffff),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 62n }), word, word, (offsetNs, low, high) => {
      const time = new WallTime(offsetNs);
      const sinceBootNs = (BigInt(high) << 32n) + BigInt(low);
      time.set(low, high);
      expect(BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds)).toBe(sinceBootNs + offsetNs);
      expect(time.nanoseconds).toBeLessThan(1_000_000_000);
      expect(time.toUnixNs(sinceBootNs)).toBe(sinceBootNs + offsetNs);
    }),
  );
});
