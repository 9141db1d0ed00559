/** 32-bit system calls: decoded like the 64-bit ones, or counted as lost where they are not. */
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missing32Bit } from './support/build-deeds.ts';
import { type DoneDeed, expectCleanEnd, Harness } from './support/harness.ts';
import {
  inodeOf,
  outcome,
  pathAttributes,
  type SeenEvent,
  seenOf,
  targetAttributes,
} from './support/seen.ts';
import { AT_FDCWD, call, type Step } from './support/steps.ts';

jest.setTimeout(60_000);

const missing = missing32Bit();
const test32 = (title: string, run: () => Promise<void>): void => {
  if (missing === undefined) {
    test(title, run);
  } else {
    test.skip(`${title} [needs gcc-m32: ${missing}]`, run);
  }
};
const COMPAT = { 'event.via': 'compat32' };

describe('what is decoded', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await Harness.start(['process', 'file', 'priv', 'net']);
  });
  afterAll(async () => {
    expectCleanEnd(await harness.close());
  });

  const doOn32 = (steps: readonly Step[], cwd: string): Promise<DoneDeed> =>
    harness.do(steps, { cwd, program: 'deeds32' });
  const seenOn32 = (done: DoneDeed): SeenEvent[] => seenOf(done, { comm: 'deeds32' });

  test32('opens, changes and removals of files', async () => {
    const cwd = harness.newDirectory();
    const path = join(cwd, 'plain');
    writeFileSync(path, '');
    const inode = inodeOf(path);
    const O_LARGEFILE = 0o100000;

    const done = await doOn32(
      [
        call('open', 'plain', O_LARGEFILE, 0),
        call('openat', AT_FDCWD, 'none', 0, 0),
        call('fchmod', 3, 0o600),
        call('chown32', 'plain', 65534, -1),
        call('rename', 'plain', 'other'),
        call('unlink', 'other'),
      ],
      cwd,
    );

    expect(done.results).toEqual([3, -2, 0, 0, 0, 0]);
    const other = join(cwd, 'other');
    expect(seenOn32(done)).toEqual([
      {
        type: 'file_open',
        object: path,
        detail: String(O_LARGEFILE),
        attributes: {
          ...COMPAT,
          ...outcome('open'),
          ...pathAttributes(path, 'plain', 'kernel'),
          ...inode,
          'file.flags': 'O_RDONLY|O_LARGEFILE',
          open_flags: 'O_RDONLY|O_LARGEFILE',
          'file.created': 'false',
          'file.fd': '3',
        },
      },
      {
        type: 'file_open',
        object: join(cwd, 'none'),
        detail: '0',
        attributes: {
          ...COMPAT,
          ...outcome('openat', 'ENOENT'),
          ...pathAttributes(join(cwd, 'none'), 'none', 'lookup'),
          'file.flags': 'O_RDONLY',
          open_flags: 'O_RDONLY',
        },
      },
      {
        type: 'file_chmod',
        object: path,
        detail: '0600',
        attributes: {
          ...COMPAT,
          ...outcome('fchmod'),
          ...pathAttributes(path, undefined, 'kernel'),
          ...inode,
          'file.mode': '0600',
          'file.changes.mode': '0600',
        },
      },
      {
        type: 'file_chown',
        object: path,
        detail: '65534:',
        attributes: {
          ...COMPAT,
          ...outcome('chown32'),
          ...pathAttributes(path, 'plain', 'lookup'),
          'file.changes.uid': '65534',
          'file.changes.owner': 'nobody',
        },
      },
      {
        type: 'file_rename',
        object: path,
        detail: other,
        attributes: {
          ...COMPAT,
          ...outcome('rename'),
          ...pathAttributes(path, 'plain', 'lookup'),
          ...targetAttributes(other, 'other', 'lookup'),
        },
      },
      {
        type: 'file_unlink',
        object: other,
        detail: '',
        attributes: { ...COMPAT, ...outcome('unlink'), ...pathAttributes(other, 'other', 'lookup') },
      },
    ]);
  });

  test32('an exec, and one that fails', async () => {
    const cwd = harness.newDirectory();
    const done = await doOn32(
      [call('execve', './none', ['x'], null), call('execve', '/bin/true', ['a b', ''], null)],
      cwd,
    );

    const [, failed, worked] = done.events.filter(({ event_type }) => event_type === 'process_exec');
    expect(failed?.attributes).toMatchObject({
      ...COMPAT,
      ...outcome('execve', 'ENOENT'),
      'process.executable.given': './none',
    });
    expect(worked?.attributes).toMatchObject({
      'process.executable': realpathSync('/bin/true'),
      'process.args': '["a b",""]',
    });
  });

  test32('ids and executable memory', async () => {
    const cwd = harness.newDirectory();
    const done = await doOn32(
      [call('setresuid32', -1, -1, 0), call('mmap2', 0, 4096, 7, 0x22, -1, 0), call('unshare', 0x04000000)],
      cwd,
    );

    expect(
      seenOn32(done).map(({ type, attributes }) => [
        type,
        attributes['syscall.name'],
        attributes['event.via'],
      ]),
    ).toEqual([
      ['priv_setuid', 'setresuid32', 'compat32'],
      ['priv_mmap_exec', 'mmap2', 'compat32'],
      ['priv_unshare', 'unshare', 'compat32'],
    ]);
  });

  test32('a connection by its own call', async () => {
    const cwd = harness.newDirectory();
    const address = Buffer.from('020000097f0000010000000000000000', 'hex'); // 127.0.0.1:9, nobody is there
    const done = await doOn32([call('socket', 2, 1, 0), call('connect', 3, address, 16)], cwd);

    expect(done.results).toEqual([3, -111]);
    expect(seenOn32(done)).toEqual([
      expect.objectContaining({
        type: 'net_connect',
        object: '127.0.0.1:9',
        attributes: expect.objectContaining({ ...COMPAT, ...outcome('connect', 'ECONNREFUSED') }),
      }),
    ]);
  });
});

describe('what is not decoded', () => {
  test32('is counted as lost, with the reason', async () => {
    const harness = await Harness.start(['process', 'file_truncate']);
    const cwd = harness.newDirectory();
    writeFileSync(join(cwd, 'plain'), '');

    const done = await harness.do(
      [call('truncate64', 'plain', 5, 0), call('truncate64', 'plain', 5, 0), call('truncate', 'plain', 5)],
      { cwd, program: 'deeds32' },
    );
    const end = await harness.close();

    expect(done.results).toEqual([0, 0, 0]);
    expect(seenOf(done, { comm: 'deeds32' }).map(({ attributes }) => attributes['syscall.name'])).toEqual([
      'truncate',
    ]);
    expect(end).toEqual({
      code: 0,
      signal: null,
      stderr: expect.stringMatching(/^sentinel: \d+ seen, .*, 2 lost \(compat 2\), [^\n]*\n$/),
    });
  });
});
