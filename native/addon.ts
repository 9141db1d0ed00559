/** The shape of the compiled addon: what C++ gives to the wrapper. Nothing outside native/ uses it. */

import type { BpfError } from './bpf-error.ts';
import type {
  AttachSpec,
  CapabilityMasks,
  CreateMapOptions,
  MemlockLimits,
  ProbeResult,
  ProbeSpec,
} from './specs.ts';

/** An opened BPF object. */
export interface AddonObject {
  readonly programs: readonly AddonProgram[];
  readonly maps: readonly AddonMap[];
  load(): void;
  close(): void;
}

/** One program; it fails with EBADF once its object is closed. */
export interface AddonProgram {
  readonly name: string;
  readonly section: string;
  readonly type: string;
  readonly fd: number;
  autoload: boolean;
  id(): number;
  setAttachTarget(name: string): void;
  attach(spec: AttachSpec): AddonLink;
  testRun(
    data: Uint8Array | undefined,
    repeat: number,
    context: Uint8Array | undefined,
  ): { retval: number; nsPerRun: number; dataOut: Uint8Array };
  stats(): { runCount: bigint; runTimeNs: bigint; recursionMisses: bigint };
}

/** An attachment. */
export interface AddonLink {
  id(): number | undefined;
  read(maxBytes: number): Uint8Array;
  close(): void;
}

/** A map, of an object or created alone. */
export interface AddonMap {
  readonly name: string;
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly valueBytes: number;
  readonly fd: number;
  maxEntries: number;
  initialValue: Uint8Array | undefined;
  id(): number;
  get(key: Uint8Array): Uint8Array | undefined;
  set(key: Uint8Array, value: Uint8Array, flags: number): void;
  delete(key: Uint8Array): boolean;
  keys(max: number): Uint8Array;
  entries(max: number): { keys: Uint8Array; values: Uint8Array; count: number };
  setBatch(keys: Uint8Array, values: Uint8Array, count: number, flags: number): void;
  mmap(): ArrayBuffer;
  close(): void;
}

/** The consumer of a ring buffer map. */
export interface AddonRing {
  readonly sizeBytes: number;
  drain(target: ArrayBuffer): number;
  availableBytes(): number;
  onReadable(callback: (() => void) | null): void;
  ref(): void;
  unref(): void;
  close(): void;
}

/** What the module exports. */
export interface Addon {
  readonly libbpfVersion: string;
  readonly possibleCpus: number;
  setErrorClass(errorClass: typeof BpfError): void;
  openObject(image: Uint8Array, name: string | undefined, btf: string | undefined): AddonObject;
  createMap(options: CreateMapOptions & { innerMapFd?: number }): AddonMap;
  openRing(mapFd: number, maxRecordBytes: number): AddonRing;
  probeProgramType(type: string): ProbeResult;
  probeAttach(spec: ProbeSpec): ProbeResult;
  capabilities(): CapabilityMasks;
  bootClockOffsetNs(): bigint;
  raiseMemlock(): { before: MemlockLimits; after: MemlockLimits };
  enableRunStats(): AddonLink;
}
