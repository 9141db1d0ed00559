import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AttachSpec, BpfObject } from '../../native/index.ts';
import { BpfError } from '../../native/index.ts';
import { bpfObject, bpfTest, native, readU32, readU64, take, thrownBy, u32, until } from './fixture.ts';

const KIND = { rawTracepoint: 0, tpBtf: 1, tracepoint: 2, uprobe: 3, xdp: 6 } as const;

let object: BpfObject;

/** Loads only `program`, for this process. */
function load(program: string): void {
  for (const other of object.programs.values()) {
    other.autoload = other.name === program;
  }
  const rodata = take(object.maps, '.rodata');
  const value = rodata.initialValue ?? new Uint8Array();
  value.set(u32(process.pid));
  rodata.initialValue = value;
  object.load();
}

function hits(kind: number): bigint {
  return readU64(take(object.maps, 'hits').get(u32(kind)));
}

/** One system call each; jest’s copy of `process` keeps `ppid` as a plain value, this stays a function. */
function callGetegid(times: number): void {
  for (let i = 0; i < times; i++) {
    process.getegid?.();
  }
}

beforeEach(() => {
  object = native.openObject(bpfObject('kinds'), { name: 'kinds' });
});

afterEach(() => {
  object.close();
});

test('openObject() lists programs with section and type', () => {
  const names = [
    'on_raw_tp',
    'on_tp_btf',
    'on_tracepoint',
    'on_uprobe',
    'on_kprobe',
    'on_fentry',
    'on_xdp',
    'each_task',
  ];
  expect([...object.programs.keys()].toSorted()).toEqual(names.toSorted());
  expect(take(object.programs, 'on_tp_btf')).toMatchObject({
    section: 'tp_btf/sys_enter',
    type: 'tracing',
    autoload: true,
  });
  expect(take(object.programs, 'on_xdp')).toMatchObject({ section: 'xdp', type: 'xdp' });
});

const syscallCases: [string, number, AttachSpec][] = [
  ['on_raw_tp', KIND.rawTracepoint, { kind: 'raw_tracepoint', name: 'sys_enter' }],
  ['on_raw_tp', KIND.rawTracepoint, { kind: 'auto' }],
  ['on_tp_btf', KIND.tpBtf, { kind: 'tp_btf' }],
  ['on_tp_btf', KIND.tpBtf, { kind: 'auto' }],
  ['on_tracepoint', KIND.tracepoint, { kind: 'tracepoint', category: 'syscalls', name: 'sys_enter_getegid' }],
  ['on_tracepoint', KIND.tracepoint, { kind: 'auto' }],
];

bpfTest.each(syscallCases)('attach() of %s (%i) by %j sees each call until closed', (program, kind, spec) => {
  load(program);
  callGetegid(10);
  expect(hits(kind)).toBe(0n);

  const link = take(object.programs, program).attach(spec);
  expect(link.id()).toBeGreaterThan(0);
  callGetegid(1000);
  const seen = hits(kind);
  expect(seen).toBeGreaterThanOrEqual(1000n);

  link.close();
  const atClose = hits(kind);
  callGetegid(1000);
  expect(hits(kind)).toBe(atClose);
  link.close();
  expect(() => link.id()).toThrow(expect.objectContaining({ code: 'EBADF' }));
});

bpfTest('attach() by uprobe sees calls of a libc function by its symbol', () => {
  load('on_uprobe');
  const libc = /\s(\/\S*\/libc\.so\.6)\n/.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1] ?? '';
  using link = take(object.programs, 'on_uprobe').attach({
    kind: 'uprobe',
    path: libc,
    symbol: 'getegid',
    pid: process.pid,
  });
  expect(link.id()).not.toBe(0);
  callGetegid(100);
  expect(hits(KIND.uprobe)).toBeGreaterThanOrEqual(100n);
});

bpfTest('attach() by xdp in generic mode sees a packet on the loopback interface', async () => {
  load('on_xdp');
  using link = take(object.programs, 'on_xdp').attach({ kind: 'xdp', interface: 'lo', mode: 'generic' });
  expect(link.id()).toBeGreaterThan(0);
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const arrived = once(socket, 'message');
  socket.send('x', socket.address().port, '127.0.0.1');
  await arrived;
  socket.close();
  expect(hits(KIND.xdp)).toBeGreaterThanOrEqual(1n);
});

bpfTest('attach() by xdp in native mode is refused by the loopback interface with its errno', () => {
  load('on_xdp');
  const error = thrownBy(() =>
    take(object.programs, 'on_xdp').attach({ kind: 'xdp', ifindex: 1, mode: 'native' }),
  );
  expect(error).toBeInstanceOf(BpfError);
  expect(error).toMatchObject({ code: 'EOPNOTSUPP', message: expect.stringContaining('on_xdp') });
});

bpfTest('read() of an iterator link returns its whole output, and EFBIG under a smaller bound', () => {
  load('each_task');
  using link = take(object.programs, 'each_task').attach({ kind: 'iter' });
  const output = link.read(1 << 20);
  const pids = Array.from({ length: output.length / 4 }, (_, index) => readU32(output, index * 4));
  expect(pids).toContain(process.pid);
  expect(pids.length).toBeGreaterThan(1);
  expect(new Set(pids).size).toBe(pids.length);
  expect(link.read(1 << 20).length).toBeGreaterThan(0);
  expect(() => link.read(8)).toThrow(expect.objectContaining({ code: 'EFBIG' }));
});

bpfTest('read() of a link that is no iterator is EINVAL', () => {
  load('on_tp_btf');
  using link = take(object.programs, 'on_tp_btf').attach({ kind: 'tp_btf' });
  expect(() => link.read(100)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});

bpfTest('attach() by kprobe works where the kernel has kprobes, else throws errno and log', () => {
  load('on_kprobe');
  const attach = () =>
    take(object.programs, 'on_kprobe').attach({ kind: 'kprobe', function: 'security_file_open' });
  if (native.probeAttach({ kind: 'kprobe', function: 'security_file_open' }).ok) {
    attach().close();
    return;
  }
  const error = thrownBy(attach);
  expect(error).toBeInstanceOf(BpfError);
  expect(error).toMatchObject({
    errno: expect.any(Number),
    log: expect.arrayContaining([expect.stringContaining('perf')]),
  });
});

bpfTest(
  'load() of a fentry program works where the kernel has trampolines, else throws errno and log',
  () => {
    if (native.probeAttach({ kind: 'fentry', function: 'security_file_open' }).ok) {
      load('on_fentry');
      take(object.programs, 'on_fentry').attach({ kind: 'fentry', function: 'security_file_open' }).close();
      return;
    }
    const error = thrownBy(() => load('on_fentry'));
    expect(error).toBeInstanceOf(BpfError);
    expect(error).toMatchObject({
      code: 'EPERM',
      errno: 1,
      log: expect.arrayContaining([expect.stringContaining('on_fentry')]),
    });
  },
);

bpfTest('close() of the object detaches what its programs attached', async () => {
  load('on_raw_tp');
  const program = take(object.programs, 'on_raw_tp');
  const link = program.attach({ kind: 'auto' });
  const id = program.id();
  const isLoaded = () =>
    JSON.parse(execFileSync('bpftool', ['prog', '-j'], { encoding: 'utf8' })).some(
      (entry: { id: number }) => entry.id === id,
    );
  expect(isLoaded()).toBe(true);
  object.close();
  expect(() => link.id()).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(() => program.fd).toThrow(expect.objectContaining({ code: 'EBADF' }));
  // The kernel frees a program after a grace period.
  await expect(until(() => !isLoaded())).resolves.toBe(true);
});

bpfTest('attach() refuses a spec that lacks what its kind needs', () => {
  load('on_uprobe');
  const program = take(object.programs, 'on_uprobe');
  expect(thrownBy(() => program.attach({ kind: 'uprobe', path: '/proc/self/exe' }))).toHaveProperty(
    'name',
    'TypeError',
  );
  expect(thrownBy(() => program.attach({ kind: 'xdp' }))).toHaveProperty('name', 'TypeError');
  // A caller without types may pass anything.
  expect(thrownBy(() => program.attach({ kind: 'nonsense' } as unknown as AttachSpec))).toHaveProperty(
    'name',
    'TypeError',
  );
  expect(thrownBy(() => program.attach({ kind: 'kprobe', function: 'a\0b' }))).toHaveProperty(
    'name',
    'RangeError',
  );
});

bpfTest('attach() by fentry refuses a function other than the one the program was loaded for', () => {
  expect(() => take(object.programs, 'on_fentry').attach({ kind: 'fentry', function: 'vfs_read' })).toThrow(
    /setAttachTarget/,
  );
});

bpfTest('stats() counts runs while statistics are on', () => {
  load('on_raw_tp');
  const program = take(object.programs, 'on_raw_tp');
  using statistics = native.enableRunStats();
  using link = program.attach({ kind: 'auto' });
  callGetegid(100);
  expect(statistics).toBeDefined();
  expect(link).toBeDefined();
  expect(program.stats().runCount).toBeGreaterThanOrEqual(100n);
  expect(program.stats().runTimeNs).toBeGreaterThan(0n);
});
