import fc from 'fast-check';
import { keepTexts } from '../../../src/core/number-texts.ts';

test('keepTexts() gives the text of each number, whatever was asked before', () => {
  const kept = keepTexts(String);
  const number = fc.oneof(
    fc.nat(1000),
    fc.nat(0xffffffff),
    fc.maxSafeNat(),
    fc.constantFrom(0, 256, 2 ** 32),
  );
  fc.assert(
    fc.property(fc.array(number, { maxLength: 50 }), (numbers) => {
      expect(numbers.map(kept)).toEqual(numbers.map(String));
    }),
  );
});

test('keepTexts() makes the text of a number that comes again once, also when there is none', () => {
  const asked: number[] = [];
  const kept = keepTexts((value) => {
    asked.push(value);
    return value === 0 ? undefined : 'x';
  });
  expect([kept(0), kept(0), kept(7), kept(7)]).toEqual([undefined, undefined, 'x', 'x']);
  expect(asked).toEqual([0, 7]);
});
