/** What the tests of bpf-native share: the addon, the compiled BPF objects, and whether BPF can load here. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type BpfNative, loadBpfNative } from '../../native/index.ts';

const root = process.cwd();

/** The addon under test. */
export const addonPath = process.env['BPF_NATIVE_ADDON'] ?? join(root, 'build/Release/bpf_native.node');

/** The folder of this file. */
export const here = join(root, 'test/native');

/** Loads the addon; a missing build is a failure, not a skip. */
export const native: BpfNative = loadBpfNative(addonPath);

const probe = native.probeAttach({ kind: 'raw_tracepoint', name: 'sys_enter' });
if (!probe.ok) {
  console.warn(
    `SKIPPED: BPF cannot load here, so the tests of bpf-native that need it do not run: ${probe.message}`,
  );
}

/** `test` where BPF can load, else `test.skip`, which jest counts. */
export const bpfTest = probe.ok ? test : test.skip;

/** Makes `path` by way of a file of this process, for several workers may want it at once. */
function makeFile(path: string, content: () => Buffer | undefined): void {
  const partial = `${path}.${process.pid}`;
  const bytes = content();
  if (bytes !== undefined) {
    writeFileSync(partial, bytes);
  }
  renameSync(partial, path);
}

function isOlder(path: string, than: string): boolean {
  return !existsSync(path) || statSync(path).mtimeMs < statSync(than).mtimeMs;
}

/** The object file of `bpf/<name>.bpf.c`, compiled when it is not up to date. */
export function bpfObject(name: string): Buffer {
  const folder = join(root, 'build/test');
  mkdirSync(folder, { recursive: true });
  const header = join(folder, 'vmlinux.h');
  if (!existsSync(header)) {
    makeFile(header, () =>
      execFileSync('bpftool', ['btf', 'dump', 'file', '/sys/kernel/btf/vmlinux', 'format', 'c'], {
        maxBuffer: 1 << 26,
      }),
    );
  }
  const source = join(here, 'bpf', `${name}.bpf.c`);
  const object = join(folder, `${name}.bpf.o`);
  if (isOlder(object, source)) {
    const target = arch() === 'arm64' ? '-D__TARGET_ARCH_arm64' : '-D__TARGET_ARCH_x86';
    makeFile(object, () => {
      const flags = ['-O2', '-g', '-Wall', '-Werror', '-mcpu=v3', '-target', 'bpf', target, `-I${folder}`];
      execFileSync('clang', [...flags, '-c', source, '-o', `${object}.${process.pid}`]);
      return undefined;
    });
  }
  return readFileSync(object);
}

/** Little-endian bytes of one u32. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Little-endian bytes of one u64. */
export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

/** The u32 at a byte offset. */
export function readU32(bytes: Uint8Array | undefined, offset = 0): number {
  if (bytes === undefined) {
    throw new Error('There are no bytes');
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}

/** The u64 at a byte offset. */
export function readU64(bytes: Uint8Array | undefined, offset = 0): bigint {
  if (bytes === undefined) {
    throw new Error('There are no bytes');
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(offset, true);
}

/** The member, or a failed test. */
export function take<T>(members: ReadonlyMap<string, T>, name: string): T {
  const member = members.get(name);
  if (member === undefined) {
    throw new Error(`There is no ${name} among ${[...members.keys()].join(', ')}`);
  }
  return member;
}

/** What a call throws; a failed test if it does not. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown');
}

/** Whether the condition came true within five seconds. */
export async function until(condition: () => boolean): Promise<boolean> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) {
      return false;
    }
    await setTimeout(20);
  }
  return true;
}
