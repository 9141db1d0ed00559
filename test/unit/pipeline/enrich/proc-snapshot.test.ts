import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import {
  chooseCgroup,
  ProcReader,
  parseRealUid,
  parseStat,
  ttyName,
} from '../../../../src/pipeline/enrich/proc-snapshot.ts';

test('ProcReader reads this process', () => {
  const entry = new ProcReader().read(process.pid);
  expect(entry).toMatchObject({
    pid: process.pid,
    parentPid: process.ppid,
    uid: process.getuid?.(),
    executable: process.execPath,
    workingDirectory: process.cwd(),
    argsTruncated: false,
  });
  expect(entry?.args?.length).toBeGreaterThan(0);
  expect(entry?.startTicks).toBeGreaterThan(0);
});

test('ProcReader keeps empty arguments and spaces', async () => {
  const child = spawn('sleep', ['30'], { argv0: 'a b' });
  try {
    await once(child, 'spawn');
    expect(new ProcReader().read(child.pid ?? 0)).toMatchObject({
      args: ['a b', '30'],
      comm: 'sleep',
      parentPid: process.pid,
    });
  } finally {
    child.kill();
    await once(child, 'exit');
  }
  expect(new ProcReader().read(child.pid ?? 0)).toBeUndefined();
});

test('readAll() has this process and its parent, each once', () => {
  const pids = new ProcReader().readAll().map(({ pid }) => pid);
  expect(pids).toEqual(expect.arrayContaining([process.pid, process.ppid]));
  expect(new Set(pids).size).toBe(pids.length);
});

test('a directory without processes gives none', () => {
  expect(new ProcReader('/sys').readAll()).toEqual([]);
  expect(new ProcReader('/nonexistent').read(1)).toBeUndefined();
});

const TAIL = 'S 12 34 34 34816 99 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 11 22';

test('parseStat() finds the fields behind a name with anything in it', () => {
  for (const comm of ['bash', '(sd-pam)', 'a) S 1 1 (b', 'x y', ')', '']) {
    expect(parseStat(`77 (${comm}) ${TAIL}`)).toEqual({
      comm,
      parentPid: 12,
      ttyNumber: 34816,
      startTicks: 987654,
    });
  }
});

test('parseStat() and the others refuse what is not whole', () => {
  expect(parseStat('77 (bash) S 12')).toBeUndefined();
  expect(parseStat('')).toBeUndefined();
  expect(parseStat(undefined)).toBeUndefined();
  expect(parseRealUid('Name:\tx\nUid:\t1000\t0\t0\t0\n')).toBe(1000);
  expect(parseRealUid('Name:\tUid:\t5\n')).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseStat(text);
      parseRealUid(text);
      chooseCgroup(text);
    }),
  );
});

test('ttyName() decodes terminals', () => {
  expect([0, 34816, 34817, 0x8901, 1025, 1088, 1281].map(ttyName)).toEqual([
    undefined,
    'pts/0',
    'pts/1',
    'pts/257',
    'tty1',
    'ttyS0',
    undefined,
  ]);
});

test('chooseCgroup() takes version 2, else the version 1 hierarchy that says most', () => {
  expect(chooseCgroup('0::/user.slice/x\n')).toBe('/user.slice/x');
  expect(chooseCgroup('9:name=systemd:/docker/a\n4:memory:/docker/b\n0::/\n')).toBe('/docker/a');
  expect(chooseCgroup('9:name=systemd:/\n4:memory:/m\n1:cpu:/\n0::/\n')).toBe('/m');
  expect(chooseCgroup('3:custom:/c\n')).toBe('/c');
  expect(chooseCgroup('0::/\n')).toBe('/');
  expect(chooseCgroup('')).toBeUndefined();
});
