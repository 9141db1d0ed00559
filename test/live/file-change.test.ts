/** Everything that changes files, by every call that does. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectCleanEnd, Harness } from './support/harness.ts';
import { outcome, pathAttributes, type SeenEvent, seenOf, targetAttributes } from './support/seen.ts';
import { AT_FDCWD, call, resultOf, type Step } from './support/steps.ts';

jest.setTimeout(60_000);

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_FOLLOW = 0x400;
const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;
const NOBODY = 65534;
const KEEP = -1;
/** fchmodat2(2), newer than some C libraries' headers. */
const FCHMODAT2 = 452;

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'file']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

/** One call in a directory with a file `a`, a link `link` to it, and an empty directory `sub`. */
interface Case {
  readonly title: string;
  readonly step: Step;
  /** What the call returns; 0 when left out. */
  readonly result?: number;
  readonly type: string;
  readonly syscall: string;
  readonly error?: string;
  /** Path in that directory, and what the caller gave for it when that is another text. */
  readonly path: string;
  readonly given?: string;
  readonly target?: string;
  readonly targetGiven?: string;
  readonly detail?: string;
  readonly more?: Record<string, string>;
}

function expectedOf(cwd: string, one: Case): SeenEvent {
  const path = join(cwd, one.path);
  const target = one.target === undefined ? undefined : join(cwd, one.target);
  return {
    type: one.type,
    object: path,
    detail: one.detail ?? target ?? '',
    attributes: {
      ...outcome(one.syscall, one.error),
      ...pathAttributes(path, one.given ?? one.path, 'lookup'),
      ...(target === undefined
        ? {}
        : targetAttributes(target, one.targetGiven ?? one.target ?? '', 'lookup')),
      ...one.more,
    },
  };
}

const mode = (text: string) => ({ detail: text, more: { 'file.changes.mode': text } });
const owner = (uid: string | undefined, gid: string | undefined, flags?: string) => ({
  detail: `${uid ?? ''}:${gid ?? ''}`,
  more: {
    ...(uid === undefined ? {} : { 'file.changes.uid': uid, 'file.changes.owner': 'nobody' }),
    ...(gid === undefined ? {} : { 'file.changes.gid': gid, 'file.changes.group': 'nogroup' }),
    ...(flags === undefined ? {} : { 'file.flags': flags }),
  },
});
const size = (text: string) => ({ detail: text, more: { 'file.size': text } });
const flags = (text: string) => ({ more: { 'file.flags': text } });
const node = (modeText: string, type: string, device?: string) => ({
  detail: modeText,
  more: { 'file.changes.mode': modeText, 'file.type': type, ...(device ? { 'file.device': device } : {}) },
});

const CASES: readonly Omit<Case, 'title'>[] = [
  { type: 'file_unlink', syscall: 'unlink', step: call('unlink', 'a'), path: 'a' },
  {
    type: 'file_unlink',
    syscall: 'unlinkat',
    step: call('unlinkat', AT_FDCWD, './sub/../a', 0),
    path: 'a',
    given: './sub/../a',
  },
  { type: 'file_unlink', syscall: 'unlink', step: call('unlink', 'link'), path: 'link' },
  {
    type: 'file_unlink',
    syscall: 'unlink',
    step: call('unlink', 'none'),
    path: 'none',
    error: 'ENOENT',
    result: -2,
  },
  {
    type: 'file_unlink',
    syscall: 'unlink',
    step: call('unlink', 'sub'),
    path: 'sub',
    error: 'EISDIR',
    result: -21,
  },
  {
    type: 'file_rmdir',
    syscall: 'unlinkat',
    step: call('unlinkat', AT_FDCWD, 'sub', AT_REMOVEDIR),
    path: 'sub',
  },
  { type: 'file_rmdir', syscall: 'rmdir', step: call('rmdir', 'sub/'), path: 'sub', given: 'sub/' },
  {
    type: 'file_rmdir',
    syscall: 'rmdir',
    step: call('rmdir', 'a'),
    path: 'a',
    error: 'ENOTDIR',
    result: -20,
  },
  { type: 'file_rename', syscall: 'rename', step: call('rename', 'a', 'sub/b'), path: 'a', target: 'sub/b' },
  {
    type: 'file_rename',
    syscall: 'renameat',
    step: call('renameat', AT_FDCWD, 'a', AT_FDCWD, 'b'),
    path: 'a',
    target: 'b',
  },
  {
    type: 'file_rename',
    syscall: 'renameat2',
    step: call('renameat2', AT_FDCWD, 'a', AT_FDCWD, 'link', 1),
    path: 'a',
    target: 'link',
    error: 'EEXIST',
    result: -17,
    ...flags('RENAME_NOREPLACE'),
  },
  {
    type: 'file_rename',
    syscall: 'renameat2',
    step: call('renameat2', AT_FDCWD, 'a', AT_FDCWD, 'sub', 2),
    path: 'a',
    target: 'sub',
    ...flags('RENAME_EXCHANGE'),
  },
  { type: 'file_link', syscall: 'link', step: call('link', 'a', 'b'), path: 'a', target: 'b' },
  {
    type: 'file_link',
    syscall: 'linkat',
    step: call('linkat', AT_FDCWD, 'link', AT_FDCWD, 'b', 0),
    path: 'link',
    target: 'b',
  },
  {
    type: 'file_link',
    syscall: 'linkat',
    step: call('linkat', AT_FDCWD, 'link', AT_FDCWD, 'b', AT_SYMLINK_FOLLOW),
    path: 'a',
    given: 'link',
    target: 'b',
    ...flags('AT_SYMLINK_FOLLOW'),
  },
  {
    type: 'file_link',
    syscall: 'link',
    step: call('link', 'a', 'link'),
    path: 'a',
    target: 'link',
    error: 'EEXIST',
    result: -17,
  },
  {
    type: 'file_symlink',
    syscall: 'symlink',
    step: call('symlink', '../any where', 'b'),
    path: 'b',
    detail: '../any where',
    more: { 'file.target_path': '../any where' },
  },
  {
    type: 'file_symlink',
    syscall: 'symlinkat',
    step: call('symlinkat', '/etc/shadow', AT_FDCWD, 'sub/b'),
    path: 'sub/b',
    detail: '/etc/shadow',
    more: { 'file.target_path': '/etc/shadow' },
  },
  { type: 'file_mkdir', syscall: 'mkdir', step: call('mkdir', 'b', 0o1755), path: 'b', ...mode('1755') },
  {
    type: 'file_mkdir',
    syscall: 'mkdirat',
    step: call('mkdirat', AT_FDCWD, 'sub/b', 0o700),
    path: 'sub/b',
    ...mode('0700'),
  },
  {
    type: 'file_mkdir',
    syscall: 'mkdir',
    step: call('mkdir', 'a', 0o755),
    path: 'a',
    error: 'EEXIST',
    result: -17,
    ...mode('0755'),
  },
  {
    type: 'file_mknod',
    syscall: 'mknod',
    step: call('mknod', 'b', S_IFIFO | 0o600, 0),
    path: 'b',
    ...node('0600', 'fifo'),
  },
  {
    type: 'file_mknod',
    syscall: 'mknodat',
    step: call('mknodat', AT_FDCWD, 'b', S_IFCHR | 0o666, (1 << 8) | 3),
    path: 'b',
    ...node('0666', 'char', '1:3'),
  },
  {
    type: 'file_mknod',
    syscall: 'mknod',
    step: call('mknod', 'b', 0o644, 0),
    path: 'b',
    ...node('0644', 'file'),
  },
  { type: 'file_chmod', syscall: 'chmod', step: call('chmod', 'a', 0o4755), path: 'a', ...mode('4755') },
  {
    type: 'file_chmod',
    syscall: 'chmod',
    step: call('chmod', 'link', 0o600),
    path: 'a',
    given: 'link',
    ...mode('0600'),
  },
  {
    type: 'file_chmod',
    syscall: 'fchmodat',
    step: call('fchmodat', AT_FDCWD, 'a', 0o600),
    path: 'a',
    ...mode('0600'),
  },
  {
    type: 'file_chmod',
    syscall: 'fchmodat2',
    step: call(FCHMODAT2, AT_FDCWD, 'link', 0o600, AT_SYMLINK_NOFOLLOW),
    path: 'link',
    error: 'EOPNOTSUPP',
    result: -95,
    detail: '0600',
    more: { 'file.changes.mode': '0600', 'file.flags': 'AT_SYMLINK_NOFOLLOW' },
  },
  {
    type: 'file_chown',
    syscall: 'chown',
    step: call('chown', 'link', NOBODY, NOBODY),
    path: 'a',
    given: 'link',
    ...owner('65534', '65534'),
  },
  {
    type: 'file_chown',
    syscall: 'lchown',
    step: call('lchown', 'link', NOBODY, KEEP),
    path: 'link',
    ...owner('65534', undefined),
  },
  {
    type: 'file_chown',
    syscall: 'fchownat',
    step: call('fchownat', AT_FDCWD, 'link', KEEP, NOBODY, AT_SYMLINK_NOFOLLOW),
    path: 'link',
    ...owner(undefined, '65534', 'AT_SYMLINK_NOFOLLOW'),
  },
  {
    type: 'file_truncate',
    syscall: 'truncate',
    step: call('truncate', 'link', 3),
    path: 'a',
    given: 'link',
    ...size('3'),
  },
  {
    type: 'file_truncate',
    syscall: 'truncate',
    step: call('truncate', 'a', 5_000_000_000),
    path: 'a',
    ...size('5000000000'),
  },
];

function prepare(cwd: string): void {
  writeFileSync(join(cwd, 'a'), 'content');
  symlinkSync('a', join(cwd, 'link'));
  mkdirSync(join(cwd, 'sub'));
}

const titled = CASES.map((one) => ({
  ...one,
  title: `${one.syscall} of ${one.given ?? one.path}${one.target ? ` to ${one.target}` : ''}${one.error ? `: ${one.error}` : ''}`,
}));

test.each(titled)('$type by $title', async (one) => {
  const cwd = harness.newDirectory();
  prepare(cwd);

  const done = await harness.do([one.step], { cwd });

  expect(done.results).toEqual([one.result ?? 0]);
  expect(seenOf(done)).toEqual([expectedOf(cwd, one)]);
});

test('both directories of a rename count, each from its own descriptor', async () => {
  const cwd = harness.newDirectory();
  mkdirSync(join(cwd, 'from'));
  mkdirSync(join(cwd, 'to'));
  writeFileSync(join(cwd, 'from/a'), '');
  const O_PATH = 0o10000000;
  const open = (name: string) => call('open', name, O_PATH, 0);

  const steps = [open('from'), open('to'), call('renameat', resultOf(0), 'a', resultOf(1), 'b')];
  const done = await harness.do(steps, { cwd });

  expect(seenOf(done).slice(2)).toEqual([
    {
      type: 'file_rename',
      object: join(cwd, 'from/a'),
      detail: join(cwd, 'to/b'),
      attributes: {
        ...outcome('renameat'),
        ...pathAttributes(join(cwd, 'from/a'), 'a', 'lookup'),
        ...targetAttributes(join(cwd, 'to/b'), 'b', 'lookup'),
      },
    },
  ]);
});
