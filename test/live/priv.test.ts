/** priv_*: ids, capabilities, ptrace, namespaces and signals; and sys_call. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { expectCleanEnd, Harness } from './support/harness.ts';
import { outcome, type SeenEvent, seenOf } from './support/seen.ts';
import { call, deed, OWN_PID, resultOf } from './support/steps.ts';

const NOBODY = 65534;
const KEEP = -1;
const SIGCONT = 18;
/** Does no harm where it is allowed; SIGCONT is, within a session. */
const SIGWINCH = 28;

jest.setTimeout(60_000);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(
    ['process', 'priv', 'sys_call', 'agent_heartbeat'],
    ...['--syscalls', 'personality,getpriority'],
  );
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

describe('ids', () => {
  const users = [
    { syscall: 'setuid', args: [NOBODY], who: { uid: NOBODY }, ids: { id: '65534' } },
    {
      syscall: 'setreuid',
      args: [KEEP, NOBODY],
      who: { effectiveUid: NOBODY },
      ids: { 'effective.id': '65534' },
    },
    {
      syscall: 'setresuid',
      args: [NOBODY, NOBODY, 0],
      who: { uid: NOBODY },
      ids: { id: '65534', 'effective.id': '65534', 'saved.id': '0' },
    },
    { syscall: 'setfsuid', args: [NOBODY], who: {}, ids: {} },
  ];
  test.each(users)('$syscall says which user ids it asked for', async ({ syscall, args, who, ids }) => {
    const done = await harness.do([call(syscall, ...args)]);

    expect(done.results).toEqual([0]);
    const changes = Object.entries(ids).map(([name, id]) => [`user.changes.${name}`, id]);
    expect(seenOf(done, { gid: 0, ...who })).toEqual([
      {
        type: 'priv_setuid',
        object: '65534',
        detail: syscall,
        attributes: { ...outcome(syscall), ...Object.fromEntries(changes), 'user.changes.name': 'nobody' },
      },
    ]);
  });

  const groups = [
    { syscall: 'setgid', args: [NOBODY], gid: NOBODY, ids: { id: '65534' } },
    { syscall: 'setregid', args: [KEEP, NOBODY], gid: 0, ids: { 'effective.id': '65534' } },
    {
      syscall: 'setresgid',
      args: [NOBODY, NOBODY, 0],
      gid: NOBODY,
      ids: { id: '65534', 'effective.id': '65534', 'saved.id': '0' },
    },
    { syscall: 'setfsgid', args: [NOBODY], gid: 0, ids: {} },
  ];
  test.each(groups)('$syscall says which group ids it asked for', async ({ syscall, args, gid, ids }) => {
    const done = await harness.do([call(syscall, ...args)]);

    expect(done.results).toEqual([0]);
    const changes = Object.entries(ids).map(([name, id]) => [`group.changes.${name}`, id]);
    expect(seenOf(done, { gid })).toEqual([
      {
        type: 'priv_setgid',
        object: '65534',
        detail: syscall,
        attributes: { ...outcome(syscall), ...Object.fromEntries(changes) },
      },
    ]);
  });

  test('setgroups is told', async () => {
    const done = await harness.do([call('setgroups', 0, null)]);

    expect(seenOf(done)).toEqual([
      { type: 'priv_setgid', object: '0', detail: 'setgroups', attributes: outcome('setgroups') },
    ]);
  });

  test('a change that is refused is told as refused', async () => {
    const done = await harness.do([call('setuid', 0)], { uid: NOBODY, gid: NOBODY });

    expect(done.results).toEqual([-1]);
    expect(seenOf(done, { uid: NOBODY })).toEqual([
      {
        type: 'priv_setuid',
        object: '0',
        detail: 'setuid',
        attributes: { ...outcome('setuid', 'EPERM'), 'user.changes.id': '0', 'user.changes.name': 'root' },
      },
    ]);
  });
});

test('capset says what is left', async () => {
  const header = Buffer.from('2205082000000000', 'hex'); // _LINUX_CAPABILITY_VERSION_3, this process
  const sets = Buffer.alloc(24);
  sets.writeUInt32LE(1 | (1 << 5), 0); // effective: CAP_CHOWN, CAP_KILL
  sets.writeUInt32LE(1 | (1 << 5) | (1 << 7), 4); // permitted: and CAP_SETUID

  const done = await harness.do([call('capset', header, sets)]);

  expect(done.results).toEqual([0]);
  expect(seenOf(done)).toEqual([
    {
      type: 'priv_capset',
      object: '0x21',
      detail: '',
      attributes: {
        ...outcome('capset'),
        'process.thread.capabilities.effective': '["CAP_CHOWN","CAP_KILL"]',
        'process.thread.capabilities.permitted': '["CAP_CHOWN","CAP_KILL","CAP_SETUID"]',
        'process.thread.capabilities.inheritable': '[]',
      },
    },
  ]);
});

describe('ptrace', () => {
  const PTRACE_ATTACH = 16;
  const PTRACE_SEIZE = 0x4206;
  const traced = (request: string, target: string): SeenEvent => ({
    type: 'priv_ptrace',
    object: target,
    detail: request,
    attributes: { ...outcome('ptrace'), 'ptrace.request': request, 'target.process.pid': target },
  });

  test('attach is told, and what a session does after it is not', async () => {
    const done = await harness.do([
      deed('spawn'),
      call('ptrace', PTRACE_ATTACH, resultOf(0), 0, 0),
      deed('attached', resultOf(0)),
      deed('reap', resultOf(0)),
    ]);

    expect(done.results.slice(1, 3)).toEqual([0, 0]);
    expect(seenOf(done)).toEqual([traced('PTRACE_ATTACH', String(done.results[0]))]);
  });

  test('seize is told', async () => {
    const done = await harness.do([
      deed('spawn'),
      call('ptrace', PTRACE_SEIZE, resultOf(0), 0, 0),
      deed('reap', resultOf(0)),
    ]);

    expect(seenOf(done)).toEqual([traced('PTRACE_SEIZE', String(done.results[0]))]);
  });

  test('a refused one is told', async () => {
    const done = await harness.do([call('ptrace', PTRACE_ATTACH, process.pid, 0, 0)], {
      uid: NOBODY,
      gid: NOBODY,
    });

    const event = traced('PTRACE_ATTACH', String(process.pid));
    expect(seenOf(done, { uid: NOBODY })).toEqual([
      { ...event, attributes: { ...event.attributes, ...outcome('ptrace', 'EPERM') } },
    ]);
  });

  test('a child that asks to be traced is told', async () => {
    const done = await harness.do([deed('traceme')]);

    const child = String(done.results[0]);
    expect(done.events.find(({ event_type }) => event_type === 'priv_ptrace')).toMatchObject({
      data: ['0', 'PTRACE_TRACEME', 'deeds', child, child, '0'],
      attributes: { ...outcome('ptrace'), 'ptrace.request': 'PTRACE_TRACEME' },
    });
  });
});

describe('namespaces', () => {
  const CLONE_NEWUTS = 0x04000000;
  const CLONE_NEWIPC = 0x08000000;

  test('unshare names them', async () => {
    const flags = CLONE_NEWUTS | CLONE_NEWIPC;
    const done = await harness.do([call('unshare', flags)]);

    expect(seenOf(done)).toEqual([
      {
        type: 'priv_unshare',
        object: 'CLONE_NEWUTS|CLONE_NEWIPC',
        detail: String(flags),
        attributes: { ...outcome('unshare'), 'namespace.flags': 'CLONE_NEWUTS|CLONE_NEWIPC' },
      },
    ]);
  });

  test('setns says which kind and which one', async () => {
    const own = /\d+/.exec(readlinkSync('/proc/self/ns/uts'))?.[0];
    const done = await harness.do([call('open', '/proc/self/ns/uts', 0, 0), call('setns', 3, CLONE_NEWUTS)]);

    expect(done.results).toEqual([3, 0]);
    expect(seenOf(done)).toEqual([
      {
        type: 'priv_setns',
        object: `uts:[${own}]`,
        detail: 'CLONE_NEWUTS',
        attributes: {
          ...outcome('setns'),
          'namespace.flags': 'CLONE_NEWUTS',
          'namespace.path': `uts:[${own}]`,
          'file.inode': own,
        },
      },
    ]);
  });
});

describe('signals', () => {
  let victim: ChildProcess;
  beforeAll(() => {
    victim = spawn(harness.program('deeds'), [], {
      uid: NOBODY,
      gid: NOBODY,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  });
  afterAll(() => {
    victim.stdin?.end();
  });

  test("one to another user's process is told with its target", async () => {
    const target = String(victim.pid);
    const done = await harness.do([call('kill', Number(target), SIGCONT)]);

    expect(done.results).toEqual([0]);
    expect(seenOf(done)).toEqual([
      {
        type: 'priv_kill',
        object: target,
        detail: 'SIGCONT',
        attributes: {
          'process.signal': 'SIGCONT',
          'target.process.pid': target,
          'target.process.entity_id': expect.stringMatching(/^[\w-]{16}$/),
          'target.process.name': 'deeds',
          'target.process.executable': harness.program('deeds'),
          'target.user.id': '65534',
          'target.user.name': 'nobody',
        },
      },
    ]);
  });

  test.each([
    { syscall: 'kill', args: (pid: number) => [pid, SIGWINCH] },
    { syscall: 'tkill', args: (pid: number) => [pid, SIGWINCH] },
    { syscall: 'tgkill', args: (pid: number) => [pid, pid, SIGWINCH] },
  ])('one that $syscall is refused is told', async ({ syscall, args }) => {
    const done = await harness.do([call(syscall, ...args(process.pid))], { uid: NOBODY, gid: NOBODY });

    expect(done.results).toEqual([-1]);
    expect(seenOf(done, { uid: NOBODY })).toEqual([
      {
        type: 'priv_kill',
        object: String(process.pid),
        detail: 'SIGWINCH',
        attributes: {
          ...outcome(syscall, 'EPERM'),
          'process.signal': 'SIGWINCH',
          'target.process.pid': String(process.pid),
        },
      },
    ]);
  });

  test('one to a whole group that is refused names the group', async () => {
    const leader = spawn(harness.program('deeds'), [], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const group = -(leader.pid ?? 0);
    const done = await harness.do([call('kill', group, SIGWINCH)], { uid: NOBODY, gid: NOBODY });
    leader.stdin.end();

    expect(done.results).toEqual([-1]);
    expect(seenOf(done, { uid: NOBODY })).toEqual([
      {
        type: 'priv_kill',
        object: String(group),
        detail: 'SIGWINCH',
        attributes: { ...outcome('kill', 'EPERM'), 'process.signal': 'SIGWINCH' },
      },
    ]);
  });

  test('one to a process of the same user, or to itself, is not', async () => {
    const done = await harness.do([
      deed('spawn'),
      call('kill', resultOf(0), SIGCONT),
      call('kill', OWN_PID, SIGCONT),
      deed('reap', resultOf(0)),
    ]);

    expect(seenOf(done)).toEqual([]);
  });

  test('one to the agent is told whoever sends it, and a question is no heartbeat', async () => {
    const agent = harness.probe.pid;
    const done = await harness.do([call('kill', agent, 0), call('kill', agent, SIGCONT)]);

    expect(done.results).toEqual([0, 0]);
    expect(seenOf(done)).toEqual([
      {
        type: 'priv_kill',
        object: String(agent),
        detail: 'SIGCONT',
        attributes: expect.objectContaining({
          'process.signal': 'SIGCONT',
          'target.process.pid': String(agent),
          'target.user.id': '0',
        }),
      },
    ]);
  });
});

test('single system calls are told with arguments and result when asked for', async () => {
  const done = await harness.do([
    call('personality', 0xffffffff),
    call('getpriority', 0, 99_999_999),
    call('getpid'),
  ]);

  const seen = (name: string, result: string, args: string[], error?: string): SeenEvent => ({
    type: 'sys_call',
    object: name,
    detail: result,
    attributes: { ...outcome(name, error), 'syscall.args': JSON.stringify(args) },
  });
  expect(done.results.slice(0, 2)).toEqual([0, -3]);
  expect(seenOf(done)).toEqual([
    seen('personality', '0', ['0xffffffff', '0x0', '0x0', '0x0', '0x0', '0x0']),
    seen('getpriority', '-3', ['0x0', '0x5f5e0ff', '0x0', '0x0', '0x0', '0x0'], 'ESRCH'),
  ]);
});
