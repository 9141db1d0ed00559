import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  joinPath,
  LookupPathResolver,
  normalizePath,
  type PathFiles,
} from '../../../../src/pipeline/enrich/path.ts';
import { fakeClock } from './fake-clock.ts';

test.each([
  ['/a/b', 'c', '/a/b/c'],
  ['/a/b/', 'c', '/a/b/c'],
  ['/', 'c', '/c'],
  ['/a', '/b', '/b'],
  ['/a', '', '/a'],
  ['', 'c', 'c'],
  ['', '', ''],
])('joinPath(%j, %j) is %j', (base, given, path) => {
  expect(joinPath(base, given)).toBe(path);
});

test.each([
  ['/a/./b//c/', '/a/b/c'],
  ['/a/../b', '/b'],
  ['/../../b', '/b'],
  ['/', '/'],
  ['a/../..', '..'],
  ['../../a', '../../a'],
  ['a/..', '.'],
  ['/...', '/...'],
])('normalizePath(%j) is %j', (path, normal) => {
  expect(normalizePath(path)).toBe(normal);
});

describe('on real files', () => {
  let root = '';
  const clock = fakeClock();
  const resolver = () => new LookupPathResolver({ clock });
  beforeAll(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'path-')));
    mkdirSync(join(root, 'real/deep'), { recursive: true });
    symlinkSync('real', join(root, 'link'));
    symlinkSync('/nowhere/at/all', join(root, 'dangling'));
    symlinkSync('loop', join(root, 'loop'));
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  test('takes an absolute path of a caller with another root from that root', () => {
    symlinkSync('/real', join(root, 'absolute'));
    const resolve = (given: string) => resolver().resolve(0, root, given);

    expect(resolve('/absolute/deep/x')).toEqual({ path: `${root}/real/deep/x`, resolution: 'lookup' });
    expect(resolve('/')).toEqual({ path: root, resolution: 'lookup' });
    expect(resolve('/../../etc/passwd')).toEqual({ path: `${root}/etc/passwd`, resolution: 'lexical' });
    expect(resolve('/absent/./x')).toEqual({ path: `${root}/absent/x`, resolution: 'lexical' });
  });

  test('follows links in all but the last component', () => {
    expect(resolver().resolve(0, join(root, 'link'), 'deep/x')).toEqual({
      path: `${root}/real/deep/x`,
      resolution: 'lookup',
    });
    expect(resolver().resolve(process.pid, root, 'link')).toEqual({
      path: `${root}/link`,
      resolution: 'lookup',
    });
    expect(resolver().resolve(process.pid, root, 'link', true)).toEqual({
      path: `${root}/real`,
      resolution: 'lookup',
    });
  });

  test('.. is taken after a link, not by its letters', () => {
    expect(resolver().resolve(0, root, 'link/deep/../y').path).toBe(`${root}/real/y`);
    expect(resolver().resolve(0, root, 'link/..').path).toBe(root);
    expect(resolver().resolve(0, root, 'link/deep/').path).toBe(`${root}/real/deep`);
  });

  test('what is not there, loops and cannot be is lexical', () => {
    for (const given of ['none/x', 'dangling/x', 'loop/x', 'a\0b/x', '\ufffd/x']) {
      expect(resolver().resolve(0, root, given)).toEqual({ path: `${root}/${given}`, resolution: 'lexical' });
    }
    expect(resolver().resolve(0, '', 'rel/../x')).toEqual({ path: 'x', resolution: 'lexical' });
    expect(resolver().resolve(4_000_000, root, 'link/x')).toEqual({
      path: `${root}/link/x`,
      resolution: 'lexical',
    });
  });
});

/** A process in another root: links by absolute path as that process sees them. */
function otherRoot(links: Readonly<Record<string, string>>, looked: string[] = []): PathFiles {
  return {
    sharesRoot: () => false,
    realPath: () => {
      throw new Error('our root was looked at');
    },
    linkTarget(path) {
      looked.push(path);
      expect(path.startsWith('/proc/7/root/')).toBe(true);
      const inside = path.slice('/proc/7/root'.length);
      return inside.includes('missing') ? undefined : (links[inside] ?? '');
    },
  };
}

test('an absolute link in another root starts again at that root', () => {
  const files = otherRoot({ '/srv/data': '/mnt/disk', '/mnt/disk': '../vol/1', '/etc/up': '../../..' });
  const resolver = new LookupPathResolver({ clock: fakeClock(), files });
  expect(resolver.resolve(7, '/srv/data', 'sub/f')).toEqual({ path: '/vol/1/sub/f', resolution: 'lookup' });
  expect(resolver.resolve(7, '/etc/up', 'f')).toEqual({ path: '/f', resolution: 'lookup' });
  expect(resolver.resolve(7, '/srv/missing', 'f')).toEqual({ path: '/srv/missing/f', resolution: 'lexical' });
});

test('a loop of links in another root ends', () => {
  const files = otherRoot({ '/a': '/b', '/b': '/a', '/c': 'c/c/c/c' });
  const resolver = new LookupPathResolver({ clock: fakeClock(), files });
  expect(resolver.resolve(7, '/a', 'f').resolution).toBe('lexical');
  expect(resolver.resolve(7, '/c', 'f').resolution).toBe('lexical');
});

test('a directory is looked at once until its time is over', () => {
  const looked: string[] = [];
  const clock = fakeClock();
  const resolver = new LookupPathResolver({ clock, files: otherRoot({}, looked), ttlMs: 100 });
  resolver.resolve(7, '/d', 'a');
  resolver.resolve(7, '/d', 'b');
  expect(looked).toHaveLength(1);
  clock.advance(100);
  resolver.resolve(7, '/d', 'a');
  expect(looked).toHaveLength(2);
});

test('no more directories are remembered than the capacity', () => {
  const resolver = new LookupPathResolver({ clock: fakeClock(), files: otherRoot({}), capacity: 10 });
  for (let i = 0; i < 100; i++) {
    resolver.resolve(7, `/d${i}`, 'f');
  }
  expect([resolver.entries, resolver.evictions]).toEqual([10, 90]);
});

test('resolve() answers any text without throwing', () => {
  const resolver = new LookupPathResolver({ clock: fakeClock(), capacity: 16 });
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('/', '..', '.', 'a', 'proc', 'self', '\0', 'é'), { maxLength: 30 })
      .map((list) => list.join('')),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 }), text, text, fc.boolean(), (pid, base, given, follows) => {
      const { path } = resolver.resolve(pid, base, given, follows);
      expect(path.length).toBeGreaterThan(0);
    }),
  );
  expect(resolver.resolve(1, '/', 'x/'.repeat(100_000)).resolution).toBe('lexical');
});
