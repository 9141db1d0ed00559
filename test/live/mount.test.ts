/** fs_mount and fs_umount, and paths in other roots: mount namespaces, bind mounts, overlays and chroot. */
import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectCleanEnd, Harness } from './support/harness.ts';
import {
  inodeOf,
  outcome,
  pathAttributes,
  type SeenEvent,
  seenOf,
  targetAttributes,
} from './support/seen.ts';
import { AT_FDCWD, call, resultOf, type Step } from './support/steps.ts';

jest.setTimeout(60_000);

const CLONE_NEWNS = 0x20000;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_BIND = 4096;
const MS_REC = 16384;
const MS_PRIVATE = 1 << 18;
const MNT_DETACH = 2;
const O_WRONLY = 1;
const O_CREAT = 0o100;

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'file', 'fs']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

/** Steps into a mount namespace of the deed's own, from which nothing gets out; two, the second of which is an event. */
const OWN_MOUNTS: readonly Step[] = [
  call('unshare', CLONE_NEWNS),
  call('mount', null, '/', null, MS_REC | MS_PRIVATE, null),
];

const mounted = (
  path: string,
  given: string,
  source: string,
  more: Record<string, string>,
  error?: string,
): SeenEvent => ({
  type: 'fs_mount',
  object: path,
  detail: source,
  attributes: {
    ...outcome('mount', error),
    ...pathAttributes(path, given, 'lookup'),
    ...(source === '' ? {} : { 'fs.source': source }),
    ...more,
  },
});

/** A deed in a mount namespace of its own: results and events after the way into it. */
async function doInOwnMounts(
  steps: readonly Step[],
  cwd: string,
): Promise<{ results: number[]; seen: SeenEvent[] }> {
  let mountNamespace = '';
  const done = await harness.do([...OWN_MOUNTS, ['wait'], ...steps], {
    cwd,
    onWait: (pid) => {
      mountNamespace = /\d+/.exec(readlinkSync(`/proc/${pid}/ns/mnt`))?.[0] ?? '';
    },
  });
  expect(done.results.slice(0, 3)).toEqual([0, 0, 1]);
  expect(mountNamespace).not.toBe(/\d+/.exec(readlinkSync('/proc/self/ns/mnt'))?.[0]);
  const [root, ...seen] = seenOf(done, { mountNamespace });
  expect(root).toEqual(mounted('/', '/', '', { 'fs.flags': 'MS_REC|MS_PRIVATE' }));
  return { results: done.results.slice(3), seen };
}

const opened = (path: string, given: string, more: Record<string, unknown>): SeenEvent => ({
  type: 'file_open',
  object: path,
  detail: expect.any(String) as unknown as string, // the flags, which file-open.test.ts asserts
  attributes: expect.objectContaining({
    ...outcome('openat'),
    ...pathAttributes(path, given, 'kernel'),
    ...more,
  }) as unknown as Record<string, string>, // stands for them
});

test('a file system is mounted, used and unmounted in a mount namespace', async () => {
  const cwd = harness.newDirectory();
  mkdirSync(join(cwd, 'on'));
  const on = join(cwd, 'on');

  const { results, seen } = await doInOwnMounts(
    [
      call('mount', 'a source', 'on', 'tmpfs', MS_NOSUID | MS_NODEV, 'size=64k'),
      call('openat', AT_FDCWD, 'on/new', O_WRONLY | O_CREAT, 0o600),
      call('close', 3),
      call('rename', 'on/new', 'on/newer'),
      call('umount2', 'on', MNT_DETACH),
      call('umount2', 'on', 0),
    ],
    cwd,
  );

  expect(results).toEqual([0, 3, 0, 0, 0, -22]);
  const unmounted = (more: Record<string, string>, detail: string, error?: string): SeenEvent => ({
    type: 'fs_umount',
    object: on,
    detail,
    attributes: { ...outcome('umount2', error), ...pathAttributes(on, 'on', 'lookup'), ...more },
  });
  expect(seen).toEqual([
    mounted(on, 'on', 'a source', { 'fs.type': 'tmpfs', 'fs.flags': 'MS_NOSUID|MS_NODEV' }),
    opened(join(on, 'new'), 'on/new', {
      'file.created': 'true',
      'file.device': expect.stringMatching(/^0:\d+$/),
    }),
    {
      type: 'file_rename',
      object: join(on, 'new'),
      detail: join(on, 'newer'),
      attributes: {
        ...outcome('rename'),
        ...pathAttributes(join(on, 'new'), 'on/new', 'lookup'),
        ...targetAttributes(join(on, 'newer'), 'on/newer', 'lookup'),
      },
    },
    unmounted({ 'fs.flags': 'MNT_DETACH' }, 'MNT_DETACH'),
    unmounted({}, '', 'EINVAL'),
  ]);
});

test('a file below a bind mount is told by the path that it was opened by', async () => {
  const cwd = harness.newDirectory();
  mkdirSync(join(cwd, 'from/deep'), { recursive: true });
  mkdirSync(join(cwd, 'to'));
  writeFileSync(join(cwd, 'from/deep/plain'), '');

  const { results, seen } = await doInOwnMounts(
    [call('mount', 'from/deep', 'to', null, MS_BIND, null), call('openat', AT_FDCWD, 'to/plain', 0, 0)],
    cwd,
  );

  expect(results).toEqual([0, 3]);
  const inode = inodeOf(join(cwd, 'from/deep/plain'));
  expect(seen).toEqual([
    mounted(join(cwd, 'to'), 'to', 'from/deep', { 'fs.flags': 'MS_BIND' }),
    opened(join(cwd, 'to/plain'), 'to/plain', inode),
  ]);
});

test('a file of an overlay is told by its merged path', async () => {
  const cwd = harness.newDirectory();
  for (const name of ['lower', 'upper', 'work', 'merged']) {
    mkdirSync(join(cwd, name));
  }
  writeFileSync(join(cwd, 'lower/plain'), '');

  const { results, seen } = await doInOwnMounts(
    [
      // An overlay cannot lie on an overlay: the upper layer is a file system of its own.
      call('mount', 'none', 'upper', 'tmpfs', 0, null),
      call('mkdir', 'upper/u', 0o755),
      call('mkdir', 'upper/w', 0o755),
      call('mount', 'none', 'merged', 'overlay', 0, 'lowerdir=lower,upperdir=upper/u,workdir=upper/w'),
      call('openat', AT_FDCWD, 'merged/plain', 0, 0),
      call('openat', AT_FDCWD, 'merged/new', O_WRONLY | O_CREAT, 0o600),
    ],
    cwd,
  );

  const [, , , overlay] = results;
  if (overlay === -19) {
    expect(seen[3]).toEqual(
      mounted(join(cwd, 'merged'), 'merged', 'none', { 'fs.type': 'overlay' }, 'ENODEV'),
    );
    return;
  }
  expect(results).toEqual([0, 0, 0, 0, 3, 4]);
  expect(seen.slice(3)).toEqual([
    mounted(join(cwd, 'merged'), 'merged', 'none', { 'fs.type': 'overlay' }),
    opened(join(cwd, 'merged/plain'), 'merged/plain', { 'file.created': 'false' }),
    opened(join(cwd, 'merged/new'), 'merged/new', { 'file.created': 'true' }),
  ]);
});

test('move_mount is told with where it went', async () => {
  const cwd = harness.newDirectory();
  mkdirSync(join(cwd, 'on'));
  const FSCONFIG_CMD_CREATE = 6;
  const MOVE_MOUNT_F_EMPTY_PATH = 4;

  const { results, seen } = await doInOwnMounts(
    [
      call('fsopen', 'tmpfs', 0),
      call('fsconfig', 3, FSCONFIG_CMD_CREATE, null, null, 0),
      call('fsmount', 3, 0, 0),
      call('move_mount', 4, '', AT_FDCWD, 'on', MOVE_MOUNT_F_EMPTY_PATH),
    ],
    cwd,
  );

  expect(results).toEqual([3, 0, 4, 0]);
  expect(seen).toEqual([
    {
      type: 'fs_mount',
      object: join(cwd, 'on'),
      detail: '',
      attributes: {
        ...outcome('move_mount'),
        'fs.flags': 'MOVE_MOUNT_F_EMPTY_PATH',
        ...pathAttributes(join(cwd, 'on'), 'on', 'lookup'),
      },
    },
  ]);
});

test('a mount that is refused is told', async () => {
  const cwd = harness.newDirectory();
  const done = await harness.do([call('mount', 'none', cwd, 'tmpfs', 0, null)], {
    cwd,
    uid: 65534,
    gid: 65534,
  });

  expect(seenOf(done, { uid: 65534 })).toEqual([mounted(cwd, cwd, 'none', { 'fs.type': 'tmpfs' }, 'EPERM')]);
});

describe('after a chroot', () => {
  test('paths are those below the root of the mounts, and the given ones are kept', async () => {
    const cwd = harness.newDirectory();
    mkdirSync(join(cwd, 'jail/etc'), { recursive: true });
    writeFileSync(join(cwd, 'jail/etc/passwd'), '');
    symlinkSync('/etc', join(cwd, 'jail/link'));
    const inJail = (path: string) => join(cwd, 'jail', path);

    const done = await harness.do(
      [
        call('chroot', 'jail'),
        call('chdir', '/'),
        call('openat', AT_FDCWD, '/etc/passwd', 0, 0),
        call('openat', AT_FDCWD, '/link/passwd', 0, 0),
        call('openat', AT_FDCWD, '/link/none', 0, 0),
        call('openat', AT_FDCWD, 'etc/none', 0, 0),
        call('unlink', '/link/passwd'),
        call('mkdir', '/../new', 0o755),
        call('getuid'),
      ],
      { cwd },
    );

    expect(done.results).toEqual([0, 0, 3, 4, -2, -2, 0, 0, 0]);
    const none = (path: string, given: string): SeenEvent => ({
      type: 'file_open',
      object: path,
      detail: '0',
      attributes: {
        ...outcome('openat', 'ENOENT'),
        ...pathAttributes(path, given, 'lookup'),
        'file.flags': 'O_RDONLY',
        open_flags: 'O_RDONLY',
      },
    });
    expect(seenOf(done)).toEqual([
      opened(inJail('etc/passwd'), '/etc/passwd', {}),
      opened(inJail('etc/passwd'), '/link/passwd', {}),
      none(inJail('etc/none'), '/link/none'),
      none(inJail('etc/none'), 'etc/none'),
      {
        type: 'file_unlink',
        object: inJail('etc/passwd'),
        detail: '',
        attributes: {
          ...outcome('unlink'),
          ...pathAttributes(inJail('etc/passwd'), '/link/passwd', 'lookup'),
        },
      },
      {
        type: 'file_mkdir',
        object: inJail('new'),
        detail: '0755',
        attributes: {
          ...outcome('mkdir'),
          ...pathAttributes(inJail('new'), '/../new', 'lookup'),
          'file.changes.mode': '0755',
        },
      },
    ]);
  });

  test('in a mount namespace of its own as well', async () => {
    const cwd = harness.newDirectory();
    mkdirSync(join(cwd, 'jail'));
    const { results, seen } = await doInOwnMounts(
      [
        call('mount', 'none', 'jail', 'tmpfs', 0, null),
        call('chroot', 'jail'),
        call('mkdir', '/sub', 0o755),
        call('openat', AT_FDCWD, '/sub/new', O_WRONLY | O_CREAT, 0o600),
        call('fchmod', resultOf(6), 0o644),
        call('unlink', '/sub/new'),
      ],
      cwd,
    );

    expect(results).toEqual([0, 0, 0, 3, 0, 0]);
    const sub = join(cwd, 'jail/sub');
    expect(
      seen.slice(1).map(({ type, object, attributes }) => [type, object, attributes['file.path.given']]),
    ).toEqual([
      ['file_mkdir', sub, '/sub'],
      ['file_open', join(sub, 'new'), '/sub/new'],
      ['file_chmod', join(sub, 'new'), undefined],
      ['file_unlink', join(sub, 'new'), '/sub/new'],
    ]);
  });
});
