/** What this kernel allows, found out by doing it. The only way for `app` to ask the addon. */
import { BpfError, type BpfNative, type ProbeSpec } from '../../native/index.ts';
import { exitStatusOf, messageOf, SentinelError } from '../core/errors.ts';
import { EVENT_TYPES, type EventType } from '../core/event-types.ts';
import { capabilityNames } from '../core/linux/capabilities.ts';
import { KERNEL_IMAGES, loadNative } from './assets.ts';
import { describeAttachPlan, isObservable } from './attach-plan.ts';
import { type AttachGap, defaultRingBytes, KernelProbe } from './kernel-probe.ts';

/** A thing that was tried. */
export type Trial =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** The errno name, `''` when the failure was no system call's. */
      readonly code: string;
      readonly reason: string;
    };

/** One way of attaching, to be tried with a program that only returns 0. */
export interface AttachKind {
  readonly spec: ProbeSpec;
  /** What it is tried on, for people. */
  readonly target: string;
  /** Whether this version needs it to watch anything. */
  readonly isNeeded: boolean;
}

/** How one event type would be watched here. */
export interface EventPlanRow {
  readonly type: EventType;
  readonly way: string | undefined;
  readonly hooks: readonly string[];
  /** Undefined when it could not be tried. */
  readonly ok: boolean | undefined;
  /** Why not, or what would be missing. */
  readonly reason: string | undefined;
}

/** Outcome of loading and attaching everything, in real size. */
export interface ProgramTrial {
  readonly trial: Trial;
  readonly gaps: readonly AttachGap[];
  /** The sentence that helps, when there is one. */
  readonly hint: string | undefined;
}

/** The ways of attaching, on hooks that every kernel has which has the way. */
export const ATTACH_KINDS: readonly AttachKind[] = [
  { spec: { kind: 'tp_btf', name: 'sys_exit' }, target: 'sys_exit', isNeeded: true },
  { spec: { kind: 'raw_tracepoint', name: 'sys_enter' }, target: 'sys_enter', isNeeded: false },
  {
    spec: { kind: 'tracepoint', category: 'raw_syscalls', name: 'sys_enter' },
    target: 'raw_syscalls:sys_enter',
    isNeeded: false,
  },
  { spec: { kind: 'kprobe', function: 'security_file_open' }, target: 'security_file_open', isNeeded: false },
  {
    spec: { kind: 'kretprobe', function: 'security_file_open' },
    target: 'security_file_open',
    isNeeded: false,
  },
  { spec: { kind: 'fentry', function: 'security_file_open' }, target: 'security_file_open', isNeeded: false },
  { spec: { kind: 'lsm', hook: 'file_open' }, target: 'file_open', isNeeded: false },
  { spec: { kind: 'uprobe' }, target: 'this program', isNeeded: false },
  { spec: { kind: 'xdp' }, target: 'load only', isNeeded: false },
];

/** The kernel as the addon sees it. */
export class KernelFacts {
  readonly #native: BpfNative;

  constructor(native: BpfNative = loadNative()) {
    this.#native = native;
  }

  /** Version of the libbpf inside, such as `v1.1`. */
  get libbpfVersion(): string {
    return this.#native.libbpfVersion;
  }

  /** How many CPUs the kernel could ever have; per-CPU maps are made for them. */
  get possibleCpus(): number {
    return this.#native.possibleCpus;
  }

  /** Whether BPF programs may be loaded at all: a refusal is then the kernel's, not a lack of privileges. */
  get isPrivileged(): boolean {
    const held = this.capabilities();
    return held.includes('CAP_SYS_ADMIN') || (held.includes('CAP_BPF') && held.includes('CAP_PERFMON'));
  }

  /** Whether the kernel publishes its type information. */
  hasBtf(): boolean {
    return this.#native.hasBtf();
  }

  /** The lockdown line, such as `none [integrity] confidentiality`; undefined where it cannot be read. */
  lockdown(): string | undefined {
    return this.#native.lockdown();
  }

  /** Names of the effective capabilities. */
  capabilities(): string[] {
    return capabilityNames(this.#native.capabilities().effective);
  }

  /** Raises the limit of locked memory as far as allowed; bytes, undefined is no limit. */
  raiseMemlock(): bigint | undefined {
    const { soft } = this.#native.raiseMemlock().after;
    return soft === 2n ** 64n - 1n ? undefined : soft;
  }

  /** Tries one kind of attachment. Nothing stays attached. */
  tryAttach({ spec }: AttachKind): Trial {
    const result = this.#native.probeAttach(spec);
    return result.ok
      ? result
      : { ok: false, code: result.code, reason: `${result.stage}: ${result.message}` };
  }

  /** The size that the ring has unless the configuration says otherwise. */
  defaultRingBytes(): number {
    return defaultRingBytes(this.possibleCpus);
  }

  /** Creates a ring buffer of the real size and maps it. */
  tryRing(sizeBytes: number): Trial {
    return attempt(() => {
      using map = this.#native.createMap({
        type: 'ringbuf',
        keySize: 0,
        valueSize: 0,
        maxEntries: sizeBytes,
      });
      using _ring = this.#native.ringBuffer(map);
    });
  }

  /** Loads and attaches the programs of every event type in real size, as `probe` does, and takes them away. */
  tryPrograms(ringBytes: number): ProgramTrial {
    try {
      using probe = KernelProbe.open(this.#native, KERNEL_IMAGES, {
        events: new Set(EVENT_TYPES.filter(isObservable)),
        syscalls: [],
        ringBytes,
        wakeIntervalNs: 200_000,
        agentPid: process.pid,
      });
      return { trial: { ok: true }, gaps: probe.gaps, hint: undefined };
    } catch (error) {
      const hint = error instanceof SentinelError ? error.hint : undefined;
      return { trial: failedTrial(error), gaps: [], hint };
    }
  }
}

/**
 * Every event type with the way that it would be watched.
 *
 * @param programs Outcome of {@link KernelFacts.tryPrograms}; undefined when nothing could be tried.
 */
export function eventPlan(programs: ProgramTrial | undefined): EventPlanRow[] {
  return describeAttachPlan().map(({ type, way, hooks, reason }) => {
    if (way === undefined) {
      return { type, way, hooks, ok: false, reason };
    }
    if (programs === undefined) {
      return { type, way, hooks, ok: undefined, reason: 'not tried' };
    }
    return {
      type,
      way,
      hooks,
      ok: programs.trial.ok,
      reason: programs.trial.ok ? reason : programs.trial.reason,
    };
  });
}

function attempt(action: () => void): Trial {
  try {
    action();
    return { ok: true };
  } catch (error) {
    return failedTrial(error);
  }
}

function failedTrial(error: unknown): Trial {
  const cause = error instanceof SentinelError ? error.cause : error;
  if (cause instanceof BpfError) {
    const last = cause.log.at(-1);
    return {
      ok: false,
      code: cause.code,
      reason: last === undefined ? cause.message : `${cause.message} (${last})`,
    };
  }
  if (exitStatusOf(error) === 70) {
    throw error;
  }
  return { ok: false, code: '', reason: messageOf(error) };
}
