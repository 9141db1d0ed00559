import { constants } from 'node:os';
import fc from 'fast-check';
import { bpfCommandName, bpfProgramTypeName } from '../../../../src/core/linux/bpf-commands.ts';
import { capabilityNames, capabilityNumber } from '../../../../src/core/linux/capabilities.ts';
import { errnoName, errnoText, errorCodeOf } from '../../../../src/core/linux/errno.ts';
import { deviceText, fileTypeOf, modeText } from '../../../../src/core/linux/files.ts';
import { flagNames } from '../../../../src/core/linux/flag-names.ts';
import {
  cloneFlagNames,
  mmapFlagNames,
  mountFlagNames,
  protectionNames,
} from '../../../../src/core/linux/flags.ts';
import { isReadOnlyOpen, openFlagNames } from '../../../../src/core/linux/open-flags.ts';
import { ptraceRequestName } from '../../../../src/core/linux/ptrace.ts';
import { signalName } from '../../../../src/core/linux/signals.ts';
import {
  addressFamilyName,
  ipProtocolName,
  ipv4Text,
  ipv6Text,
  socketTypeName,
} from '../../../../src/core/linux/sockets.ts';
import { syscallName, syscallNumber } from '../../../../src/core/linux/syscalls.ts';

test('errnoName() agrees with this platform on every number it knows', () => {
  const aliases = new Set(['EWOULDBLOCK', 'ENOTSUP', 'EDEADLOCK']);
  const known = Object.entries(constants.errno).filter(([name]) => !aliases.has(name));
  expect(known.length).toBeGreaterThan(60);
  for (const [name, number] of known) {
    expect(errnoName(number)).toBe(name);
  }
});

test('errnoName() names the whole range that Linux defines', () => {
  const gaps = Array.from({ length: 133 }, (_, i) => i + 1).filter(
    (n) => /^E\d/.test(errnoName(n)) && n !== 7,
  );
  expect(gaps).toEqual([41, 58]);
  expect(errnoName(4000)).toBe('E4000');
});

test('errorCodeOf() tells an error from a large address', () => {
  expect(errorCodeOf(-13)).toBe('EACCES');
  expect(errorCodeOf(0)).toBeUndefined();
  expect(errorCodeOf(3)).toBeUndefined();
  expect(errorCodeOf(-4096)).toBeUndefined();
  expect(errnoText('ENOENT')).toBe('No such file or directory');
});

test('signalName() agrees with this platform', () => {
  const aliases = new Set(['SIGIOT', 'SIGPOLL', 'SIGUNUSED']);
  for (const [name, number] of Object.entries(constants.signals)) {
    if (!aliases.has(name)) {
      expect(signalName(number)).toBe(name);
    }
  }
  expect([signalName(0), signalName(34), signalName(65)]).toEqual(['SIG0', 'SIGRT_2', 'SIG65']);
});

test('openFlagNames() puts the access mode first and names O_RDONLY', () => {
  expect(openFlagNames(0, 'x64')).toBe('O_RDONLY');
  expect(openFlagNames(0o1101, 'x64')).toBe('O_WRONLY|O_CREAT|O_TRUNC');
  expect(openFlagNames(0o2000000, 'x64')).toBe('O_RDONLY|O_CLOEXEC');
  expect(openFlagNames(0o20200002, 'x64')).toBe('O_RDWR|O_TMPFILE');
  expect(openFlagNames(0o4010001, 'x64')).toBe('O_WRONLY|O_SYNC');
  expect(openFlagNames(0o10200000, 'x64')).toBe('O_DIRECTORY|O_PATH');
  expect(openFlagNames(0o40000000, 'x64')).toBe('O_RDONLY|0x800000');
});

test('openFlagNames() knows the bits that arm64 swaps', () => {
  expect(openFlagNames(0o40000, 'arm64')).toBe('O_RDONLY|O_DIRECTORY');
  expect(openFlagNames(0o40000, 'x64')).toBe('O_RDONLY|O_DIRECT');
});

test('isReadOnlyOpen() is false for anything that can change a file', () => {
  expect([0, 0o2000000, 0o10000000 | 2].map(isReadOnlyOpen)).toEqual([true, true, true]);
  expect([1, 2, 3, 0o100, 0o1000].map(isReadOnlyOpen)).toEqual([false, false, false, false, false]);
});

test('flagNames() loses no bit', () => {
  const table = [
    [3, 'BOTH'],
    [1, 'ONE'],
    [2, 'TWO'],
    [0x80000000, 'TOP'],
  ] as const;
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const back = flagNames(value, table)
        .split('|')
        .reduce((sum, word) => sum + (table.find(([, name]) => name === word)?.[0] ?? Number(word)), 0);
      expect(back).toBe(value);
    }),
  );
});

test('flag names of mount, clone and memory calls', () => {
  expect(mountFlagNames(0xc0ed0000 + 4096 + 16384)).toBe('MS_BIND|MS_REC');
  expect(mountFlagNames(1 << 18)).toBe('MS_PRIVATE');
  expect(cloneFlagNames(0x10020000)).toBe('CLONE_NEWNS|CLONE_NEWUSER');
  expect(protectionNames(0)).toBe('PROT_NONE');
  expect(protectionNames(7)).toBe('PROT_READ|PROT_WRITE|PROT_EXEC');
  expect(mmapFlagNames(0x22)).toBe('MAP_PRIVATE|MAP_ANONYMOUS');
});

test('capabilityNames() and capabilityNumber() are inverse over the mask', () => {
  expect(capabilityNames(0n)).toEqual([]);
  expect(capabilityNames((1n << 21n) | (1n << 39n) | (1n << 63n))).toEqual([
    'CAP_SYS_ADMIN',
    'CAP_BPF',
    'CAP_63',
  ]);
  for (let number = 0; number <= 40; number++) {
    const [name] = capabilityNames(1n << BigInt(number));
    expect(capabilityNumber(name ?? '')).toBe(number);
  }
});

test('modes, kinds and devices of files', () => {
  expect([modeText(0o100644), modeText(0o104755), modeText(0)]).toEqual(['0644', '4755', '0000']);
  expect([fileTypeOf(0o100644), fileTypeOf(0o40755), fileTypeOf(0o120777), fileTypeOf(0)]).toEqual([
    'file',
    'dir',
    'symlink',
    undefined,
  ]);
  expect(deviceText((8 << 20) | 1)).toBe('8:1');
});

test('addresses are written as RFC 5952 has them', () => {
  const bytes = (...words: number[]) => Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]));
  expect(ipv4Text(Uint8Array.of(9, 127, 0, 0, 1), 1)).toBe('127.0.0.1');
  expect(ipv6Text(bytes(0, 0, 0, 0, 0, 0, 0, 0))).toBe('::');
  expect(ipv6Text(bytes(0, 0, 0, 0, 0, 0, 0, 1))).toBe('::1');
  expect(ipv6Text(bytes(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1))).toBe('2001:db8:0:1:1:1:1:1');
  expect(ipv6Text(bytes(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1))).toBe('2001:db8::1:0:0:1');
  expect(ipv6Text(bytes(0xfe80, 0, 0, 0, 0, 0, 0, 0))).toBe('fe80::');
  expect(ipv6Text(bytes(0, 0, 0, 0, 0, 0xffff, 0xc0a8, 1))).toBe('192.168.0.1');
});

test('socket words', () => {
  expect([addressFamilyName(1), addressFamilyName(2), addressFamilyName(10), addressFamilyName(17)]).toEqual([
    'AF_UNIX',
    'AF_INET',
    'AF_INET6',
    'AF_PACKET',
  ]);
  expect([addressFamilyName(40), addressFamilyName(44), addressFamilyName(99)]).toEqual([
    'AF_VSOCK',
    'AF_XDP',
    'AF_99',
  ]);
  expect(socketTypeName(0o2000000 | 3)).toBe('SOCK_RAW');
  expect([ipProtocolName(6), ipProtocolName(200)]).toEqual(['tcp', '200']);
});

test('ptrace and bpf words at the places that a shifted list would break', () => {
  expect([ptraceRequestName(16), ptraceRequestName(0x4206), ptraceRequestName(0x9999)]).toEqual([
    'PTRACE_ATTACH',
    'PTRACE_SEIZE',
    'PTRACE_0x9999',
  ]);
  expect([bpfCommandName(5), bpfCommandName(28), bpfCommandName(36), bpfCommandName(999)]).toEqual([
    'PROG_LOAD',
    'LINK_CREATE',
    'TOKEN_CREATE',
    '999',
  ]);
  expect([bpfProgramTypeName(6), bpfProgramTypeName(26), bpfProgramTypeName(29)]).toEqual([
    'xdp',
    'tracing',
    'lsm',
  ]);
});

test('syscallName() by table', () => {
  expect([syscallName(59, 'x64'), syscallName(11, 'ia32'), syscallName(221, 'arm64')]).toEqual([
    'execve',
    'execve',
    'execve',
  ]);
  expect([syscallName(437, 'x64'), syscallName(437, 'ia32'), syscallName(437, 'arm64')]).toEqual([
    'openat2',
    'openat2',
    'openat2',
  ]);
  expect(syscallName(79, 'arm64')).toBe('newfstatat');
  expect([syscallName(9999, 'x64'), syscallName(-1, 'x64')]).toEqual(['syscall_9999', 'syscall_-1']);
  expect([syscallNumber('bpf', 'x64'), syscallNumber('-', 'arm64'), syscallNumber('nope', 'x64')]).toEqual([
    321,
    undefined,
    undefined,
  ]);
});
