import fc from 'fast-check';
import { matchesPattern, PathPatterns } from '../../../../src/pipeline/rules/path-patterns.ts';

test.each([
  ['/etc/shadow', '/etc/shadow', true],
  ['/etc/shadow', '/etc/shadow2', false],
  ['/home/*/.ssh/*', '/home/ann/.ssh/id_rsa', true],
  ['/home/*/.ssh/*', '/home/ann/x/.ssh/id_rsa', false],
  ['/home/*/.ssh/*', '/home/ann/.ssh/keys/id_rsa', false],
  ['/home/*/.ssh/**', '/home/ann/.ssh/keys/id_rsa', true],
  ['**/.netrc', '/root/.netrc', true],
  ['**/.netrc', '/.netrc', true],
  ['**/.netrc', '.netrc', true],
  ['**/.netrc', '/root/x.netrc', false],
  ['/a/**/b', '/a/b', true],
  ['/a/**/b', '/a/x/y/b', true],
  ['/a/**/b', '/ab', false],
  ['/a/**/b*/c', '/a/b1/x/b2/c', true],
  ['/a/**', '/a/', true],
  ['/a/**', '/ab/c', false],
  ['/proc/*/mem', '/proc/12/mem', true],
  ['/proc/*/mem', '/proc/12/task/12/mem', false],
  ['/x/*-secrets', '/x/pap-secrets', true],
  ['/x/a*b*c', '/x/aXbYbZc', true],
  ['/x/a*b*c', '/x/aXbYbZd', false],
  ['*', 'name', true],
  ['*', 'a/b', false],
  ['**', '/any/thing', true],
  ['', '', true],
  ['/dev/[x]?', '/dev/[x]?', true],
])('matchesPattern(%p, %p) is %p', (pattern, path, expected) => {
  expect(matchesPattern(pattern, path)).toBe(expected);
  expect(new PathPatterns([pattern]).matches(path)).toBe(expected);
});

/** The same grammar as a regular expression: slow on bad patterns, obviously right on short ones. */
function asRegExp(pattern: string): RegExp {
  const components = pattern.split('/');
  const parts = components.map((component, index) => {
    const isLast = index === components.length - 1;
    if (component === '**') {
      return isLast ? '[^]*' : '(?:[^/]*/)*';
    }
    const literal = component
      .split('*')
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^/]*');
    return isLast ? literal : `${literal}/`;
  });
  return new RegExp(`^${parts.join('')}$`);
}

const text = (characters: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...characters), { maxLength }).map((list) => list.join(''));

test('matchesPattern() agrees with a regular expression of the same meaning', () => {
  fc.assert(
    fc.property(
      text(['a', 'b', '/', '*', '**', '/**/', '.'], 8),
      text(['a', 'b', '/', '.'], 10),
      (pattern, path) => {
        expect(matchesPattern(pattern, path)).toBe(asRegExp(pattern).test(path));
      },
    ),
    { numRuns: 20_000 },
  );
});

test('PathPatterns finds what any of its patterns matches', () => {
  const patterns = fc.array(text(['a', 'b', '/', '*', '**', '/**/'], 7), { maxLength: 8 });
  fc.assert(
    fc.property(patterns, text(['a', 'b', '/'], 8), (list, path) => {
      expect(new PathPatterns(list).matches(path)).toBe(
        list.some((pattern) => matchesPattern(pattern, path)),
      );
    }),
    { numRuns: 5000 },
  );
});

test('a pattern made to be slow is not', () => {
  const started = performance.now();
  expect(matchesPattern(`/${'*a'.repeat(500)}b`, `/${'a'.repeat(4000)}`)).toBe(false);
  expect(matchesPattern(`${'**/a*a/'.repeat(300)}b`, '/aaaa'.repeat(800))).toBe(false);
  expect(performance.now() - started).toBeLessThan(2000);
});
