/** The loaded kernel programs: from an object file to drained records, and back out of the kernel. */
import { statSync } from 'node:fs';
import {
  BpfError,
  type BpfLink,
  type BpfMap,
  type BpfNative,
  type BpfObject,
  type RingBuffer,
} from '../../native/index.ts';
import { SentinelError } from '../core/errors.ts';
import { EVENT_TYPE_IDS, EVENT_TYPES, type EventType } from '../core/event-types.ts';
import { planPrograms } from './attach-plan.ts';
import { COUNTERS_LAYOUT, LOST_REASONS, type LostReason } from './record-layout.ts';
import { actionEntries, IO_URING_TYPES } from './syscall-actions.ts';

/** What a probe is to see. */
export interface KernelProbeOptions {
  readonly events: ReadonlySet<EventType>;
  /** Names of system calls reported as `sys_call`. */
  readonly syscalls: readonly string[];
  /** Power of two, a multiple of the page size; undefined takes {@link defaultRingBytes}. */
  readonly ringBytes: number | undefined;
  /** Least nanoseconds between two wake-ups. */
  readonly wakeIntervalNs: number;
  /** Whose own deeds are left out, by its number in the initial pid namespace; 0 leaves out nobody's. */
  readonly agentPid: number;
}

/** The compiled kernel programs. */
export interface KernelImages {
  /** sentinel.bpf.o. */
  current(): Uint8Array;
  /** sentinel-older.bpf.o, for kernels before 5.17. */
  older(): Uint8Array;
}

/** Counters of one event type since the programs were loaded. seen = records + Σ lost. */
export interface TypeCounters {
  readonly type: EventType;
  readonly seen: number;
  readonly lost: Readonly<Record<LostReason, number>> & {
    /**
     * Runs that the kernel left out because an interrupt came while the same program ran on that CPU; an upper bound,
     * for not every run makes an event. Absent when there were none.
     */
    readonly missed?: number;
  };
}

/** Something that this kernel cannot do. */
export interface AttachGap {
  /** What is not seen because of it. */
  readonly what: string;
  /** The kernel's refusal. */
  readonly reason: string;
}

// PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h
const INITIAL_PID_NAMESPACE = 0xeffffffc;
/** Programs that an interrupt can find running on its CPU, by the type that suffers. */
const INTERRUPTIBLE_PROGRAMS: Partial<Record<EventType, string>> = {
  net_close: 'on_tcp_state',
  priv_kill: 'on_signal',
};

const WORD = 4;
const KNOBS_BYTES = 80;
const KNOBS = { wakeIntervalNs: 0, agentPid: 8, trackFileIo: 12, typeEnabled: 16 } as const;
const MIN_RING_BYTES = 32 << 20;
const RING_BYTES_PER_CPU = 4 << 20;

/** pow2(max(32 MiB, cpus × 4 MiB)) bytes. */
export function defaultRingBytes(cpus: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(MIN_RING_BYTES, cpus * RING_BYTES_PER_CPU)));
}

/** Programs, maps and ring of one agent. Closing it takes everything out of the kernel. */
export class KernelProbe implements Disposable {
  readonly ring: RingBuffer;
  readonly ringBytes: number;
  /** What this kernel cannot do; empty on a current one. */
  readonly gaps: readonly AttachGap[];
  readonly #object: BpfObject;
  readonly #links: readonly BpfLink[];
  readonly #counters: BpfMap;
  readonly #cpus: number;

  private constructor(
    object: BpfObject,
    links: readonly BpfLink[],
    ring: RingBuffer,
    ringBytes: number,
    cpus: number,
    gaps: readonly AttachGap[],
  ) {
    this.#object = object;
    this.#links = links;
    this.ring = ring;
    this.ringBytes = ringBytes;
    this.#cpus = cpus;
    this.#counters = mapOf(object, 'counters');
    this.gaps = gaps;
  }

  /**
   * Loads and attaches. A kernel that refuses the current programs gets the older ones, and `gaps` says so.
   *
   * @throws {SentinelError} SNT_KERNEL_UNSUPPORTED, with the kernel's own words and what would help.
   */
  static open(native: BpfNative, images: KernelImages, options: KernelProbeOptions): KernelProbe {
    if (options.agentPid !== 0) {
      requireInitialPidNamespace();
    }
    native.raiseMemlock();
    try {
      return KernelProbe.#openOnce(native, images.current(), options, undefined);
    } catch (error) {
      if (!(error instanceof BpfError) || isDenied(error)) {
        throw unsupported(error);
      }
      try {
        return KernelProbe.#openOnce(native, images.older(), options, error);
      } catch (second) {
        throw unsupported(second);
      }
    }
  }

  static #openOnce(
    native: BpfNative,
    image: Uint8Array,
    options: KernelProbeOptions,
    refusal: BpfError | undefined,
  ): KernelProbe {
    const cpus = native.possibleCpus;
    const ringBytes = options.ringBytes ?? defaultRingBytes(cpus);
    const object = native.openObject(image, { name: 'sentinel' });
    try {
      const entries = actionEntries(options.events, options.syscalls, process.arch === 'x64');
      const plan = planPrograms(
        options.events,
        entries.map(({ handler }) => handler),
        refusal !== undefined,
      );
      for (const program of object.programs.values()) {
        program.autoload = plan.programs.has(program.name);
      }
      mapOf(object, 'records').maxEntries = ringBytes;
      mapOf(object, 'scratches').maxEntries = cpus;
      mapOf(object, '.rodata.knobs').initialValue = encodeKnobs(options);
      object.load();

      const handlers = mapOf(object, 'handlers');
      for (const [id, program] of plan.handlers) {
        handlers.setProgram(word(id), programOf(object, program));
      }
      const ioUring = mapOf(object, 'io_uring_types');
      for (const [opcode, type] of Object.entries(IO_URING_TYPES)) {
        if (options.events.has(type)) {
          ioUring.set(word(Number(opcode)), Uint8Array.of(EVENT_TYPE_IDS[type]));
        }
      }
      mapOf(object, 'actions').setAll(entries.map(({ index, value }) => ({ key: word(index), value })));
      const ring = native.ringBuffer(mapOf(object, 'records'));
      const links = plan.hooks.map((hook) => programOf(object, hook.program).attach({ kind: 'tp_btf' }));
      const gaps = plan.leftOut.map((what) => ({ what, reason: refusal?.message ?? '' }));
      return new KernelProbe(object, links, ring, ringBytes, cpus, gaps);
    } catch (error) {
      object.close();
      throw error;
    }
  }

  /** Reads the counters of every type that has seen something. */
  counters(): TypeCounters[] {
    const result: TypeCounters[] = [];
    for (const type of EVENT_TYPES) {
      const bytes = this.#counters.get(word(EVENT_TYPE_IDS[type]));
      const counters = bytes && withMissed(sumCounters(type, bytes, this.#cpus), this.#missedRuns(type));
      if (counters !== undefined && counters.seen > 0) {
        result.push(counters);
      }
    }
    return result;
  }

  #missedRuns(type: EventType): number {
    const name = INTERRUPTIBLE_PROGRAMS[type];
    const program = name === undefined ? undefined : this.#object.programs.get(name);
    return program?.autoload === true ? Number(program.stats().recursionMisses) : 0;
  }

  /** Takes the programs off their hooks; the ring can still be drained. May be called again. */
  detach(): void {
    for (const link of this.#links) {
      link.close();
    }
  }

  /** Detaches, and frees ring, maps and programs. May be called again. */
  close(): void {
    this.ring.close();
    this.#object.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Records have the numbers of the initial pid namespace. Elsewhere ours is another, perhaps that of a process of the
 * host: the agent would report itself, stay silent about that process, and never see its own heartbeat.
 */
function requireInitialPidNamespace(): void {
  let inode: number | undefined;
  try {
    inode = statSync('/proc/self/ns/pid').ino;
  } catch {
    return; // without /proc nothing says that it is another one
  }
  if (inode !== INITIAL_PID_NAMESPACE) {
    throw new SentinelError(
      'SNT_KERNEL_UNSUPPORTED',
      'Cannot watch the host from a pid namespace of its own: process numbers mean something else there',
      { hint: "run it in the host's: --pid=host in a container, hostPID: true in Kubernetes" },
    );
  }
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(WORD);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function mapOf(object: BpfObject, name: string): BpfMap {
  const map = object.maps.get(name);
  if (map === undefined) {
    throw new TypeError(`The kernel object has no map ${name}`);
  }
  return map;
}

function programOf(object: BpfObject, name: string) {
  const program = object.programs.get(name);
  if (program === undefined) {
    throw new TypeError(`The kernel object has no program ${name}`);
  }
  return program;
}

function encodeKnobs(options: KernelProbeOptions): Uint8Array {
  const bytes = new Uint8Array(KNOBS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(KNOBS.wakeIntervalNs, BigInt(options.wakeIntervalNs), true);
  view.setUint32(KNOBS.agentPid, options.agentPid, true);
  view.setUint32(
    KNOBS.trackFileIo,
    options.events.has('file_read') || options.events.has('file_write') ? 1 : 0,
    true,
  );
  for (const type of options.events) {
    bytes[KNOBS.typeEnabled + EVENT_TYPE_IDS[type]] = 1;
  }
  return bytes;
}

function isDenied(error: BpfError): boolean {
  return error.code === 'EPERM' || error.code === 'EACCES';
}

function unsupported(error: unknown): unknown {
  if (!(error instanceof BpfError)) {
    return error;
  }
  return new SentinelError('SNT_KERNEL_UNSUPPORTED', `Cannot load the kernel programs: ${error.message}`, {
    cause: error,
    hint: isDenied(error)
      ? 'run as root (sudo sentinel probe), or with CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH; sentinel preflight says what is missing'
      : 'sentinel preflight says what this kernel lacks',
  });
}

function withMissed(counters: TypeCounters, missed: number): TypeCounters {
  return missed === 0
    ? counters
    : { ...counters, seen: counters.seen + missed, lost: { ...counters.lost, missed } };
}

function sumCounters(type: EventType, bytes: Uint8Array, cpus: number): TypeCounters {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stride = bytes.byteLength / cpus;
  const sum = (offset: number): number => {
    let total = 0n;
    for (let cpu = 0; cpu < cpus; cpu++) {
      total += view.getBigUint64(cpu * stride + offset, true);
    }
    return Number(total);
  };
  const lost = Object.fromEntries(
    LOST_REASONS.map((reason, index) => [reason, sum(COUNTERS_LAYOUT.lost + index * 8)]),
  ) as Record<LostReason, number>; // one key for each reason
  return { type, seen: sum(COUNTERS_LAYOUT.seen), lost };
}
