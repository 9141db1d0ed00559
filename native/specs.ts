/** What callers pass in and get back as plain data. */

/** How to attach a program. A name that is left out comes from the program's section. */
export type AttachSpec =
  /** As the section says, by libbpf's rules. */
  | { readonly kind: 'auto' }
  | { readonly kind: 'kprobe' | 'kretprobe'; readonly function: string }
  | { readonly kind: 'tracepoint'; readonly category: string; readonly name: string }
  | { readonly kind: 'raw_tracepoint'; readonly name: string }
  | { readonly kind: 'tp_btf' }
  /** The kernel fixes the function at load: one other than `setAttachTarget` or the section gave is refused. */
  | { readonly kind: 'fentry' | 'fexit'; readonly function?: string }
  | { readonly kind: 'lsm' }
  /** One of `ifindex` and `interface`. `auto` lets the kernel choose driver or generic mode. */
  | {
      readonly kind: 'xdp';
      readonly ifindex?: number;
      readonly interface?: string;
      readonly mode?: 'native' | 'generic' | 'auto';
    }
  /** One of `offset` (bytes into the file) and `symbol`. `pid` left out: every process. */
  | {
      readonly kind: 'uprobe' | 'uretprobe';
      readonly path: string;
      readonly offset?: number;
      readonly symbol?: string;
      readonly pid?: number;
    }
  | { readonly kind: 'iter' };

/** A map to create without an object. */
export interface CreateMapOptions {
  /** As bpftool spells it: `hash`, `array`, `percpu_array`, `ringbuf`, `array_of_maps`, ... */
  readonly type: string;
  /** At most 15 bytes are kept by the kernel. */
  readonly name?: string;
  /** Bytes; 0 for a ring buffer. */
  readonly keySize: number;
  /** Bytes; 0 for a ring buffer. */
  readonly valueSize: number;
  /** Entries; for a ring buffer its size in bytes, a power of two and a multiple of the page size. */
  readonly maxEntries: number;
  /** `BPF_F_*` bits. */
  readonly flags?: number;
}

/** What to try attaching; the program only returns 0. */
export type ProbeSpec =
  | { readonly kind: 'kprobe' | 'kretprobe'; readonly function: string }
  | { readonly kind: 'tracepoint'; readonly category: string; readonly name: string }
  | { readonly kind: 'raw_tracepoint'; readonly name: string }
  | { readonly kind: 'tp_btf'; readonly name: string }
  | { readonly kind: 'fentry' | 'fexit'; readonly function: string }
  /** The hook without its `bpf_lsm_` prefix, such as `file_open`. */
  | { readonly kind: 'lsm'; readonly hook: string }
  /** Loads only: attaching would touch traffic. */
  | { readonly kind: 'xdp' }
  /** At the entry point of the running executable, for this process only: it is never passed again. */
  | { readonly kind: 'uprobe' | 'uretprobe' };

/** What a probe found. */
export type ProbeResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** `load` if the kernel refused the program, `attach` if it refused the attachment. */
      readonly stage: 'load' | 'attach';
      readonly errno: number;
      /** The errno name. */
      readonly code: string;
      readonly message: string;
    };

/** Capability sets of the calling thread, bit n being capability n. */
export interface CapabilityMasks {
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
}

/** RLIMIT_MEMLOCK in bytes; 2^64-1 is no limit. */
export interface MemlockLimits {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** How often a program ran since it was loaded; times stay 0 without {@link BpfNative.enableRunStats}. */
export interface ProgramStats {
  readonly runCount: bigint;
  readonly runTimeNs: bigint;
  /** Runs skipped because the program was already running on that CPU (kernel 5.12 and later). */
  readonly recursionMisses: bigint;
}

/** Input of {@link BpfProgram.testRun}. */
export interface TestRunOptions {
  /** The packet, for packet programs; at least 14 bytes there. */
  readonly data?: Uint8Array;
  /** Runs, 1 if left out; only packet programs can repeat. */
  readonly repeat?: number;
  /** The program's context structure, for the types that take one. */
  readonly context?: Uint8Array;
}

/** Outcome of {@link BpfProgram.testRun}. */
export interface TestRunResult {
  /** The program's return value, of the last run. */
  readonly retval: number;
  /** Mean nanoseconds a run, as the kernel measured it. */
  readonly nsPerRun: number;
  /** The packet after the last run. */
  readonly dataOut: Uint8Array;
}
