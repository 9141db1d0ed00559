/** Which file an open was of, and names that are hard to write. */
import { closeSync, mkdirSync, openSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectCleanEnd, Harness } from './support/harness.ts';
import { directoryWithFile, failed, openFile, read } from './support/opens.ts';
import { inodeOf, seenOf } from './support/seen.ts';
import { AT_FDCWD, call, textBytes } from './support/steps.ts';

const O_CREAT = 0o100;

jest.setTimeout(60_000);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'file']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
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
    const { cwd, path } = directoryWithFile(harness);
    mkdirSync(join(cwd, 'sub'));
    symlinkSync('plain', join(cwd, 'link'));
    symlinkSync('link', join(cwd, 'link-to-link'));
    symlinkSync('sub', join(cwd, 'linked-directory'));

    const done = await harness.do([openFile(given)], { cwd });

    expect(seenOf(done)).toEqual([read(path, given, inodeOf(path))]);
  });

  test('a path from a directory descriptor is joined with that directory, opened or not', async () => {
    const { cwd, path } = directoryWithFile(harness);
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
    const { cwd, path } = directoryWithFile(harness);

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
    const { cwd, path } = directoryWithFile(harness);

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
