import fc from 'fast-check';
import { encodeEnvelope, encodeEvent } from '../../../src/core/envelope-json.ts';
import { toEnvelope } from '../../../src/core/event.ts';
import { EventIdGenerator } from '../../../src/core/event-id.ts';
import type { EventType } from '../../../src/core/event-types.ts';
import { KernelEvent } from '../../../src/kernel/kernel-event.ts';
import { RECORD_FLAG, RECORD_LAYOUT } from '../../../src/kernel/record-layout.ts';
import { RecordView } from '../../../src/kernel/record-view.ts';
import { ProcessTree } from '../../../src/pipeline/enrich/process-tree.ts';
import { RecordBuilder } from './record-builder.ts';

const H = RECORD_LAYOUT.record_header;
const P = RECORD_LAYOUT.path_record;
const IDS = [H.uid, H.gid, H.euid, H.loginuid, H.sessionid, H.mnt_ns, H.pid_ns, H.tgid, H.tid];
const STRUCTS = {
  file_open: 'path_record',
  file_rename: 'path_record',
  process_exec: 'exec_record',
  process_fork: 'fork_record',
  process_exit: 'exit_record',
  net_connect: 'net_record',
  sys_call: 'priv_record',
  priv_kill: 'priv_record',
} as const satisfies Partial<Record<EventType, string>>;
const TYPES = Object.keys(STRUCTS) as (keyof typeof STRUCTS)[]; // of the literal above

const id = fc.constantFrom(0, 1, 2, 1000, 0x7fffffff, 0x80000001, 0xffffffff);
const record = fc.record({
  type: fc.constantFrom(...TYPES),
  flags: fc.constantFrom(
    0,
    RECORD_FLAG.compat32,
    RECORD_FLAG.kernelThread,
    RECORD_FLAG.givenFault | RECORD_FLAG.compat32,
  ),
  result: fc.constantFrom(0n, 3n, -1n, -2n, -115n, -4095n, -4096n, -(2n ** 40n), 2n ** 40n),
  syscall: fc.constantFrom(0, 59, 257, 110, 9999, 0xffffffff),
  cgroup: fc.constantFrom(1n, 2n, 2n ** 32n + 1n),
  comm: fc.constantFrom('a', 'b"', '\u00e9'),
  ids: fc.tuple(...IDS.map(() => id)),
  given: fc.string({ unit: 'binary', maxLength: 4 }),
});

type RecordSample = typeof record extends fc.Arbitrary<infer T> ? T : never;

function frameOf({ type, flags, result, syscall, cgroup, comm, ids, given }: RecordSample): Buffer {
  const builder = new RecordBuilder(type, STRUCTS[type]);
  builder.u16(H.flags, flags).u64(H.result, result).u32(H.syscall, syscall).u64(H.cgroup_id, cgroup);
  builder.bytes(H.comm, Buffer.from(comm.padEnd(8, '\0')));
  IDS.forEach((offset, index) => {
    builder.u32(offset, ids[index] ?? 0);
  });
  return STRUCTS[type] === 'path_record' ? builder.text(P.given, given).frame() : builder.frame();
}

/** Encodes with caches that saw all events before, and by the way that has none. */
test('encodeEvent() writes the members that visitAttributes() gives, whatever came before', () => {
  const view = new RecordView(1 << 20);
  const tree = new ProcessTree({
    bootId: 'boot',
    userName: () => undefined,
    containerOf: () => undefined,
    readProcess: () => undefined,
  });
  const host = {
    processes: tree,
    paths: {
      resolve: (_pid: number, base: string, given: string) => ({
        path: `${base}/${given}`,
        resolution: 'lexical' as const,
      }),
    },
    userName: () => undefined,
    groupName: () => undefined,
  };
  const identity = { hostname: 'host', podName: '', namespace: '', containerId: '', labels: { node: 'n"' } };
  const event = new KernelEvent(view, host, identity, new EventIdGenerator(), 0n, 1);
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
      for (const one of records) {
        const frame = frameOf(one);
        new Uint8Array(view.buffer).set(frame);
        view.moveTo(0, frame.length);
        expect(event.begin()).toBe(true);
        const fast = encodeEvent(event);
        expect(fast).toBe(encodeEnvelope(toEnvelope(event)));
      }
    }),
  );
});
