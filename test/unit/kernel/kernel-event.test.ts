import { encodeEvent } from '../../../src/core/envelope-json.ts';
import { toEnvelope } from '../../../src/core/event.ts';
import { EventIdGenerator } from '../../../src/core/event-id.ts';
import type { ExecFacts, HostContext } from '../../../src/core/host-context.ts';
import { KernelEvent } from '../../../src/kernel/kernel-event.ts';
import { PATH_STATE, RECORD_FLAG, RECORD_LAYOUT } from '../../../src/kernel/record-layout.ts';
import { RecordView } from '../../../src/kernel/record-view.ts';
import { ProcessTree } from '../../../src/pipeline/enrich/process-tree.ts';
import { RecordBuilder } from './record-builder.ts';

const H = RECORD_LAYOUT.record_header;
const P = RECORD_LAYOUT.path_record;
const E = RECORD_LAYOUT.exec_record;
const N = RECORD_LAYOUT.net_record;
const V = RECORD_LAYOUT.priv_record;
const BOOT_OFFSET_NS = 1_700_000_000_000_000_000n;
const OWN_MOUNT_NS = 4026531840;

function eventOf(builder: RecordBuilder): { event: KernelEvent; execs: ExecFacts[]; viewers: number[] } {
  const view = new RecordView(1 << 20);
  const frame = builder.frame();
  new Uint8Array(view.buffer).set(frame);
  view.moveTo(0, frame.length);
  const tree = new ProcessTree({
    bootId: 'boot',
    userName: () => undefined,
    containerOf: () => undefined,
    readProcess: () => undefined,
  });
  const execs: ExecFacts[] = [];
  const viewers: number[] = [];
  const onExec = tree.onExec.bind(tree);
  tree.onExec = (facts) => {
    execs.push(facts);
    return onExec(facts);
  };
  const host: HostContext = {
    processes: tree,
    paths: {
      resolve: (pid, base, given, followsLast) => {
        viewers.push(pid);
        if (followsLast === true) {
          return { path: '/followed', resolution: 'lookup' };
        }
        return { path: given.startsWith('/') ? given : `${base}/${given}`, resolution: 'lexical' };
      },
    },
    userName: (uid) => (uid === 0 ? 'root' : undefined),
    groupName: () => undefined,
  };
  const identity = { hostname: 'host', podName: '', namespace: '', containerId: '', labels: {} };
  const event = new KernelEvent(view, host, identity, new EventIdGenerator(), BOOT_OFFSET_NS, OWN_MOUNT_NS);
  expect(event.begin()).toBe(true);
  return { event, execs, viewers };
}

function attributesOf(builder: RecordBuilder): Readonly<Record<string, string>> {
  return toEnvelope(eventOf(builder).event).attributes;
}

const opened = (): RecordBuilder =>
  new RecordBuilder('file_open', 'path_record').u64(H.result, 7n).u32(P.fd, 7).text(P.path, '/etc/passwd');

describe('KernelEvent', () => {
  test('gives an open upstream data vector with the resolved path', () => {
    const { event } = eventOf(opened().u32(P.flags, 0o1101).text(P.given, '../etc/passwd'));
    expect(toEnvelope(event)).toMatchObject({
      event_type: 'file_open',
      ts_unix_nano: BOOT_OFFSET_NS + 5_000_000_000n,
      data: ['/etc/passwd', '577', 'worker', '100', '101', '1000'],
      attributes: {
        'event.outcome': 'success',
        'syscall.name': 'openat',
        'file.path': '/etc/passwd',
        'file.path.given': '../etc/passwd',
        'file.path.resolution': 'kernel',
        'file.flags': 'O_WRONLY|O_CREAT|O_TRUNC',
        'file.fd': '7',
      },
    });
  });

  test('writes the same JSON as its envelope', () => {
    const { event } = eventOf(opened().text(P.given, 'sp ace"\\ü\n'));
    const parsed = JSON.parse(encodeEvent(event)) as { attributes: Record<string, string> };
    expect(parsed.attributes).toEqual(toEnvelope(event).attributes);
    expect(parsed.attributes['file.path.given']).toBe('sp ace"\\ü\n');
  });

  test('says what an open did to the file', () => {
    const state = PATH_STATE.created | PATH_STATE.openedForWriting;
    expect(attributesOf(opened().u32(P.state, state))).toMatchObject({
      'file.created': 'true',
      'file.written': 'true',
    });
    expect(attributesOf(opened())).toMatchObject({ 'file.created': 'false' });
  });

  test('names the error of a call that failed and joins its path to the base', () => {
    const builder = new RecordBuilder('file_open', 'path_record')
      .u64(H.result, -2n)
      .u16(H.flags, RECORD_FLAG.pathBase)
      .u32(P.flags, 0o400000)
      .text(P.given, 'missing')
      .text(P.path, '/srv');
    const attributes = attributesOf(builder);
    expect(attributes).toMatchObject({
      'event.outcome': 'failure',
      'error.code': 'ENOENT',
      'file.path': '/srv/missing',
      'file.path.resolution': 'lexical',
    });
    expect(attributes).not.toHaveProperty('file.fd');
    expect(attributes).not.toHaveProperty('file.created');
  });

  test('looks a path up as ourselves in our own mount namespace, else as the process', () => {
    const unlinked = (mountNs: number): RecordBuilder =>
      new RecordBuilder('file_unlink', 'path_record')
        .u16(H.flags, RECORD_FLAG.pathBase)
        .u32(H.mnt_ns, mountNs)
        .text(P.given, 'a')
        .text(P.path, '/tmp');
    const own = eventOf(unlinked(OWN_MOUNT_NS));
    expect(own.event.object).toBe('/tmp/a');
    expect(own.viewers).toEqual([0]);
    const other = eventOf(unlinked(4026532000));
    expect(other.event.object).toBe('/tmp/a');
    expect(other.viewers).toEqual([100]);
  });

  test.each([
    ['file_chmod', 90, 0, '/followed'],
    ['file_chmod', 452, 0x100, '/tmp/a'],
    ['file_chown', 92, 0, '/followed'],
    ['file_chown', 94, 0, '/tmp/a'],
    ['file_truncate', 76, 0, '/followed'],
    ['file_unlink', 87, 0, '/tmp/a'],
  ] as const)(
    'follows the last link of %s, call %i with flags %i, as the kernel did',
    (type, call, flags, path) => {
      const { event } = eventOf(
        new RecordBuilder(type, 'path_record')
          .u32(H.syscall, call)
          .u32(P.flags, flags)
          .u16(H.flags, RECORD_FLAG.pathBase)
          .text(P.given, 'a')
          .text(P.path, '/tmp'),
      );
      expect(event.object).toBe(path);
    },
  );

  test('keeps the bytes of a name that is not UTF-8', () => {
    const attributes = attributesOf(
      new RecordBuilder('file_open', 'path_record').text(P.path, Buffer.from([0x2f, 0xff, 0x61])),
    );
    expect(attributes).toMatchObject({ 'file.path': '/\ufffda', 'file.path.hex': '2fff61' });
  });

  test('splits arguments at their NULs and keeps empty ones', () => {
    const { event, execs } = eventOf(
      new RecordBuilder('process_exec', 'exec_record')
        .text(E.executable, '/usr/bin/printf')
        .text(E.args, "printf\0a b\0\0it's\0")
        .u32(E.argc, 4),
    );
    expect(event.args()).toEqual(['printf', 'a b', '', "it's"]);
    expect(execs).toMatchObject([
      { pid: 100, executable: '/usr/bin/printf', argsCount: 4, argsTruncated: false },
    ]);
    expect(JSON.parse(event.get('process.args') ?? '')).toEqual(['printf', 'a b', '', "it's"]);
  });

  test('does not let a failed exec change the process', () => {
    const { event, execs } = eventOf(
      new RecordBuilder('process_exec', 'exec_record')
        .u64(H.result, -13n)
        .u32(H.syscall, 59)
        .text(E.given, '/x'),
    );
    expect(execs).toEqual([]);
    expect(event.object).toBe('/x');
    expect(event.get('error.code')).toBe('EACCES');
  });

  test('puts the caller of connect at the source', () => {
    const builder = new RecordBuilder('net_connect', 'net_record')
      .u64(H.result, -115n)
      .u16(N.family, 2)
      .u16(N.socket_type, 1)
      .u16(N.protocol, 6)
      .u16(N.local_port, 40000)
      .u16(N.remote_port, 443)
      .bytes(N.local, Uint8Array.of(10, 0, 0, 1))
      .bytes(N.remote, Uint8Array.of(192, 0, 2, 7));
    expect(eventOf(builder).event.object).toBe('192.0.2.7:443');
    expect(attributesOf(builder)).toMatchObject({
      'event.outcome': 'unknown',
      'source.ip': '10.0.0.1',
      'source.port': '40000',
      'destination.ip': '192.0.2.7',
      'destination.port': '443',
      'network.transport': 'tcp',
      'network.direction': 'egress',
    });
  });

  test('turns the ends around for a connection that was accepted', () => {
    const attributes = attributesOf(
      new RecordBuilder('net_close', 'net_record')
        .u32(H.syscall, 0xffffffff)
        .u16(N.family, 2)
        .u16(N.protocol, 6)
        .u16(N.is_inbound, 1)
        .u64(N.bytes_sent, 10n)
        .u64(N.bytes_received, 3n)
        .u16(N.local_port, 80)
        .u16(N.remote_port, 50000),
    );
    expect(attributes).toMatchObject({
      'source.port': '50000',
      'destination.port': '80',
      'source.bytes': '3',
      'destination.bytes': '10',
      'network.direction': 'ingress',
    });
    expect(attributes).not.toHaveProperty('event.outcome');
  });

  test('shows an abstract unix name with an at sign', () => {
    const { event } = eventOf(
      new RecordBuilder('net_connect', 'net_record').u16(N.family, 1).text(N.unix_path, '\0bus'),
    );
    expect(event.object).toBe('@bus');
  });

  test('leaves out the ids that a setresuid keeps', () => {
    const attributes = attributesOf(
      new RecordBuilder('priv_setuid', 'priv_record')
        .u32(H.syscall, 117)
        .u32(V.values, 0xffffffff)
        .u32(V.values + 8, 0)
        .u32(V.values + 16, 0xffffffff),
    );
    expect(attributes).toMatchObject({ 'user.changes.effective.id': '0', 'user.changes.name': 'root' });
    expect(attributes).not.toHaveProperty(['user.changes.id']);
  });

  test('takes no record of an unknown type', () => {
    const view = new RecordView(4096);
    const frame = new RecordBuilder('file_open', 'path_record').u16(H.type, 999).frame();
    new Uint8Array(view.buffer).set(frame);
    view.moveTo(0, frame.length);
    const { event } = eventOf(opened());
    const unknown = new KernelEvent(
      view,
      event.host,
      { hostname: '', podName: '', namespace: '', containerId: '', labels: {} },
      new EventIdGenerator(),
      0n,
      0,
    );
    expect(unknown.begin()).toBe(false);
  });
});
