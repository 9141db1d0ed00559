/** process_exec, process_fork and process_exit. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { capabilityNames } from '../../src/core/linux/capabilities.ts';
import { type DoneDeed, expectCleanEnd, Harness } from './support/harness.ts';
import type { WatchedEvent } from './support/live-probe.ts';
import { inodeOf, outcome, seenEvent } from './support/seen.ts';
import { AT_FDCWD, call, deed, OWN_PID, repeatedTexts } from './support/steps.ts';

jest.setTimeout(60_000);

const TRUE = '/bin/true';
const AT_EMPTY_PATH = 0x1000;
const O_PATH = 0o10000000;

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

const ofType = (done: DoneDeed, type: string): WatchedEvent[] =>
  done.events.filter(({ event_type }) => event_type === type);

/** The exec that the steps did, after the one that began the deed. */
function secondExec(done: DoneDeed): WatchedEvent {
  const [, event, ...others] = ofType(done, 'process_exec');
  if (event === undefined) {
    throw new Error('there was no second exec');
  }
  expect(others).toEqual([]);
  return event;
}

const stat = (path: string): Record<string, string> => {
  const inode = inodeOf(path);
  return {
    'process.file.inode': inode['file.inode'] ?? '',
    'process.file.device': inode['file.device'] ?? '',
    'process.file.mode': inode['file.mode'] ?? '',
  };
};

/** Session, group, capabilities and cgroup, which a deed has from this process. */
function inherited(): Record<string, unknown> {
  const status = readFileSync('/proc/self/status', 'utf8');
  const [, , group, session] = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const capabilities = ['effective', 'permitted', 'inheritable'].flatMap((set) => {
    const mask = BigInt(
      `0x${new RegExp(`^Cap${set[0] === 'e' ? 'Eff' : set[0] === 'p' ? 'Prm' : 'Inh'}:\\s*(\\w+)`, 'm').exec(status)?.[1]}`,
    );
    return mask === 0n ? [] : [[`process.thread.capabilities.${set}`, JSON.stringify(capabilityNames(mask))]];
  });
  return {
    'process.group_leader.pid': group,
    'process.session_leader.pid': session,
    ...Object.fromEntries(capabilities),
    ...(readFileSync('/proc/self/cgroup', 'utf8')
      .split('\n')
      .every((line) => line === '' || line.endsWith(':/'))
      ? {}
      : { 'cgroup.path': expect.stringMatching(/^\//) }),
  };
}

describe('an exec that works', () => {
  test('says everything of the new program', async () => {
    const done = await harness.do([]);

    const [event] = done.events;
    const [path] = done.args;
    expect(event && seenEvent(done, event)).toEqual({
      type: 'process_exec',
      object: path,
      detail: path,
      attributes: {
        'event.outcome': 'success',
        'process.executable.given': path,
        'process.args': JSON.stringify([path]),
        'process.args_count': '1',
        ...stat(path ?? ''),
        ...inherited(),
      },
    });
  });

  const lists = [
    {
      title: 'spaces, quotes and newlines',
      args: ['true', 'two words', `it's "q" \\`, 'line\nline\ttab', '$(x) `y`'],
    },
    { title: 'empty arguments', args: ['true', '', 'x', ''] },
    { title: 'letters outside ASCII', args: ['true', 'größe', '日本', '🚨'] },
    { title: 'no name of its own', args: [''] },
    { title: 'a name that is not the program', args: ['[kworker/0:1]'] },
  ];
  test.each(lists)('keeps arguments apart: $title', async ({ args }) => {
    const done = await harness.do([call('execve', TRUE, args, null)]);

    const { data, attributes } = secondExec(done);
    expect(data).toEqual([
      realpathSync(TRUE),
      args.join(' '),
      'true',
      String(done.pid),
      String(done.pid),
      '0',
    ]);
    expect(JSON.parse(attributes['process.args'] ?? '')).toEqual(args);
    expect(attributes).toMatchObject({
      'process.executable': realpathSync(TRUE),
      'process.executable.given': TRUE,
      'process.command_line': args.join(' '),
      'process.args_count': String(args.length),
      'process.parent.pid': String(process.pid),
      'process.parent.executable': realpathSync(process.execPath),
    });
    expect(attributes['process.args_truncated']).toBeUndefined();
  });

  test('shows bytes that are not UTF-8 as replaced', async () => {
    const done = await harness.do([call('execve', TRUE, ['true', Buffer.from('61ff62', 'hex')], null)]);

    expect(JSON.parse(secondExec(done).attributes['process.args'] ?? '')).toEqual(['true', 'a\ufffdb']);
  });

  test('has all of 5,000 bytes of arguments', async () => {
    const done = await harness.do([call('execve', TRUE, repeatedTexts(49, 100), null)]);

    const { attributes } = secondExec(done);
    const args = [
      'deeds',
      ...Array.from({ length: 49 }, (_, i) => String.fromCharCode(97 + ((i + 1) % 26)).repeat(100)),
    ];
    expect(JSON.parse(attributes['process.args'] ?? '')).toEqual(args);
    expect(attributes).toMatchObject({ 'process.args_count': '50', 'process.command_line': args.join(' ') });
    expect(attributes['process.args_truncated']).toBeUndefined();
  });

  test('cuts arguments over 32 KiB, says so, and still counts them all', async () => {
    const done = await harness.do([call('execve', TRUE, repeatedTexts(1000, 100), null)]);

    const { attributes } = secondExec(done);
    const args: string[] = JSON.parse(attributes['process.args'] ?? '');
    expect(attributes).toMatchObject({ 'process.args_count': '1001', 'process.args_truncated': 'true' });
    expect(args.slice(0, 3)).toEqual(['deeds', 'b'.repeat(100), 'c'.repeat(100)]);
    const bytes = args.join('\0').length;
    expect(bytes).toBeGreaterThan(32_000);
    expect(bytes).toBeLessThan(32_768);
  });

  test('of a script names the script, its interpreter and what really runs', async () => {
    const cwd = harness.newDirectory();
    writeFileSync(join(cwd, 'script'), '#!/bin/sh -e\nexit 3\n');
    chmodSync(join(cwd, 'script'), 0o755);

    const done = await harness.do([call('execve', './script', ['x', 'an argument'], null)], { cwd });

    const { data, attributes } = secondExec(done);
    expect(data[0]).toBe(realpathSync('/bin/sh'));
    expect(data[2]).toBe('script');
    expect(attributes).toMatchObject({
      'process.executable': realpathSync('/bin/sh'),
      'process.executable.given': './script',
      'process.interpreter': '/bin/sh',
      'process.args': '["/bin/sh","-e","./script","an argument"]',
      'process.working_directory': cwd,
    });
    expect(done.exit.code).toBe(3);
  });

  test('through a symbolic link names the target, and the link as given', async () => {
    const cwd = harness.newDirectory();
    symlinkSync(TRUE, join(cwd, 'link'));

    const done = await harness.do([call('execve', 'link', ['a'], null)], { cwd });

    expect(secondExec(done).attributes).toMatchObject({
      'process.executable': realpathSync(TRUE),
      'process.executable.given': 'link',
    });
  });

  test('by execveat of a descriptor names the file behind it', async () => {
    const steps = [call('open', TRUE, O_PATH, 0), call('execveat', 3, '', ['a'], null, AT_EMPTY_PATH)];
    const done = await harness.do(steps);

    expect(secondExec(done).attributes).toMatchObject({
      'process.executable': realpathSync(TRUE),
      'process.executable.given': '/dev/fd/3',
    });
  });

  test('by another thread than the leader is of the process', async () => {
    const done = await harness.do([['thread'], call('execve', TRUE, ['a'], null)]);

    expect(secondExec(done).data.slice(3)).toEqual([String(done.pid), String(done.pid), '0']);
    expect(ofType(done, 'process_exit')).toHaveLength(1);
  });

  test('of a set-user-id program has its mode and the user that it runs for', async () => {
    const cwd = harness.newDirectory();
    const path = join(cwd, 'suid');
    copyFileSync(TRUE, path);
    chownSync(path, 65534, 65534);
    chmodSync(path, 0o4755);

    const done = await harness.do([call('execve', path, ['suid'], null)], { cwd });

    expect(secondExec(done)).toMatchObject({
      data: [path, 'suid', 'suid', String(done.pid), String(done.pid), '0'],
      attributes: { 'process.file.mode': '4755', 'user.effective.id': '65534', 'user.name': 'root' },
    });
  });

  test('changes the exec id and keeps the entity id', async () => {
    const done = await harness.do([call('execve', TRUE, ['a'], null)]);

    const [first, second] = ofType(done, 'process_exec').map(({ attributes }) => attributes);
    expect(second?.['process.entity_id']).toBe(first?.['process.entity_id']);
    expect(second?.['process.exec_id']).not.toBe(first?.['process.exec_id']);
  });
});

describe('an exec that fails', () => {
  const failures = [
    { error: 'ENOENT', given: './none', result: -2 },
    { error: 'EACCES', given: './plain', result: -13 },
    { error: 'ENOEXEC', given: './garbage', result: -8 },
    { error: 'ENOTDIR', given: './plain/x', result: -20 },
    { error: 'EACCES', given: './sub', result: -13 },
  ];
  test.each(failures)(
    '$error of $given is told with what was asked for',
    async ({ error, given, result }) => {
      const cwd = harness.newDirectory();
      writeFileSync(join(cwd, 'plain'), 'content');
      writeFileSync(join(cwd, 'garbage'), 'content');
      chmodSync(join(cwd, 'garbage'), 0o755);
      mkdirSync(join(cwd, 'sub'));

      const steps = [call('execve', given, ['x'], null), call('execveat', AT_FDCWD, given, ['x'], null, 0)];
      const done = await harness.do(steps, { cwd });

      expect(done.results).toEqual([result, result]);
      const [, ...failed] = ofType(done, 'process_exec').map((event) => seenEvent(done, event));
      const credentials = inherited();
      delete credentials['cgroup.path'];
      const expected = (syscall: string) => ({
        type: 'process_exec',
        object: given,
        detail: '',
        attributes: {
          ...outcome(syscall, error),
          'process.executable.given': given,
          ...credentials,
        },
      });
      expect(failed).toEqual([expected('execve'), expected('execveat')]);
    },
  );
});

describe('forks', () => {
  test.each(['fork', 'vfork', 'clone', 'clone3'])(
    '%s is told with its child, and the child with its parent',
    async (keyword) => {
      const done = await harness.do([deed(keyword, 7)]);

      const child = String(done.results[0]);
      const [fork, ...others] = ofType(done, 'process_fork');
      const [first, last] = ofType(done, 'process_exit');
      expect(others).toEqual([]);
      expect(fork && seenEvent(done, fork)).toEqual({
        type: 'process_fork',
        object: child,
        detail: '',
        attributes: {
          'process.child.pid': child,
          'process.child.entity_id': first?.attributes['process.entity_id'],
        },
      });
      expect(first).toMatchObject({
        data: ['7', '', 'deeds', child, child, '0'],
        attributes: {
          'process.exit_code': '7',
          'process.executable': done.args[0],
          'process.parent.pid': String(done.pid),
          'process.parent.entity_id': fork?.attributes['process.entity_id'],
          'process.parent.name': 'deeds',
          'process.parent.executable': done.args[0],
          'process.parent.command_line': done.args.join(' '),
          'event.duration': expect.stringMatching(/^\d+$/),
        },
      });
      expect(last?.data.slice(3)).toEqual([String(done.pid), String(done.pid), '0']);
    },
  );

  test('a new thread is no process', async () => {
    const done = await harness.do([['thread'], call('getpid')]);

    expect(done.events.map(({ event_type }) => event_type)).toEqual(['process_exec', 'process_exit']);
  });
});

describe('the end of a process', () => {
  const exits = [
    { title: 'exit code 0', steps: [], object: '0', detail: '', own: { 'process.exit_code': '0' } },
    {
      title: 'an exit code',
      steps: [call('exit_group', 255)],
      object: '255',
      detail: '',
      own: { 'process.exit_code': '255' },
    },
    {
      title: 'a signal',
      steps: [call('kill', OWN_PID, 9)],
      object: '0',
      detail: 'SIGKILL',
      own: { 'process.exit_signal': 'SIGKILL' },
    },
    {
      title: 'a fault',
      steps: [call('rt_sigprocmask', 0, 0, 0, 8), call('kill', OWN_PID, 11)],
      object: '0',
      detail: 'SIGSEGV',
      own: { 'process.exit_signal': 'SIGSEGV' },
    },
  ];
  test.each(exits)('by $title', async ({ steps, object, detail, own }) => {
    const done = await harness.do(steps);

    const exits = ofType(done, 'process_exit').map((event) => seenEvent(done, event));
    expect(exits).toEqual([
      {
        type: 'process_exit',
        object,
        detail,
        attributes: { ...own, 'event.duration': expect.stringMatching(/^\d+$/) },
      },
    ]);
  });

  test('comes once, when the last thread is gone', async () => {
    const done = await harness.do([['thread'], call('exit', 0)]);

    expect(ofType(done, 'process_exit')).toHaveLength(1);
  });
});
