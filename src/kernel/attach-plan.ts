/** By which hooks each event type is made, and what of it this kernel can do. */
import { EVENT_TYPES, type EventType } from '../core/event-types.ts';
import { actionEntries, HANDLERS, type Handler } from './syscall-actions.ts';

/** The ways that this version has to make an event; `agent`: from its own counters, by no hook. */
export type AttachWay = 'tracepoint' | 'agent';

/** A tracepoint and the program for it. */
export interface Hook {
  readonly program: string;
  readonly tracepoint: string;
  /** For a hook that some kernels lack: what is not seen then. */
  readonly without?: string;
}

/** The one hook for all system calls. */
export const SYSCALL_HOOK: Hook = { program: 'on_syscall_exit', tracepoint: 'sys_exit' };

const EXEC: Hook = { program: 'on_exec', tracepoint: 'sched_process_exec' };
const FORK: Hook = { program: 'on_fork', tracepoint: 'sched_process_fork' };
const EXIT: Hook = { program: 'on_exit', tracepoint: 'sched_process_exit' };

/** Attached whatever is wanted: without them no event could name its process's parents. */
export const PROCESS_HOOKS: readonly Hook[] = [EXEC, FORK, EXIT];

/** Counts what io_uring does past the system call hook; older kernels name the tracepoint otherwise. */
export const IO_URING_HOOK: Hook = {
  program: 'on_io_uring',
  tracepoint: 'io_uring_submit_req',
  without: 'work done by io_uring is neither seen nor counted',
};

/** Hooks of a type other than its system calls. */
const OWN_HOOKS: Partial<Record<EventType, readonly Hook[]>> = {
  process_exec: [EXEC],
  process_fork: [FORK],
  process_exit: [EXIT],
  net_close: [{ program: 'on_tcp_state', tracepoint: 'inet_sock_set_state' }],
  priv_kill: [{ program: 'on_signal', tracepoint: 'signal_generate' }],
};

/** Types that have a name and no hook yet, with the reason. */
const NO_HOOK: Partial<Record<EventType, string>> = {
  file_close: 'needs the close hooks of the kprobe way',
  dns_query: 'no DNS sensor in this version',
  dns_answer: 'no DNS sensor in this version',
  net_burst: 'no XDP sensor in this version',
  agent_tamper: 'no tamper sensor in this version',
};

/** Types that are on only when asked for by name: they are many, or need a list. */
export const OPT_IN_TYPES: readonly EventType[] = ['file_read', 'file_write', 'sys_call'];

/** Types that are not on by default: those above, and the heartbeat, which is news only for who asks for it. */
export const DEFAULT_OFF_TYPES: readonly EventType[] = [...OPT_IN_TYPES, 'agent_heartbeat'];

/** What one event type is made from. */
export interface TypePlan {
  readonly type: EventType;
  readonly way: AttachWay | undefined;
  /** Tracepoints, system calls and programs, for people. */
  readonly hooks: readonly string[];
  /** Why there is no way, or what is missing from it. */
  readonly reason: string | undefined;
}

/** All event types with the way that each would be attached. */
export function describeAttachPlan(): TypePlan[] {
  return EVENT_TYPES.map((type) => {
    const reason = NO_HOOK[type];
    if (reason !== undefined) {
      return { type, way: undefined, hooks: [], reason };
    }
    if (type === 'agent_loss') {
      return { type, way: 'agent', hooks: ['loss counters'], reason: undefined };
    }
    const own = (OWN_HOOKS[type] ?? []).map((hook) => `tp_btf/${hook.tracepoint}`);
    const usesSyscalls = type === 'agent_heartbeat' || type === 'sys_call' || hasSyscalls(type);
    return {
      type,
      way: 'tracepoint',
      hooks: usesSyscalls ? [...own, `tp_btf/${SYSCALL_HOOK.tracepoint}`] : own,
      reason: undefined,
    };
  });
}

/** True when some hook of this version reports `type`. */
export function isObservable(type: EventType): boolean {
  return NO_HOOK[type] === undefined;
}

function hasSyscalls(type: EventType): boolean {
  return actionEntries(new Set([type]), [], false).some(
    ({ handler }) => handler !== 'kill' || type === 'priv_kill',
  );
}

/** What to load and attach for a set of event types. */
export interface ProgramPlan {
  readonly hooks: readonly Hook[];
  /** Entries of the program array: number and program. */
  readonly handlers: readonly (readonly [id: number, program: string])[];
  /** Names of all programs to load. */
  readonly programs: ReadonlySet<string>;
  /** What is not seen for want of a newer kernel. */
  readonly leftOut: readonly string[];
}

/**
 * The programs that the wanted types need.
 *
 * @param isOlder For the object made for kernels before 5.17, which lacks some programs.
 */
export function planPrograms(
  wanted: ReadonlySet<EventType>,
  handlers: Iterable<Handler>,
  isOlder: boolean,
): ProgramPlan {
  const hooks = new Map<string, Hook>();
  const leftOut: string[] = [];
  for (const hook of [
    SYSCALL_HOOK,
    ...PROCESS_HOOKS,
    IO_URING_HOOK,
    ...[...wanted].flatMap((type) => OWN_HOOKS[type] ?? []),
  ]) {
    if (isOlder && hook.without !== undefined) {
      leftOut.push(hook.without);
    } else {
      hooks.set(hook.program, hook);
    }
  }
  const table = [...new Set(handlers)].map(
    (handler) => [HANDLERS[handler].id, HANDLERS[handler].program] as const,
  );
  if (isOlder && wanted.has('priv_mmap_exec')) {
    leftOut.push('memory made executable by mprotect is seen only when it is writable as well');
  }
  const programs = new Set([...hooks.keys(), ...table.map(([, program]) => program)]);
  return { hooks: [...hooks.values()], handlers: table, programs, leftOut };
}
