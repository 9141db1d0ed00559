/** file_open: every call that opens, and what makes paths hard. */
import { chmodSync, closeSync, mkdirSync, openSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectCleanEnd, Harness } from './support/harness.ts';
import { inodeOf, outcome, pathAttributes, type SeenEvent, seenOf } from './support/seen.ts';
import { AT_FDCWD, call, deed, textBytes } from './support/steps.ts';

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

/** An open that worked, by descriptor 3. */
function opened(
  path: string,
  given: string | undefined,
  names: string,
  flags: number,
  more: Record<string, string> = {},
): SeenEvent {
  return {
    type: 'file_open',
    object: path,
    detail: String(flags),
    attributes: {
      ...pathAttributes(path, given, 'kernel'),
      'file.flags': names,
      open_flags: names,
      'file.created': 'false',
      'file.fd': '3',
      ...more,
    },
  };
}

/** An open that failed, of a path that was looked up afterwards. */
function failed(
  path: string,
  given: string | undefined,
  error: string,
  flags = 0,
  names = 'O_RDONLY',
  more: Record<string, string> = {},
): SeenEvent {
  return {
    type: 'file_open',
    object: path,
    detail: String(flags),
    attributes: {
      ...outcome('openat', error),
      ...pathAttributes(path, given, 'lookup'),
      'file.flags': names,
      open_flags: names,
      ...more,
    },
  };
}

/** A read-only openat that worked. */
function read(path: string, given: string | undefined, more: Record<string, string> = {}): SeenEvent {
  return opened(path, given, 'O_RDONLY', 0, { ...outcome('openat'), ...more });
}

const openFile = (path: string, flags = 0, mode = 0) => call('openat', AT_FDCWD, path, flags, mode);

function openHow(flags: number, mode: number, resolve: number): Buffer {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  return how;
}

/** A new directory with a file `plain` in it. */
function directoryWithFile(): { cwd: string; path: string } {
  const cwd = harness.newDirectory();
  const path = join(cwd, 'plain');
  writeFileSync(path, 'content');
  return { cwd, path };
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
      const { cwd, path } = directoryWithFile();

      const done = await harness.do([step(path)], { cwd });

      expect(done.results).toEqual([3]);
      const expected = opened(path, path, names, flags, { ...outcome(name), ...inodeOf(path), ...more });
      expect(seenOf(done)).toEqual([expected]);
    },
  );

  test('open_by_handle_at is told with the path that the kernel found', async () => {
    const { cwd, path } = directoryWithFile();

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
    const { cwd, path } = directoryWithFile();

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
    const { cwd, path } = directoryWithFile();

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

describe('which file it was', () => {
  const givens = [
    { title: 'a relative path', given: 'plain' },
    { title: 'dots and doubled slashes', given: './/sub/..///plain' },
    { title: 'a symbolic link', given: 'link' },
    { title: 'a path through a linked directory', given: 'linked-directory/../plain' },
    { title: 'a chain of links', given: 'link-to-link' },
  ];
  test.each(givens)('$title resolves to what was opened', async ({ given }) => {
    const { cwd, path } = directoryWithFile();
    mkdirSync(join(cwd, 'sub'));
    symlinkSync('plain', join(cwd, 'link'));
    symlinkSync('link', join(cwd, 'link-to-link'));
    symlinkSync('sub', join(cwd, 'linked-directory'));

    const done = await harness.do([openFile(given)], { cwd });

    expect(seenOf(done)).toEqual([read(path, given, inodeOf(path))]);
  });

  test('a path from a directory descriptor is joined with that directory, opened or not', async () => {
    const { cwd, path } = directoryWithFile();
    const directory = openSync(cwd, 'r');
    try {
      const steps = [call('openat', 3, 'plain', 0, 0), call('openat', 3, 'none', 0, 0)];
      const done = await harness.do(steps, { descriptors: [directory] });

      expect(done.results).toEqual([4, -2]);
      expect(seenOf(done)).toEqual([
        read(path, 'plain', { ...inodeOf(path), 'file.fd': '4' }),
        failed(join(cwd, 'none'), 'none', 'ENOENT'),
      ]);
    } finally {
      closeSync(directory);
    }
  });

  test('below a working directory that was removed', async () => {
    const cwd = harness.newDirectory();

    const steps = [['wait'], openFile('.'), openFile('none')];
    const done = await harness.do(steps, { cwd, onWait: () => rmdirSync(cwd) });

    expect(done.results).toEqual([1, 3, -2]);
    const [dot, none] = seenOf(done);
    expect(dot).toEqual(
      read(cwd, '.', {
        'file.path.deleted': 'true',
        'file.inode': expect.stringMatching(/^\d+$/),
        'file.device': expect.stringMatching(/^\d+:\d+$/),
        'file.type': 'dir',
        'file.mode': '0777',
      }),
    );
    // Whether the directory is still remembered depends on when it was last looked at.
    const resolution = { 'file.path.resolution': expect.stringMatching(/^(lookup|lexical)$/) };
    expect(none).toEqual(failed(join(cwd, 'none'), 'none', 'ENOENT', 0, 'O_RDONLY', resolution));
  });

  test('a file that was unlinked while open, opened again through /proc', async () => {
    const { cwd, path } = directoryWithFile();

    const inode = inodeOf(path);
    const done = await harness.do([openFile('plain'), call('unlink', 'plain'), openFile('/proc/self/fd/3')], {
      cwd,
    });

    expect(seenOf(done)).toEqual([
      read(path, 'plain', inode),
      expect.objectContaining({ type: 'file_unlink', object: path }),
      read(path, '/proc/self/fd/3', { ...inode, 'file.fd': '4', 'file.path.deleted': 'true' }),
    ]);
  });

  test('a thread that is not the leader has its own thread id', async () => {
    const { cwd, path } = directoryWithFile();

    const done = await harness.do([['thread'], openFile('plain')], { cwd });

    expect(seenOf(done, { isThread: true })).toEqual([read(path, 'plain', inodeOf(path))]);
  });
});

describe('names that are hard to write', () => {
  const names = [
    { title: 'quotes, spaces and backslashes', name: `it's "a" \\ b` },
    { title: 'control characters', name: 'line\nescape\u001b[31mbell\u0007' },
    { title: 'letters outside ASCII', name: 'Übergröße-日本-🚨' },
    { title: 'the longest name there is', name: 'n'.repeat(255) },
  ];
  test.each(names)('$title come through as they are', async ({ name }) => {
    const cwd = harness.newDirectory();
    const path = join(cwd, name);
    writeFileSync(path, '');

    const done = await harness.do([openFile(name), openFile(`${name}/x`)], { cwd });

    expect(seenOf(done)).toEqual([
      read(path, name, inodeOf(path)),
      { ...failed(`${path}/x`, `${name}/x`, 'ENOTDIR') },
    ]);
  });

  test('bytes that are not UTF-8 are given in hexadecimal as well', async () => {
    const cwd = harness.newDirectory();
    const name = Buffer.from('ff2dfe', 'hex');
    const bytes = Buffer.concat([Buffer.from(`${cwd}/`), name]);
    writeFileSync(bytes, '');
    const missing = Buffer.concat([Buffer.from('none-'), name]);

    const steps = [name, missing].map((text) => call('openat', AT_FDCWD, textBytes(text), 0, 0));
    const done = await harness.do(steps, { cwd });

    expect(seenOf(done)).toEqual([
      read(`${cwd}/\ufffd-\ufffd`, '\ufffd-\ufffd', {
        'file.inode': expect.any(String),
        'file.device': expect.any(String),
        'file.type': 'file',
        'file.mode': '0644',
        'file.path.hex': bytes.toString('hex'),
        'file.path.given.hex': name.toString('hex'),
      }),
      failed(`${cwd}/none-\ufffd-\ufffd`, 'none-\ufffd-\ufffd', 'ENOENT', 0, 'O_RDONLY', {
        'file.path.given.hex': missing.toString('hex'),
        'file.path.hex': Buffer.concat([Buffer.from(`${cwd}/`), missing]).toString('hex'),
      }),
    ]);
  });

  test('a path of some 3,900 bytes is whole', async () => {
    const cwd = harness.newDirectory();
    const directory = join(cwd, ...new Array<string>(19).fill('d'.repeat(200)));
    mkdirSync(directory, { recursive: true });
    const path = join(directory, 'f'.repeat(3900 - directory.length - 1));
    writeFileSync(path, '');

    const done = await harness.do([openFile(path)], { cwd });

    expect(path).toHaveLength(3900);
    expect(seenOf(done)).toEqual([read(path, path, inodeOf(path))]);
  });

  test('of a path beyond 4,095 bytes the end is kept, and said to be one', async () => {
    const root = harness.newDirectory();
    const cwd = join(root, ...new Array<string>(19).fill('d'.repeat(200)));
    mkdirSync(cwd, { recursive: true });
    const deeper = ['x'.repeat(255), 'y'.repeat(255)];

    const steps = deeper.flatMap((name) => [call('mkdir', name, 0o755), call('chdir', name)]);
    const done = await harness.do([...steps, openFile('f', O_CREAT, 0o600)], { cwd });

    const kept = [...cwd.split('/'), ...deeper, 'f'];
    while (`/${kept.join('/')}`.length > 4095) {
      kept.shift();
    }
    expect(seenOf(done).at(-1)).toMatchObject({
      object: `/${kept.join('/')}`,
      attributes: { 'file.path.truncated': 'true', 'file.path.given': 'f', 'file.created': 'true' },
    });
  });

  test('three hundred directories deep', async () => {
    const cwd = join(harness.newDirectory(), ...new Array<string>(300).fill('d'));
    mkdirSync(cwd, { recursive: true });
    const path = join(cwd, 'f');
    writeFileSync(path, '');

    const done = await harness.do([openFile('f')], { cwd });

    expect(seenOf(done)).toEqual([read(path, 'f', inodeOf(path))]);
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
      const { cwd } = directoryWithFile();
      mkdirSync(join(cwd, 'sub'));
      symlinkSync('plain', join(cwd, 'link'));

      const done = await harness.do([openFile(given, flags)], { cwd });

      expect(done.results).toEqual([result]);
      expect(seenOf(done)).toEqual([failed(join(cwd, given), given, error, flags, names, more)]);
    },
  );

  test('EACCES of another user', async () => {
    const { cwd, path } = directoryWithFile();
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
