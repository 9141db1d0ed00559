/** bpf-native: libbpf for JavaScript. The public face of this folder. */

import { constants } from 'node:os';
import type { Addon } from './addon.ts';
import { BpfError } from './bpf-error.ts';
import { BpfMap } from './bpf-map.ts';
import { BpfObject } from './bpf-object.ts';
import { hasBtf, lockdown } from './kernel-facts.ts';
import { DEFAULT_MAX_RECORD_BYTES, RingBuffer, type RingBufferOptions } from './ring-buffer.ts';
import type { CapabilityMasks, CreateMapOptions, MemlockLimits, ProbeResult, ProbeSpec } from './specs.ts';

export { BpfError } from './bpf-error.ts';
export { type BpfMap, MAP_UPDATE, type MapEntry } from './bpf-map.ts';
export type { BpfObject } from './bpf-object.ts';
export type { BpfLink, BpfProgram } from './bpf-program.ts';
export type { RingBuffer, RingBufferOptions } from './ring-buffer.ts';
export type {
  AttachSpec,
  CapabilityMasks,
  CreateMapOptions,
  MemlockLimits,
  ProbeResult,
  ProbeSpec,
  ProgramStats,
  TestRunOptions,
  TestRunResult,
} from './specs.ts';

/** One loaded copy of the addon. Everything it made is closed when its environment (process or worker) ends. */
export interface BpfNative {
  /** Of the libbpf linked in, such as `v1.1`. */
  readonly libbpfVersion: string;
  /** Values in a per-CPU map entry. */
  readonly possibleCpus: number;
  /**
   * Parses an object file. Nothing reaches the kernel before `load()`.
   *
   * @param image The ELF bytes; copied.
   * @param options.name Prefix of section maps' kernel names, instead of one from the address.
   * @param options.btf Path of a BTF file to relocate against, for kernels without their own.
   */
  openObject(image: Uint8Array, options?: { readonly name?: string; readonly btf?: string }): BpfObject;
  /** Becomes the consumer of a loaded ring buffer map. */
  ringBuffer(map: BpfMap, options?: RingBufferOptions): RingBuffer;
  /** Creates a map outside any object, such as an inner map. @param options.innerMap The template for a map of maps. */
  createMap(options: CreateMapOptions & { readonly innerMap?: BpfMap }): BpfMap;
  /** Whether the kernel publishes its BTF. */
  hasBtf(): boolean;
  /** Loads a program that returns 0; `type` as libbpf spells it, such as `xdp`. Types that need a target: {@link probeAttach}. */
  probeProgramType(type: string): ProbeResult;
  /** Loads and attaches a program that returns 0, then takes it away. */
  probeAttach(spec: ProbeSpec): ProbeResult;
  /** Nanoseconds to add to a program's `bpf_ktime_get_boot_ns()` to get nanoseconds since 1970, as the wall clock is set now. */
  bootClockOffsetNs(): bigint;
  /** Of the calling thread. */
  capabilities(): CapabilityMasks;
  /** Raises RLIMIT_MEMLOCK as far as allowed, which kernels before 5.11 need; what came of it is the result. */
  raiseMemlock(): { readonly before: MemlockLimits; readonly after: MemlockLimits };
  /** The kernel's lockdown line, such as `none [integrity] confidentiality`; undefined where it cannot be read. */
  lockdown(): string | undefined;
  /** Makes the kernel time every BPF program of the machine, until disposed. */
  enableRunStats(): Disposable;
}

/**
 * Loads the addon into this environment.
 *
 * @param dlopenTarget Path of the .node file, absolute; may be `/proc/self/fd/N`.
 * @throws {Error} What the dynamic loader said.
 */
export function loadBpfNative(dlopenTarget: string): BpfNative {
  const module = { exports: {} };
  process.dlopen(module, dlopenTarget, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_LOCAL);
  // The file decides what it exports: the compiler cannot know.
  const addon = module.exports as Addon;
  addon.setErrorClass(BpfError);
  return {
    libbpfVersion: addon.libbpfVersion,
    possibleCpus: addon.possibleCpus,
    openObject: (image, { name, btf } = {}) => new BpfObject(addon.openObject(image, name, btf)),
    ringBuffer: (map, { maxRecordBytes = DEFAULT_MAX_RECORD_BYTES } = {}) =>
      new RingBuffer(addon.openRing(map.fd, maxRecordBytes)),
    createMap: ({ innerMap, ...options }) =>
      new BpfMap(addon.createMap(innerMap === undefined ? options : { ...options, innerMapFd: innerMap.fd })),
    hasBtf: () => hasBtf(),
    probeProgramType: (type) => addon.probeProgramType(type),
    probeAttach: (spec) => addon.probeAttach(spec),
    bootClockOffsetNs: () => addon.bootClockOffsetNs(),
    capabilities: () => addon.capabilities(),
    raiseMemlock: () => addon.raiseMemlock(),
    lockdown: () => lockdown(),
    enableRunStats: () => {
      const stats = addon.enableRunStats();
      return { [Symbol.dispose]: () => stats.close() };
    },
  };
}
