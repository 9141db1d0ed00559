/**
 * What the kernel source must know of its host to finish its events. The source only sees these interfaces; the
 * pipeline's enrichment implements them, and `app` puts the two together.
 *
 * Times are nanoseconds since boot (CLOCK_BOOTTIME) as plain numbers: above 2^53, after 104 days, they are off by a
 * few nanoseconds, which cannot confuse two processes.
 */
import type { ProcessInfo } from './process-info.ts';

/** What an exec told of its process. Strings may be long; the tracker keeps a bounded part. */
export interface ExecFacts {
  readonly pid: number;
  readonly startTimeNs: number;
  readonly parentPid: number;
  readonly parentStartTimeNs: number;
  readonly timeNs: number;
  readonly uid: number;
  /** Audit loginuid, 0xffffffff when there is none. */
  readonly loginUid: number;
  readonly comm: string;
  readonly executable: string | undefined;
  readonly args: readonly string[] | undefined;
  /** How many arguments there were; more than `args.length` when it was cut. */
  readonly argsCount: number;
  readonly argsTruncated: boolean;
  readonly workingDirectory: string | undefined;
  readonly ttyName: string | undefined;
  /** Path in the cgroup hierarchy, from which the container is told. */
  readonly cgroupPath: string | undefined;
}

/** Keeps the processes of the host, by pid and start time. All calls are synchronous and cheap. */
export interface ProcessTracker {
  /** A process was forked; the child starts as a copy of its parent. */
  onFork(
    childPid: number,
    childStartTimeNs: number,
    parentPid: number,
    parentStartTimeNs: number,
  ): ProcessInfo;
  /** A process runs a new program; it stays the same entity. Only for execs that succeeded. */
  onExec(facts: ExecFacts): ProcessInfo;
  /** A process ended; it is kept for a while. Undefined when it was not known. */
  onExit(pid: number, startTimeNs: number, timeNs: number): ProcessInfo | undefined;
  /** The process if it is known. */
  lookup(pid: number, startTimeNs: number): ProcessInfo | undefined;
  /**
   * The process behind an event, from the table, else from /proc, else a bare entry of what the event's header says.
   *
   * @param leaderComm The name of the process, or '' when the event came from another thread than its leader.
   */
  resolve(
    pid: number,
    startTimeNs: number,
    parentPid: number,
    parentStartTimeNs: number,
    uid: number,
    leaderComm: string,
  ): ProcessInfo;
}

/** A path and how far it can be trusted. */
export interface ResolvedPath {
  readonly path: string;
  /** `lookup`: links followed by looking just after the call; `lexical`: only joined and normalised. */
  readonly resolution: 'lookup' | 'lexical';
}

/** Finishes paths that the kernel programs could not resolve. */
export interface PathResolver {
  /**
   * Joins `given` to `base` and follows links as the process `pid` sees them, in the last component only if asked to.
   * Never throws; what cannot be looked up is joined lexically.
   *
   * @param pid Whose root directory counts; 0 for ours.
   * @param base Absolute directory, '' when unknown.
   * @param given As the caller gave it, hostile.
   * @param followsLast The call acts on what a link points at (chmod, truncate) and not on the link (unlink, rename).
   */
  resolve(pid: number, base: string, given: string, followsLast?: boolean): ResolvedPath;
}

/** Both, and the names of users, as one thing to hand to a source. */
export interface HostContext {
  readonly processes: ProcessTracker;
  readonly paths: PathResolver;
  /** Name of a user id; undefined when the host has none. */
  userName(uid: number): string | undefined;
  /** Name of a group id; undefined when the host has none. */
  groupName(gid: number): string | undefined;
}
