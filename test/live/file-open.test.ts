/** file_open: every call that opens, and what makes paths hard. */
import { chmodSync, closeSync, mkdirSync, openSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Harness } from './support/harness.ts';
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

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'file']);
});
afterAll(async () => {
  const end = await harness.close();
  expect(end).toEqual({ code: 0, signal: null, stderr: expect.stringMatching(/^sentinel: \d+ seen, .*\n$/) });
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

function failed(
  path: string,
  given: string,
  names: string,
  flags: number,
  more: Record<string, string>,
): SeenEvent {
  return {
    type: 'file_open',
    object: path,
    detail: String(flags),
    attributes: { ...pathAttributes(path, given, 'lookup'), 'file.flags': names, open_flags: names, ...more },
  };
}

function openHow(flags: number, mode: number, resolve: number): Buffer {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  return how;
}

describe('each call', () => {
  const calls = [
    { name: 'open', steps: (path: string) => call('open', path, 0, 0), flags: 0, names: 'O_RDONLY' },
    {
      name: 'openat',
      steps: (path: string) => call('openat', AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0),
      flags: O_RDWR | O_CLOEXEC,
      names: 'O_RDWR|O_CLOEXEC',
      more: { 'file.written': 'true' },
    },
    {
      name: 'openat2',
      steps: (path: string) => call('openat2', AT_FDCWD, path, openHow(O_CLOEXEC, 0, 0), 24),
      flags: O_CLOEXEC,
      names: 'O_RDONLY|O_CLOEXEC',
    },
    {
      name: 'creat',
      steps: (path: string) => call('creat', path, 0o600),
      flags: O_WRONLY | O_CREAT | O_TRUNC,
      names: 'O_WRONLY|O_CREAT|O_TRUNC',
      more: { 'file.written': 'true', 'file.truncated': 'true', 'file.changes.mode': '0600' },
    },
  ];
  test.each(calls)(
    '$name is told with its flags and the resolved path',
    async ({ name, steps, flags, names, more }) => {
      const cwd = harness.newDirectory();
      const path = join(cwd, 'plain');
      writeFileSync(path, 'content');

      const done = await harness.do([steps(path)], { cwd });

      expect(done.results).toEqual([3]);
      const inode = inodeOf(path);
      expect(seenOf(done)).toEqual([
        opened(path, path, names, flags, { ...outcome(name), ...inode, ...more }),
      ]);
    },
  );
});

test('an open that creates says so, and one of what is there does not', async () => {
  const cwd = harness.newDirectory();
  const steps = [call('openat', AT_FDCWD, 'new', O_WRONLY | O_CREAT, 0o640), call('close', 3)];

  const done = await harness.do([...steps, ...steps], { cwd });

  const path = join(cwd, 'new');
  const more = {
    ...outcome('openat'),
    ...inodeOf(path),
    'file.written': 'true',
    'file.changes.mode': '0640',
  };
  const event = opened(path, 'new', 'O_WRONLY|O_CREAT', O_WRONLY | O_CREAT, more);
  const created = { ...event, attributes: { ...event.attributes, 'file.created': 'true' } };
  expect(seenOf(done)).toEqual([created, event]);
});
