import fc from 'fast-check';
import { ENVELOPE_FIELDS } from '../../../src/core/envelope-fields.ts';
import { EventIdGenerator } from '../../../src/core/event-id.ts';
import { EVENT_TYPES, type EventType } from '../../../src/core/event-types.ts';
import { FIELD_NAMES } from '../../../src/core/fields.ts';
import { DESCRIPTIONS } from '../../../src/kernel/attributes/describe.ts';
import { KernelEvent } from '../../../src/kernel/kernel-event.ts';
import { RECORD_FLAG, RECORD_LAYOUT } from '../../../src/kernel/record-layout.ts';
import { RecordView } from '../../../src/kernel/record-view.ts';
import { ProcessTree } from '../../../src/pipeline/enrich/process-tree.ts';
import { RecordBuilder } from './record-builder.ts';

type Struct = 'path_record' | 'exec_record' | 'fork_record' | 'exit_record' | 'net_record' | 'priv_record';
const H = RECORD_LAYOUT.record_header;
const P = RECORD_LAYOUT.path_record;
const E = RECORD_LAYOUT.exec_record;
const N = RECORD_LAYOUT.net_record;
const V = RECORD_LAYOUT.priv_record;
const TYPES = EVENT_TYPES.filter((type) => DESCRIPTIONS[type] !== undefined);
const TEXTS: Partial<Record<Struct, readonly number[]>> = {
  path_record: [P.path, P.given, P.path2, P.given2, P.extra],
  exec_record: [E.executable, E.given, E.interpreter, E.args, E.cwd, E.tty, E.cgroup],
  net_record: [N.unix_path],
  priv_record: [V.path, V.name],
};

function structOf(type: EventType): Struct {
  switch (type) {
    case 'process_exec':
      return 'exec_record';
    case 'process_fork':
      return 'fork_record';
    case 'process_exit':
      return 'exit_record';
    default:
      if (type.startsWith('net_')) {
        return 'net_record';
      }
      return type.startsWith('file_') || type.startsWith('fs_') ? 'path_record' : 'priv_record';
  }
}

const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 1, 2, 3, 6, 10, 100, 0o100644, 0o1101, 0xffff, 0xffffffff) },
  { weight: 1, arbitrary: fc.nat(0xffffffff) },
);
const sample = fc.record({
  type: fc.constantFrom(...TYPES),
  words: fc.array(word, { minLength: 31, maxLength: 31 }),
  flags: fc.nat().map((bits) => bits & Object.values(RECORD_FLAG).reduce((all, flag) => all | flag, 0)),
  syscall: fc.constantFrom(59, 105, 117, 119, 257, 165, 429, 9999, 0xffffffff),
  result: fc.constantFrom(0n, 3n, -1n, -2n, -115n, -4096n),
  texts: fc.array(fc.uint8Array({ maxLength: 6 }), { minLength: 7, maxLength: 7 }),
});

function frameOf({
  type,
  words,
  flags,
  syscall,
  result,
  texts,
}: typeof sample extends fc.Arbitrary<infer T> ? T : never): Buffer {
  const struct = structOf(type);
  const builder = new RecordBuilder(type, struct);
  for (let offset = H.$size; offset + 4 <= RECORD_LAYOUT[struct].$size; offset += 4) {
    builder.u32(offset, words[(offset / 4) % words.length] ?? 0);
  }
  builder.u16(H.flags, flags).u32(H.syscall, syscall).u64(H.result, result);
  (TEXTS[struct] ?? []).forEach((offset, index) => {
    builder.text(offset, texts[index] ?? new Uint8Array());
  });
  return builder.frame();
}

function makeEvent(view: RecordView): KernelEvent {
  const processes = new ProcessTree({
    bootId: 'boot',
    userName: (uid) => (uid === 1000 ? 'joe' : undefined),
    containerOf: () => undefined,
    readProcess: () => undefined,
  });
  const host = {
    processes,
    paths: {
      resolve: (_pid: number, base: string, given: string) => ({
        path: `${base}/${given}`,
        resolution: 'lexical' as const,
      }),
    },
    userName: (uid: number) => (uid < 100 ? `user${uid}` : undefined),
    groupName: (gid: number) => (gid < 100 ? `group${gid}` : undefined),
  };
  const identity = { hostname: 'host', podName: '', namespace: '', containerId: '', labels: { node: 'n"' } };
  return new KernelEvent(view, host, identity, new EventIdGenerator(), 0n, 1);
}

test('KernelEvent.get() gives each field that visitAttributes() gives, once, and no other', () => {
  const view = new RecordView(1 << 20);
  const event = makeEvent(view);
  const seenTypes = new Set<EventType>();
  const seenNames = new Set<string>();
  fc.assert(
    fc.property(sample, (record) => {
      const frame = frameOf(record);
      new Uint8Array(view.buffer).set(frame);
      view.moveTo(0, frame.length);
      expect(event.begin()).toBe(true);
      const visited = new Map<string, string>();
      const twice: string[] = [];
      event.visitAttributes((name, value) => {
        if (visited.has(name)) {
          twice.push(name);
        }
        visited.set(name, value);
      });
      expect(twice).toEqual([]);
      for (const [name, read] of Object.entries(ENVELOPE_FIELDS)) {
        expect(visited.has(name)).toBe(false);
        const value = read(event);
        if (value !== undefined) {
          visited.set(name, value);
        }
      }
      const asked = [...new Set([...FIELD_NAMES, ...visited.keys(), 'file.path.hex', 'toString', ''])];
      expect(asked.map((name) => [name, event.get(name)])).toEqual(
        asked.map((name) => [name, visited.get(name)]),
      );
      seenTypes.add(event.type);
      for (const name of visited.keys()) {
        seenNames.add(name);
      }
    }),
    { numRuns: 500 },
  );
  expect([...seenTypes].sort()).toEqual([...TYPES].sort());
  expect(seenNames.size).toBeGreaterThan(100);
});
