/** file_open: every call that opens, what became of the file, and what fails. */
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expectCleanEnd, Harness } from './support/harness.ts';
import { directoryWithFile, failed, opened, openFile, read } from './support/opens.ts';
import { inodeOf, outcome, seenOf } from './support/seen.ts';
import { AT_FDCWD, call, deed } from './support/steps.ts';

const O_WRONLY = 1;
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;
const O_DIRECTORY = 0o200000;
const O_NOFOLLOW = 0o400000;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const O_TMPFILE = 0o20200000;

jest.setTimeout(60_000);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'file']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

function openHow(flags: number, mode: number, resolve: number): Buffer {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  return how;
}

describe('each call', () => {
  const calls = [
    { name: 'open', step: (path: string) => call('open', path, 0, 0), flags: 0, names: 'O_RDONLY' },
    {
      name: 'openat',
      step: (path: string) => openFile(path, O_RDWR | O_CLOEXEC),
      flags: O_RDWR | O_CLOEXEC,
      names: 'O_RDWR|O_CLOEXEC',
      more: { 'file.written': 'true' },
    },
    {
      name: 'openat2',
      step: (path: string) => call('openat2', AT_FDCWD, path, openHow(O_CLOEXEC, 0, 0), 24),
      flags: O_CLOEXEC,
      names: 'O_RDONLY|O_CLOEXEC',
    },
    {
      name: 'creat',
      step: (path: string) => call('creat', path, 0o600),
      flags: O_WRONLY | O_CREAT | O_TRUNC,
      names: 'O_WRONLY|O_CREAT|O_TRUNC',
      more: { 'file.written': 'true', 'file.truncated': 'true', 'file.changes.mode': '0600' },
    },
  ];
  test.each(calls)(
    '$name is told with its flags and resolved path',
    async ({ name, step, flags, names, more }) => {
      const { cwd, path } = directoryWithFile(harness);

      const done = await harness.do([step(path)], { cwd });

      expect(done.results).toEqual([3]);
      const expected = opened(path, path, names, flags, { ...outcome(name), ...inodeOf(path), ...more });
      expect(seenOf(done)).toEqual([expected]);
    },
  );

  test('open_by_handle_at is told with the path that the kernel found', async () => {
    const { cwd, path } = directoryWithFile(harness);

    const done = await harness.do([deed('open-by-handle', path)], { cwd });

    const more = { ...outcome('open_by_handle_at'), ...inodeOf(path) };
    expect(seenOf(done)).toEqual([opened(path, undefined, 'O_RDONLY', 0, more)]);
  });
});

describe('what became of the file', () => {
  test('an open that creates says so, and one of what is there does not', async () => {
    const cwd = harness.newDirectory();
    const steps = [openFile('new', O_WRONLY | O_CREAT, 0o640), call('close', 3)];

    const done = await harness.do([...steps, ...steps], { cwd });

    const path = join(cwd, 'new');
    const more = {
      ...outcome('openat'),
      ...inodeOf(path),
      'file.written': 'true',
      'file.changes.mode': '0640',
    };
    const second = opened(path, 'new', 'O_WRONLY|O_CREAT', O_WRONLY | O_CREAT, more);
    const first = { ...second, attributes: { ...second.attributes, 'file.created': 'true' } };
    expect(seenOf(done)).toEqual([first, second]);
  });

  test('an open with O_TRUNC says that it emptied the file', async () => {
    const { cwd, path } = directoryWithFile(harness);

    const done = await harness.do([openFile('plain', O_WRONLY | O_TRUNC)], { cwd });

    const more = {
      ...outcome('openat'),
      ...inodeOf(path),
      'file.written': 'true',
      'file.truncated': 'true',
    };
    expect(seenOf(done)).toEqual([opened(path, 'plain', 'O_WRONLY|O_TRUNC', O_WRONLY | O_TRUNC, more)]);
  });

  test('O_TMPFILE is a created file that has no name any more', async () => {
    const cwd = harness.newDirectory();

    const done = await harness.do([openFile('.', O_TMPFILE | O_RDWR, 0o600)], { cwd });

    const [event] = seenOf(done);
    const inode = event?.attributes['file.inode'] ?? '';
    const path = join(cwd, `#${inode}`);
    expect(inode).toMatch(/^\d+$/);
    const more = {
      ...outcome('openat'),
      ...inodeOf(cwd),
      'file.inode': inode,
      'file.type': 'file',
      'file.mode': '0600',
      'file.changes.mode': '0600',
      'file.written': 'true',
      'file.created': 'true',
      'file.path.deleted': 'true',
    };
    expect(seenOf(done)).toEqual([opened(path, '.', 'O_RDWR|O_TMPFILE', O_TMPFILE | O_RDWR, more)]);
  });

  test('O_PATH and O_DIRECTORY are named', async () => {
    const { cwd, path } = directoryWithFile(harness);

    const done = await harness.do([openFile('plain', O_PATH), call('close', 3), openFile('.', O_DIRECTORY)], {
      cwd,
    });

    expect(seenOf(done)).toEqual([
      opened(path, 'plain', 'O_PATH', O_PATH, { ...outcome('openat'), ...inodeOf(path) }),
      opened(cwd, '.', 'O_RDONLY|O_DIRECTORY', O_DIRECTORY, { ...outcome('openat'), ...inodeOf(cwd) }),
    ]);
  });

  test('a device is a device', async () => {
    const done = await harness.do([openFile('/dev/null')]);

    expect(seenOf(done)).toEqual([read('/dev/null', '/dev/null', inodeOf('/dev/null'))]);
    expect(inodeOf('/dev/null')['file.type']).toBe('char');
  });
});

describe('calls that fail', () => {
  const cases = [
    { error: 'ENOENT', given: 'none', result: -2 },
    { error: 'ENOTDIR', given: 'plain/x', result: -20 },
    {
      error: 'EEXIST',
      given: 'plain',
      result: -17,
      flags: O_CREAT | O_EXCL,
      names: 'O_RDONLY|O_CREAT|O_EXCL',
      more: { 'file.changes.mode': '0000' },
    },
    { error: 'ELOOP', given: 'link', result: -40, flags: O_NOFOLLOW, names: 'O_RDONLY|O_NOFOLLOW' },
    {
      error: 'EISDIR',
      given: 'sub',
      result: -21,
      flags: O_WRONLY,
      names: 'O_WRONLY',
      more: { 'file.written': 'true' },
    },
    { error: 'ENAMETOOLONG', given: 'n'.repeat(256), result: -36 },
  ];
  test.each(cases)(
    '$error is told with both paths',
    async ({ error, given, result, flags = 0, names, more }) => {
      const { cwd } = directoryWithFile(harness);
      mkdirSync(join(cwd, 'sub'));
      symlinkSync('plain', join(cwd, 'link'));

      const done = await harness.do([openFile(given, flags)], { cwd });

      expect(done.results).toEqual([result]);
      expect(seenOf(done)).toEqual([failed(join(cwd, given), given, error, flags, names, more)]);
    },
  );

  test('EACCES of another user', async () => {
    const { cwd, path } = directoryWithFile(harness);
    chmodSync(path, 0o600);

    const done = await harness.do([openFile('plain')], { cwd, uid: 65534, gid: 65534 });

    expect(done.results).toEqual([-13]);
    expect(seenOf(done, { uid: 65534 })).toEqual([failed(path, 'plain', 'EACCES')]);
  });

  test('a pointer to nowhere is said to be one', async () => {
    const done = await harness.do([call('openat', AT_FDCWD, 1, 0, 0)]);

    expect(done.results).toEqual([-14]);
    const [event] = seenOf(done);
    expect(event?.attributes).toMatchObject({ ...outcome('openat', 'EFAULT'), 'event.given': 'fault' });
    expect(event?.attributes['file.path.given']).toBeUndefined();
  });
});
