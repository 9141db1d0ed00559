import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SentinelError } from '../../../src/core/errors.ts';
import { addonDirectories, loadFromMemory } from '../../../src/kernel/assets.ts';

const IMAGE = Buffer.from('not an object');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('loadFromMemory()', () => {
  it('shows the bytes under a path and leaves nothing on disk', () => {
    const seen = loadFromMemory(IMAGE, (path) => ({ path, text: readFileSync(path, 'utf8') }), [folder]);
    expect(seen.text).toBe('not an object');
    expect(seen.path).toMatch(/^\/proc\/self\/fd\/\d+$/);
    expect(existsSync(seen.path)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('goes on to the next directory when one cannot be written or loaded from', () => {
    let loads = 0;
    const load = (): string => {
      loads += 1;
      if (loads === 1) {
        throw new Error('failed to map segment from shared object');
      }
      return 'loaded';
    };
    expect(loadFromMemory(IMAGE, load, ['/nowhere', folder, folder])).toBe('loaded');
    expect(loads).toBe(2);
  });

  it('names every directory and its reason when none will do', () => {
    const load = (): never => {
      throw new Error('/proc/self/fd/20: failed to map segment from shared object');
    };
    const attempt = () => loadFromMemory(IMAGE, load, ['/nowhere', folder]);
    expect(attempt).toThrow(SentinelError);
    expect(attempt).toThrow(/\/nowhere: ENOENT.*; .*: failed to map segment from shared object\)$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('tells an old C library from a directory that will not do', () => {
    const load = (): never => {
      throw new Error("/lib/libc.so.6: version `GLIBC_2.35' not found (required by /proc/self/fd/20)");
    };
    const attempt = () => {
      try {
        return loadFromMemory(IMAGE, load, [folder]);
      } catch (error) {
        return error;
      }
    };
    expect(attempt()).toMatchObject({
      code: 'SNT_KERNEL_UNSUPPORTED',
      hint: "this host's C library is older than GLIBC 2.35",
    });
  });
});

describe('addonDirectories()', () => {
  it('puts the runtime directories of the service after shared memory', () => {
    expect(addonDirectories({ RUNTIME_DIRECTORY: '/run/sentinel:/run/other' })).toEqual([
      '/dev/shm',
      '/run/sentinel',
      '/run/other',
      '/run',
      '/tmp',
      '/var/tmp',
    ]);
  });

  it('ignores a runtime directory that is not absolute', () => {
    expect(addonDirectories({ RUNTIME_DIRECTORY: 'here' })).toEqual(['/dev/shm', '/run', '/tmp', '/var/tmp']);
  });
});
