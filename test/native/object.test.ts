import type { Addon } from '../../native/addon.ts';
import { BpfError } from '../../native/index.ts';
import { addonPath, bpfObject, bpfTest, native, take, thrownBy, u32 } from './fixture.ts';

test('openObject() of bytes that are no object throws with libbpf’s words', () => {
  const error = thrownBy(() => native.openObject(new Uint8Array(100)));
  expect(error).toBeInstanceOf(BpfError);
  expect(error).toMatchObject({ code: 'LIBBPF_FORMAT', log: [expect.stringContaining('ELF')] });
});

test('openObject() of a truncated object throws, at any length', () => {
  const image = bpfObject('maps');
  for (let length = 0; length < image.length; length += Math.ceil(image.length / 200)) {
    expect(() => native.openObject(image.subarray(0, length)).close()).toThrow(BpfError);
  }
});

test('openObject() and load() of corrupted objects throw or work, and never crash', () => {
  const image = bpfObject('kinds');
  let seed = 12345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed % below;
  };
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const bytes = Uint8Array.from(image);
    for (let change = 0; change < 8; change++) {
      // The ELF header and the section headers, where damage is not just another program.
      bytes[change % 2 === 0 ? random(64) : bytes.length - 1 - random(2000)] = random(256);
    }
    try {
      native.openObject(bytes).close();
    } catch (error) {
      expect(error).toBeInstanceOf(BpfError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(100);
});

test('openObject() refuses what is not bytes', () => {
  expect(thrownBy(() => native.openObject('ELF' as unknown as Uint8Array))).toHaveProperty(
    'name',
    'TypeError',
  );
  expect(thrownBy(() => native.openObject(bpfObject('maps'), { name: '' }))).toHaveProperty(
    'name',
    'RangeError',
  );
});

bpfTest('load() that the verifier refuses carries the last 20 lines of its log', () => {
  using object = native.openObject(bpfObject('broken'), { name: 'broken' });
  const error = thrownBy(() => object.load());
  expect(error).toBeInstanceOf(BpfError);
  const { code, log, message } = error as BpfError;
  expect(code).toBe('EACCES');
  expect(message).toContain('broken');
  const text = log.join('\n');
  expect(text).toContain('reads_past_end');
  expect(text).toMatch(/invalid access to packet/);
  const begin = log.findIndex((line) => line.includes('BEGIN PROG LOAD LOG'));
  const end = log.findIndex((line) => line.includes('END PROG LOAD LOG'));
  expect(end - begin - 1).toBe(20);
});

bpfTest('load() a second time is EBUSY, also after a failed first', () => {
  using object = native.openObject(bpfObject('broken'));
  expect(() => object.load()).toThrow(BpfError);
  expect(() => object.load()).toThrow(expect.objectContaining({ code: 'EBUSY' }));
  using other = native.openObject(bpfObject('maps'));
  other.load();
  expect(() => other.load()).toThrow(expect.objectContaining({ code: 'EBUSY' }));
  expect(() => {
    take(other.programs, 'count').autoload = false;
  }).toThrow(expect.objectContaining({ code: 'EBUSY' }));
});

test('close() is idempotent in any state and leaves names readable', () => {
  const object = native.openObject(bpfObject('maps'), { name: 'maps' });
  object.close();
  object.close();
  expect(take(object.programs, 'count').name).toBe('count');
  expect(() => object.load()).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(() => take(object.programs, 'count').fd).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(() => take(object.maps, 'plain_hash').keySize).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(() => take(object.maps, '.rodata').initialValue).toThrow(expect.objectContaining({ code: 'EBADF' }));
});

test('a program that is not loaded has no descriptor', () => {
  using object = native.openObject(bpfObject('maps'));
  expect(() => take(object.programs, 'count').fd).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(() => take(object.programs, 'count').attach({ kind: 'auto' })).toThrow(
    expect.objectContaining({ code: 'EBADF' }),
  );
});

bpfTest('testRun() returns verdict, time and the changed packet', () => {
  using object = native.openObject(bpfObject('maps'));
  object.load();
  const packet = Uint8Array.from({ length: 64 }, (_, index) => index);
  const once = take(object.programs, 'swap').testRun({ data: packet });
  expect(once.retval).toBe(3);
  expect([...once.dataOut]).toEqual([...packet.subarray(0, 14), 15, 14, ...packet.subarray(16)]);
  const many = take(object.programs, 'swap').testRun({ data: packet, repeat: 100_000 });
  expect(many.nsPerRun).toBeGreaterThan(0);
  expect(many.nsPerRun).toBeLessThan(100_000);
  expect(() => take(object.programs, 'swap').testRun({ data: packet.subarray(0, 5) })).toThrow(
    expect.objectContaining({ code: 'EINVAL' }),
  );
});

test('the addon’s own classes cannot be constructed or called on another by JavaScript', () => {
  const module = { exports: {} };
  process.dlopen(module, addonPath);
  const addon = module.exports as Addon;
  addon.setErrorClass(BpfError);
  const object = addon.openObject(bpfObject('maps'), undefined, undefined);
  const [program] = object.programs;
  const [map] = object.maps;
  for (const handle of [object, program, map]) {
    expect(() => Reflect.construct(handle?.constructor ?? Object, [])).toThrow('Illegal constructor');
  }
  expect(() => object.load.call(map as unknown as typeof object)).toThrow('Illegal invocation');
  expect(() => map?.get.call({} as typeof map, u32(0))).toThrow('Illegal invocation');
  object.close();
});

test('probeProgramType() and probeAttach() answer by loading', () => {
  expect(native.probeAttach({ kind: 'raw_tracepoint', name: 'no_such_tracepoint' })).toMatchObject({
    ok: false,
    errno: expect.any(Number),
    message: expect.stringContaining('Cannot '),
  });
  expect(thrownBy(() => native.probeProgramType('no_such_type'))).toHaveProperty('name', 'TypeError');
});

bpfTest('probeProgramType() and probeAttach() find what this kernel has', () => {
  expect(native.probeProgramType('xdp')).toEqual({ ok: true });
  expect(native.probeAttach({ kind: 'tp_btf', name: 'sys_enter' })).toEqual({ ok: true });
  expect(native.probeAttach({ kind: 'tracepoint', category: 'syscalls', name: 'sys_enter_openat' })).toEqual({
    ok: true,
  });
  expect(native.probeAttach({ kind: 'uprobe' })).toEqual({ ok: true });
  expect(native.probeAttach({ kind: 'uretprobe' })).toEqual({ ok: true });
  expect(native.probeAttach({ kind: 'xdp' })).toEqual({ ok: true });
});

test('facts have the shape they promise', () => {
  expect(native.libbpfVersion).toMatch(/^v\d+\.\d+/);
  expect(native.possibleCpus).toBeGreaterThanOrEqual(1);
  const { effective, permitted } = native.capabilities();
  expect(effective & ~permitted).toBe(0n);
  const { before, after } = native.raiseMemlock();
  expect(after.soft).toBeGreaterThanOrEqual(before.soft);
  expect(native.raiseMemlock().before).toEqual(after);
});
