import fc from 'fast-check';
import { MemberCache } from '../../../../src/kernel/attributes/member-cache.ts';

function lookUp(cache: MemberCache, keys: readonly number[]): string | undefined {
  for (const key of keys) {
    cache.key(key);
  }
  return cache.find()?.toString();
}

test('MemberCache gives back only what was kept for the same numbers, whatever was asked in between', () => {
  const small = fc.integer({ min: -2, max: 2 });
  const key = fc.tuple(fc.oneof(small, fc.integer()), small, small);
  fc.assert(
    fc.property(fc.array(key, { maxLength: 600 }), (keys) => {
      const cache = new MemberCache(3);
      for (const one of keys) {
        const found = lookUp(cache, one);
        const wanted = one.map((value) => value | 0).join();
        if (found === undefined) {
          expect(cache.keep(Buffer.from(wanted)).toString()).toBe(wanted);
        } else {
          expect(found).toBe(wanted);
        }
        expect(lookUp(cache, one)).toBe(wanted);
      }
    }),
  );
});

test('MemberCache takes numbers above 2^31 as their low 32 bits', () => {
  const cache = new MemberCache(1);
  expect(lookUp(cache, [0xffffffff])).toBeUndefined();
  cache.keep(Buffer.from('x'));
  expect(lookUp(cache, [-1])).toBe('x');
});
