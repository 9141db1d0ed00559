/** What is known of one process; shared by every event of it. */

/**
 * One process, identified by pid and start time so that a reused pid is another process.
 *
 * Fields that are not known are undefined, never guessed.
 */
export interface ProcessInfo {
  readonly pid: number;
  /** Nanoseconds since boot (CLOCK_BOOTTIME) at which the process started. */
  readonly startTimeNs: bigint;
  /** Host-unique id that survives pid reuse: `process.entity_id`. */
  readonly entityId: string;
  readonly parent: ProcessInfo | undefined;
  readonly parentPid: number;
  /** Kernel-resolved path of the executable. */
  readonly executable: string | undefined;
  /** Bounded: of a long command line the first 2 KiB stay; see `execAttributesJson`. */
  readonly args: readonly string[] | undefined;
  readonly workingDirectory: string | undefined;
  readonly comm: string;
  readonly uid: number;
  readonly userName: string | undefined;
  readonly containerId: string | undefined;
  /** Nanoseconds since boot at which the process ended, undefined while it runs. */
  readonly endTimeNs: bigint | undefined;
  /**
   * The attributes that every event of this process carries, as JSON members without braces and with a leading
   * comma (ASCII only), rebuilt when the process changes. '' when nothing is known.
   */
  readonly attributesJson: string;
  /**
   * The same for its `process_exec` event: all arguments that the kernel gave, not only those kept. Valid from the
   * exec until the next exec of any process; after that equal to `attributesJson`.
   */
  readonly execAttributesJson: string;
  /** The value of one attribute in `attributesJson`, undefined when it is not there. */
  attribute(name: string): string | undefined;
  /** As {@link attribute}, of `execAttributesJson`. */
  execAttribute(name: string): string | undefined;
  /** Calls `visit` for each attribute in `attributesJson`, same order. */
  visitAttributes(visit: (name: string, value: string) => void): void;
  /** Calls `visit` for each attribute in `execAttributesJson`, same order. */
  visitExecAttributes(visit: (name: string, value: string) => void): void;
}
