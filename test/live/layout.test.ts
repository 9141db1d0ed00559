/** The types in the compiled kernel programs against what the decoder believes of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_TYPE_IDS } from '../../src/core/event-types.ts';
import { syscallNumber } from '../../src/core/linux/syscalls.ts';
import {
  COUNTERS_LAYOUT,
  LOST_REASONS,
  PATH_STATE,
  RECORD_FLAG,
  RECORD_LAYOUT,
} from '../../src/kernel/record-layout.ts';
import { actionEntries, HANDLERS } from '../../src/kernel/syscall-actions.ts';
import { type Btf, readBtf } from './support/btf.ts';

const OBJECTS = ['sentinel.bpf.o', 'sentinel-older.bpf.o'];

/** Our word for a kernel name where it is not the same in camel case. */
const OUR_WORDS: Readonly<Record<string, string>> = {
  kthread: 'kernelThread',
  truncatedFile: 'truncated',
  openedWrite: 'openedForWriting',
  isFd: 'isDescriptor',
};

const camel = (name: string): string =>
  name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** The values of an enum under our names. */
function valuesOf(btf: Btf, name: string, prefix: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(btf.enums.get(name) ?? {}).map(([key, value]) => {
      const word = camel(key.slice(prefix.length));
      return [OUR_WORDS[word] ?? word, value];
    }),
  );
}

describe.each(OBJECTS)('%s', (file) => {
  const btf = readBtf(readFileSync(join(__dirname, '../../build/bpf', file)));

  test.each(Object.keys(RECORD_LAYOUT) as (keyof typeof RECORD_LAYOUT)[])('struct %s', (name) => {
    const struct = btf.structs.get(name);
    const members = Object.entries(struct?.members ?? {}).filter(
      ([key]) => key !== 'h' && !key.startsWith('pad'),
    );
    expect(RECORD_LAYOUT[name]).toEqual({ ...Object.fromEntries(members), $size: struct?.size });
  });

  test('struct type_counters', () => {
    const struct = btf.structs.get('type_counters');
    expect(COUNTERS_LAYOUT).toEqual({ ...struct?.members, $size: struct?.size });
  });

  test('struct text_ref is an offset and a length of 16 bits each', () => {
    expect(btf.structs.get('text_ref')).toEqual({ members: { offset: 0, length: 2 }, size: 4 });
  });

  test('enum event_type', () => {
    const kernel = Object.entries(btf.enums.get('event_type') ?? {}).map(([key, value]) => [
      key.replace(/^EVENT_/, '').toLowerCase(),
      value,
    ]);
    const count = Object.keys(EVENT_TYPE_IDS).length + 1;
    expect(Object.fromEntries(kernel)).toEqual({ none: 0, ...EVENT_TYPE_IDS, type_count: count });
  });

  test('enum lost_reason', () => {
    const { reasonCount, ...kernel } = valuesOf(btf, 'lost_reason', 'LOST_');
    const ours = Object.fromEntries(LOST_REASONS.map((reason, index) => [camel(reason), index]));
    expect(ours).toEqual(kernel);
    expect(LOST_REASONS.length).toBeLessThanOrEqual(reasonCount ?? 0);
  });

  test('enum record_flag', () => {
    expect(RECORD_FLAG).toEqual(valuesOf(btf, 'record_flag', 'RECORD_'));
  });

  test('enum path_state', () => {
    expect(PATH_STATE).toEqual(valuesOf(btf, 'path_state', 'PATH_'));
  });

  test('enum handler, and a program for each', () => {
    const { none, count, ...kernel } = valuesOf(btf, 'handler', 'HANDLER_');
    const ours = Object.fromEntries(Object.entries(HANDLERS).map(([name, { id }]) => [name, id]));
    expect(ours).toEqual(kernel);
    expect({ none, count }).toEqual({ none: 0, count: Object.keys(HANDLERS).length + 1 });
    for (const { program } of Object.values(HANDLERS)) {
      expect(btf.functions).toContain(program);
    }
  });

  test('struct syscall_action, as the loader writes it', () => {
    const struct = btf.structs.get('syscall_action');
    const flags = btf.enums.get('action_flag') ?? {};
    const calls = {
      creat: { handler: 1, type: 4, flags: flags['ACTION_CREAT'], path_arg: 0, mode_arg: 1 },
      openat2: {
        handler: 1,
        type: 4,
        flags: flags['ACTION_OPEN_HOW'],
        dirfd_arg: 0,
        path_arg: 1,
        flags_arg: 2,
      },
      unlinkat: {
        handler: 2,
        type: 5,
        flags: flags['ACTION_REMOVEDIR'],
        dirfd_arg: 0,
        path_arg: 1,
        flags_arg: 2,
      },
      symlinkat: {
        handler: 2,
        type: 8,
        flags: flags['ACTION_RAW_TEXT'],
        dirfd_arg: 1,
        path_arg: 2,
        path2_arg: 0,
      },
      renameat: { handler: 2, type: 6, flags: 0, dirfd_arg: 0, path_arg: 1, dirfd2_arg: 2, path2_arg: 3 },
      mknod: { handler: 2, type: 11, flags: flags['ACTION_DEVICE'], path_arg: 0, mode_arg: 1, size_arg: 2 },
      fchown: { handler: 3, type: 13, flags: 0, fd_arg: 0, uid_arg: 1, gid_arg: 2 },
      sendmsg: { handler: 10, type: 25, flags: flags['ACTION_MSGHDR'], fd_arg: 0 },
      sendmmsg: { handler: 10, type: 25, flags: flags['ACTION_MMSGHDR'], fd_arg: 0 },
      execve: { handler: 6, type: 1, flags: flags['ACTION_SKIP_SUCCESS'], path_arg: 0 },
    };
    const every = new Set(Object.keys(EVENT_TYPE_IDS) as (keyof typeof EVENT_TYPE_IDS)[]);
    const entries = new Map(actionEntries(every, [], true).map((entry) => [entry.index, entry.value]));
    for (const [name, expected] of Object.entries(calls)) {
      const value = Buffer.from(entries.get(syscallNumber(name, 'x64') ?? -1) ?? []);
      expect({ name, size: value.length }).toEqual({ name, size: struct?.size });
      const read = Object.entries(struct?.members ?? {})
        .filter(([member]) => member !== 'pad')
        .map(([member, offset]) => [
          member,
          member === 'flags' ? value.readUInt16LE(offset) : value.readInt8(offset),
        ])
        .filter(([member, number]) => !String(member).endsWith('_arg') || number !== -1);
      expect({ name, ...Object.fromEntries(read) }).toEqual({ name, ...expected });
    }
  });
});
