/** Live kernel events one after another, as a test writes their records. */
import { EventIdGenerator } from '../../../../src/core/event-id.ts';
import { KernelEvent } from '../../../../src/kernel/kernel-event.ts';
import { RECORD_LAYOUT } from '../../../../src/kernel/record-layout.ts';
import { RecordView } from '../../../../src/kernel/record-view.ts';
import { ProcessTree } from '../../../../src/pipeline/enrich/process-tree.ts';
import { RecordBuilder } from '../../kernel/record-builder.ts';

const H = RECORD_LAYOUT.record_header;
const P = RECORD_LAYOUT.path_record;
const E = RECORD_LAYOUT.exec_record;
const N = RECORD_LAYOUT.net_record;
const V = RECORD_LAYOUT.priv_record;
const X = RECORD_LAYOUT.exit_record;
const F = RECORD_LAYOUT.fork_record;
const BOOT_OFFSET_NS = 1_700_000_000_000_000_000n;
const EPERM = -1n;

/** The records of a shell that starts curl, which opens files, connects, changes its user and ends. */
export function liveRecords(): RecordBuilder[] {
  const records = [
    exec(100, 1, '/usr/bin/bash', 'bash\0-c\0curl x\0'),
    new RecordBuilder('process_fork', 'fork_record')
      .u32(F.child_tgid, 101)
      .u64(F.child_start_time_ns, 1_000_000_000n),
    exec(101, 100, '/usr/bin/curl', 'curl\0-s\0http://203.0.113.7/a\0'),
    exec(101, 100, '/usr/bin/nmap', 'nmap\0').u64(H.result, EPERM),
    ...['/etc/passwd', '/etc/shadow', '/tmp/x/y.so', '/etc/passwd'].map((path, index) =>
      of(101, 'file_open', 'path_record')
        .u64(H.result, index === 1 ? EPERM : 3n)
        .u32(P.flags, index === 2 ? 0o1101 : 0)
        .text(P.path, path),
    ),
    of(101, 'file_rename', 'path_record').text(P.path, '/tmp/a').text(P.path2, '/etc/cron.d/a'),
    end(of(101, 'net_connect', 'net_record').u64(H.result, -115n), 0),
    end(of(101, 'net_accept', 'net_record').u32(H.loginuid, 1000), 1),
    end(of(101, 'net_close', 'net_record').u64(N.bytes_sent, 900n).u64(N.duration_ns, 5_000_000n), 1),
    of(101, 'net_connect', 'net_record')
      .u16(N.family, 1)
      .u16(N.socket_type, 1)
      .text(N.unix_path, '/run/x.sock'),
    of(101, 'net_socket', 'net_record').u16(N.family, 17).u16(N.socket_type, 3),
    of(101, 'priv_setuid', 'priv_record').u32(H.syscall, 105).u32(H.euid, 0),
    of(101, 'priv_kill', 'priv_record')
      .u64(V.values, 9n)
      .u32(V.target_tgid, 100)
      .u64(V.target_start_time_ns, 1_000_000_000n),
    of(101, 'priv_mmap_exec', 'priv_record').u64(V.values + 16, 7n),
    of(101, 'process_exit', 'exit_record').u32(X.exit_code, 7),
    of(100, 'process_exit', 'exit_record').u32(X.signal, 11).u32(H.mnt_ns, 4026532177),
  ];
  return records.map((record, index) => record.u64(H.time_ns, 5_000_000_000n + BigInt(index) * 700_000_000n));
}

/** Hands each record to `visit` as a live event. */
export function forEachLive(records: readonly RecordBuilder[], visit: (event: KernelEvent) => void): void {
  const view = new RecordView(1 << 20);
  const processes = new ProcessTree({
    bootId: 'boot',
    userName: () => undefined,
    containerOf: () => undefined,
    readProcess: () => undefined,
  });
  const host = {
    processes,
    paths: { resolve: () => ({ path: '', resolution: 'lexical' as const }) },
    userName: () => undefined,
    groupName: () => undefined,
  };
  const identity = { hostname: 'host', podName: '', namespace: '', containerId: '', labels: {} };
  const event = new KernelEvent(view, host, identity, new EventIdGenerator(), BOOT_OFFSET_NS, 4026531840);
  for (const record of records) {
    const frame = record.frame();
    new Uint8Array(view.buffer).fill(0).set(frame);
    view.moveTo(0, frame.length);
    expect(event.begin()).toBe(true);
    visit(event);
  }
}

function of(
  pid: number,
  type: ConstructorParameters<typeof RecordBuilder>[0],
  struct: ConstructorParameters<typeof RecordBuilder>[1],
): RecordBuilder {
  return new RecordBuilder(type, struct)
    .u32(H.tgid, pid)
    .u32(H.tid, pid)
    .u32(H.ppid, pid === 100 ? 1 : 100)
    .u32(H.mnt_ns, 4026531840);
}

function exec(pid: number, parent: number, path: string, args: string): RecordBuilder {
  return of(pid, 'process_exec', 'exec_record')
    .u32(H.ppid, parent)
    .u64(H.parent_start_time_ns, 1_000_000_000n)
    .u32(E.argc, args.split('\0').length - 1)
    .text(E.executable, path)
    .text(E.given, path)
    .text(E.args, args)
    .text(E.cwd, '/srv')
    .text(E.tty, 'pts0');
}

function end(record: RecordBuilder, isInbound: number): RecordBuilder {
  return record
    .u16(N.family, 2)
    .u16(N.socket_type, 1)
    .u16(N.protocol, 6)
    .u16(N.is_inbound, isInbound)
    .u16(N.local_port, 8080)
    .u16(N.remote_port, isInbound === 1 ? 50_852 : 4444)
    .bytes(N.local, Uint8Array.of(127, 0, 0, 1))
    .bytes(N.remote, Uint8Array.of(203, 0, 113, 7));
}
