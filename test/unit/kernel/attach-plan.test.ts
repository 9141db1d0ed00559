import { EVENT_TYPES, type EventType } from '../../../src/core/event-types.ts';
import { syscallNumber } from '../../../src/core/linux/syscalls.ts';
import { describeAttachPlan, planPrograms } from '../../../src/kernel/attach-plan.ts';
import { actionEntries, HANDLERS } from '../../../src/kernel/syscall-actions.ts';

const AGENT_ONLY = 512;
const HEARTBEAT = 1024;

function entryOf(types: EventType[], name: string, table: 'x64' | 'ia32' = 'x64') {
  const number = syscallNumber(name, table) ?? Number.NaN;
  const index = number + (table === 'ia32' ? 1024 : 0);
  return actionEntries(new Set(types), [], true).find((entry) => entry.index === index);
}

describe('actionEntries()', () => {
  test.each([
    ['file_open', ['open', 'openat', 'openat2', 'creat', 'open_by_handle_at']],
    ['file_unlink', ['unlink', 'unlinkat']],
    ['file_rmdir', ['rmdir', 'unlinkat']],
    ['file_rename', ['rename', 'renameat', 'renameat2']],
    ['file_link', ['link', 'linkat']],
    ['file_chmod', ['chmod', 'fchmod', 'fchmodat', 'fchmodat2']],
    ['file_chown', ['chown', 'lchown', 'fchown', 'fchownat']],
    ['net_accept', ['accept', 'accept4']],
    ['priv_kill', ['kill', 'tkill', 'tgkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo']],
  ] satisfies [EventType, string[]][])('looks at every variant for %s', (type, names) => {
    for (const name of names) {
      expect(entryOf([type], name)).toBeDefined();
    }
  });

  test('looks at nothing but its own kill when only process hooks are wanted', () => {
    const entries = actionEntries(new Set<EventType>(['process_fork', 'process_exit']), [], true);
    expect(entries.map(({ index }) => index)).toEqual([syscallNumber('kill', 'x64')]);
    expect(new DataView(entries[0]?.value.buffer as ArrayBuffer).getUint16(2, true)).toBe(
      AGENT_ONLY | HEARTBEAT,
    );
  });

  test('takes 32-bit calls under their own numbers', () => {
    expect(entryOf(['file_open'], 'openat', 'ia32')).toBeDefined();
    expect(entryOf(['priv_setuid'], 'setuid32', 'ia32')).toBeDefined();
  });

  test('writes argument positions as the kernel reads them', () => {
    const value = entryOf(['file_rename'], 'renameat2')?.value ?? new Uint8Array();
    expect([...new Int8Array(value.buffer, 4, 6)]).toEqual([0, 1, 2, 3, 4, -1]);
    expect(value[0]).toBe(HANDLERS.path.id);
  });

  test('reports the named calls as sys_call', () => {
    const entries = actionEntries(new Set<EventType>(['sys_call']), ['getppid'], false);
    expect(entries.map(({ index }) => index)).toContain(syscallNumber('getppid', 'x64'));
  });
});

describe('actionEntries() where one call serves two', () => {
  test('reports kill as sys_call and keeps it the heartbeat', () => {
    const entries = actionEntries(new Set<EventType>(['sys_call']), ['kill'], false);
    expect(entries.map(({ handler }) => handler)).toEqual(['arguments']);
    expect(new DataView(entries[0]?.value.buffer as ArrayBuffer).getUint16(2, true)).toBe(HEARTBEAT);
  });

  test.each(['file_read', 'file_write'] as const)('looks at opens for %s alone', (type) => {
    for (const name of ['open', 'openat', 'openat2', 'creat', 'open_by_handle_at']) {
      expect(entryOf([type], name)?.handler).toBe('open');
    }
  });
});

describe('planPrograms()', () => {
  test('always follows processes, and loads no handler that nobody needs', () => {
    const plan = planPrograms(new Set<EventType>(['net_listen']), ['bind'], false);
    expect([...plan.programs].sort()).toEqual(
      ['on_exec', 'on_exit', 'on_fork', 'on_io_uring', 'on_syscall_exit', 'syscall_bind'].sort(),
    );
  });

  test('says what an older kernel does not see', () => {
    const plan = planPrograms(new Set<EventType>(['priv_mmap_exec']), ['mprotect'], true);
    expect(plan.programs.has('on_io_uring')).toBe(false);
    expect(plan.leftOut).toHaveLength(2);
  });
});

describe('describeAttachPlan()', () => {
  test('has a way or a reason for every type', () => {
    const plans = describeAttachPlan();
    expect(plans.map(({ type }) => type)).toEqual(EVENT_TYPES);
    for (const { way, hooks, reason } of plans) {
      expect(way === undefined ? reason : hooks[0]).toEqual(expect.stringMatching(/./));
    }
  });
});
