import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { quoteArgument } from '../../../src/core/shell-quote.ts';

test.each([
  ['plain', 'plain'],
  ['', "''"],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['$HOME', "'$HOME'"],
  ['~', "'~'"],
  ['a\nb', "$'a\\nb'"],
  ["it's\u001b[2J", "$'it\\'s\\x1b[2J'"],
  ['größe', 'größe'],
])('quoteArgument(%j) is %s', (argument, quoted) => {
  expect(quoteArgument(argument)).toBe(quoted);
});

test('a shell reads back what was quoted', () => {
  const character = fc.constantFrom(
    'a',
    ' ',
    "'",
    '"',
    '\\',
    '$',
    '`',
    '!',
    '*',
    '\n',
    '\t',
    '\u0001',
    '~',
    '=',
    ';',
    'é',
    '-',
  );
  const args = fc.array(
    fc.array(character, { maxLength: 8 }).map((list) => list.join('')),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(args, (list) => {
      const script = `printf '%s\\0' ${list.map(quoteArgument).join(' ')}`;
      expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(
        list,
      );
    }),
    { numRuns: 50 },
  );
});
