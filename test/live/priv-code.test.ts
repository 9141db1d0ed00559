/** Code that comes from elsewhere than a file: modules, bpf programs and memory. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectCleanEnd, Harness } from './support/harness.ts';
import { outcome, type SeenEvent, seenOf } from './support/seen.ts';
import { call, deed, resultOf, zeros } from './support/steps.ts';

const NOBODY = 65534;

jest.setTimeout(60_000);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'priv']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

const hex = (value: number | undefined): string => `0x${(value ?? 0).toString(16)}`;

describe('kernel modules', () => {
  test('init_module is told with size and parameters, and with its refusal', async () => {
    const done = await harness.do([call('init_module', zeros(64), 64, 'debug=1')]);

    const [result = 0] = done.results;
    expect(result).toBeLessThan(0);
    const [event] = seenOf(done);
    expect(event).toEqual({
      type: 'priv_module_load',
      object: '',
      detail: 'debug=1',
      attributes: {
        ...outcome('init_module', event?.attributes['error.code']),
        'kernel.module.args': 'debug=1',
        'kernel.module.size': '64',
      },
    });
    expect(event?.attributes['error.code']).toBe({ 1: 'EPERM', 8: 'ENOEXEC', 38: 'ENOSYS' }[-result]);
  });

  test('finit_module is told with the file', async () => {
    const cwd = harness.newDirectory();
    const path = join(cwd, 'rootkit.ko');
    writeFileSync(path, 'not a module');

    const done = await harness.do([call('open', path, 0, 0), call('finit_module', 3, 'x=1', 2)], { cwd });

    const [, result = 0] = done.results;
    expect(result).toBeLessThan(0);
    expect(seenOf(done)).toEqual([
      {
        type: 'priv_module_load',
        object: path,
        detail: 'x=1',
        attributes: {
          ...outcome('finit_module', { 1: 'EPERM', 8: 'ENOEXEC', 22: 'EINVAL', 38: 'ENOSYS' }[-result]),
          'kernel.module.path': path,
          'kernel.module.args': 'x=1',
          'file.flags': 'MODULE_INIT_IGNORE_VERMAGIC',
        },
      },
    ]);
  });
});

describe('bpf programs', () => {
  const loaded = (error?: string): SeenEvent => ({
    type: 'priv_bpf_load',
    object: 'a_filter',
    detail: 'socket_filter',
    attributes: {
      ...outcome('bpf', error),
      'bpf.command': 'PROG_LOAD',
      'bpf.name': 'a_filter',
      'bpf.type': 'socket_filter',
      'bpf.instruction_count': '2',
    },
  });

  test('a load is told with name, type and size', async () => {
    const done = await harness.do([deed('bpf-load', 'a_filter')]);

    expect(done.results).toEqual([3]);
    expect(seenOf(done)).toEqual([loaded()]);
  });

  test('a refused load is told', async () => {
    const done = await harness.do([deed('bpf-load', 'a_filter')], { uid: NOBODY, gid: NOBODY });

    expect(done.results).toEqual([-1]);
    expect(seenOf(done, { uid: NOBODY })).toEqual([loaded('EPERM')]);
  });

  test('other commands are not', async () => {
    const done = await harness.do([call('bpf', 11, zeros(64), 64)]); // BPF_PROG_GET_NEXT_ID

    expect(seenOf(done)).toEqual([]);
  });
});

describe('memory', () => {
  const PROT_READ = 1;
  const PROT_WRITE = 2;
  const PROT_EXEC = 4;
  const MAP_PRIVATE = 2;
  const MAP_ANONYMOUS = 0x20;
  const anonymous = (protection: number) =>
    call('mmap', 0, 8192, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const executable = (syscall: string, address: string, protection: string, flags?: string): SeenEvent => ({
    type: 'priv_mmap_exec',
    object: address,
    detail: protection,
    attributes: {
      ...outcome(syscall),
      'memory.address': address,
      'memory.size': '8192',
      'memory.protection': protection,
      ...(flags === undefined ? {} : { 'memory.flags': flags }),
    },
  });

  test('memory made executable by mmap is told with its place', async () => {
    const done = await harness.do([anonymous(PROT_READ | PROT_WRITE | PROT_EXEC)]);

    expect(seenOf(done)).toEqual([
      executable('mmap', hex(done.results[0]), 'PROT_READ|PROT_WRITE|PROT_EXEC', 'MAP_PRIVATE|MAP_ANONYMOUS'),
    ]);
  });

  test.each(['mprotect', 'pkey_mprotect'])('memory made executable by %s is told', async (syscall) => {
    const done = await harness.do([
      anonymous(PROT_READ | PROT_WRITE),
      call(syscall, resultOf(0), 8192, PROT_READ | PROT_EXEC, -1),
    ]);

    expect(done.results[1]).toBe(0);
    expect(seenOf(done)).toEqual([executable(syscall, hex(done.results[0]), 'PROT_READ|PROT_EXEC')]);
  });

  test('a file that is mapped to run is not', async () => {
    const done = await harness.do([
      call('open', '/proc/self/exe', 0, 0),
      call('mmap', 0, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE, 3, 0),
      call('mprotect', resultOf(1), 8192, PROT_READ),
      call('mprotect', resultOf(1), 8192, PROT_READ | PROT_EXEC),
    ]);

    expect(done.results.slice(2)).toEqual([0, 0]);
    expect(seenOf(done)).toEqual([]);
  });

  test('a memory file is told with its name, and as what runs when it is run', async () => {
    const done = await harness.do([
      call('memfd_create', 'a name', 1),
      deed('copy-self', resultOf(0)),
      call('execveat', resultOf(0), '', ['deeds'], null, 0x1000),
    ]);

    const [memfd] = done.events.filter(({ event_type }) => event_type === 'priv_memfd');
    expect(memfd).toMatchObject({
      data: ['a name', 'MFD_CLOEXEC', 'deeds', String(done.pid), String(done.pid), '0'],
      attributes: {
        ...outcome('memfd_create'),
        'memory.name': 'a name',
        'memory.flags': 'MFD_CLOEXEC',
        'file.fd': '3',
      },
    });
    const [, exec] = done.events.filter(({ event_type }) => event_type === 'process_exec');
    expect(exec?.attributes).toMatchObject({
      'process.executable': 'memfd:a name',
      'process.executable.given': '/dev/fd/3',
      'process.args': '["deeds"]',
    });
  });
});
