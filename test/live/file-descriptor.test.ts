/** What is done to files by a descriptor: changes, and the first read and write. */
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectCleanEnd, Harness } from './support/harness.ts';
import { inodeOf, outcome, pathAttributes, type SeenEvent, seenOf } from './support/seen.ts';
import { call, zeros } from './support/steps.ts';

const NOBODY = 65534;

jest.setTimeout(60_000);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'file', 'file_read', 'file_write']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

/** A file `a`, a link `link` to it, and an empty directory `sub`. */
function prepare(cwd: string): void {
  writeFileSync(join(cwd, 'a'), 'content');
  symlinkSync('a', join(cwd, 'link'));
  mkdirSync(join(cwd, 'sub'));
}

const mode = (text: string) => ({ detail: text, more: { 'file.changes.mode': text } });
const size = (text: string) => ({ detail: text, more: { 'file.size': text } });
const owner = (uid: string, gid: string) => ({
  detail: `${uid}:${gid}`,
  more: {
    'file.changes.uid': uid,
    'file.changes.owner': 'nobody',
    'file.changes.gid': gid,
    'file.changes.group': 'nogroup',
  },
});
describe('by a descriptor', () => {
  const O_RDWR = 2;
  const byDescriptor = [
    { type: 'file_chmod', syscall: 'fchmod', args: [0o640], ...mode('0640') },
    { type: 'file_chown', syscall: 'fchown', args: [NOBODY, NOBODY], ...owner('65534', '65534') },
    { type: 'file_truncate', syscall: 'ftruncate', args: [1], ...size('1') },
  ];
  test.each(byDescriptor)(
    '$syscall names the file behind it',
    async ({ type, syscall, args, detail, more }) => {
      const cwd = harness.newDirectory();
      prepare(cwd);

      const done = await harness.do([call('open', 'link', O_RDWR, 0), call(syscall, 3, ...args)], { cwd });

      const path = join(cwd, 'a');
      expect(done.results).toEqual([3, 0]);
      expect(seenOf(done).slice(1)).toEqual([
        {
          type,
          object: path,
          detail,
          attributes: {
            ...outcome(syscall),
            ...pathAttributes(path, undefined, 'kernel'),
            ...inodeOf(path),
            ...more,
          },
        },
      ]);
    },
  );

  test('one that is not open fails and names nothing', async () => {
    const done = await harness.do([call('fchmod', 99, 0o640)]);

    expect(seenOf(done)).toEqual([
      {
        type: 'file_chmod',
        object: '',
        detail: '0640',
        attributes: { ...outcome('fchmod', 'EBADF'), 'file.changes.mode': '0640' },
      },
    ]);
  });
});

describe('the first read and the first write of an open file', () => {
  const reads = ['read', 'pread64', 'readv', 'preadv', 'preadv2'];
  const writes = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'];
  const vector = (name: string) => name.includes('readv') || name.includes('writev');
  const O_RDWR = 2;

  const step = (name: string) =>
    vector(name) ? call(name, 3, { raw: 'v:5' }, 1, 0, 0, 0) : call(name, 3, zeros(5), 5, 0);
  const io = (type: string, syscall: string, path: string): SeenEvent => ({
    type,
    object: path,
    detail: '5',
    attributes: {
      ...outcome(syscall),
      ...pathAttributes(path, undefined, 'kernel'),
      ...inodeOf(path),
      'file.fd': '3',
    },
  });

  test.each([...reads, ...writes])('%s', async (name) => {
    const cwd = harness.newDirectory();
    prepare(cwd);
    const path = join(cwd, 'a');

    const done = await harness.do([call('open', 'a', O_RDWR, 0), step(name), step(name)], { cwd });

    expect(done.results).toEqual([3, 5, expect.any(Number)]);
    const type = reads.includes(name) ? 'file_read' : 'file_write';
    expect(seenOf(done).slice(1)).toEqual([io(type, name, path)]);
  });

  test('each direction is told once, and again after another open', async () => {
    const cwd = harness.newDirectory();
    prepare(cwd);
    const path = join(cwd, 'a');
    const round = [
      call('open', 'a', O_RDWR, 0),
      step('pread64'),
      step('pwrite64'),
      step('pread64'),
      step('pwrite64'),
      call('close', 3),
    ];

    const done = await harness.do([...round, ...round], { cwd });

    const seen = seenOf(done).filter(({ type }) => type !== 'file_open');
    const pair = [io('file_read', 'pread64', path), io('file_write', 'pwrite64', path)];
    expect(seen).toEqual([...pair, ...pair]);
  });

  test('pipes and devices are left out', async () => {
    const done = await harness.do([
      call('open', '/dev/zero', O_RDWR, 0),
      call('read', 3, zeros(5), 5),
      call('write', 3, zeros(5), 5),
    ]);

    expect(done.results).toEqual([3, 5, 5]);
    expect(seenOf(done).map(({ type }) => type)).toEqual(['file_open']);
  });
});

test('another name for the same file is another path', async () => {
  const cwd = harness.newDirectory();
  prepare(cwd);
  linkSync(join(cwd, 'a'), join(cwd, 'hard'));

  const done = await harness.do([call('open', 'hard', 0, 0)], { cwd });

  expect(seenOf(done)[0]?.object).toBe(join(cwd, 'hard'));
});
