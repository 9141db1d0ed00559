/** The current kernel record as an {@link Event}; decoded only as far as it is asked for. */
import type { ByteWriter } from '../core/byte-writer.ts';
import type { AttributeVisitor, Event } from '../core/event.ts';
import type { EventIdGenerator } from '../core/event-id.ts';
import type { EventType } from '../core/event-types.ts';
import type { HostContext } from '../core/host-context.ts';
import type { ProcessInfo } from '../core/process-info.ts';
import { DESCRIPTIONS } from './attributes/describe.ts';
import {
  type Described,
  type DescribedPath,
  type EventDescription,
  type Labels,
  writeAttributes,
} from './attributes/description.ts';
import { CALL_ATTRIBUTES, IDENTITY_ATTRIBUTES, REST_ATTRIBUTES } from './attributes/header.ts';
import { MemberCache } from './attributes/member-cache.ts';
import { type KernelFieldReader, readersOfType } from './attributes/readers.ts';
import { JsonWriter, membersOf, VisitingWriter } from './attributes/writer.ts';
import { RECORD_FLAG, RECORD_LAYOUT } from './record-layout.ts';
import { recordPath } from './record-path.ts';
import type { RecordView } from './record-view.ts';
import { WallTime } from './wall-time.ts';

/** What every event of this host carries. */
export interface HostIdentity {
  readonly hostname: string;
  readonly podName: string;
  readonly namespace: string;
  /** Of the agent's own container when upstream's environment names one, else ''. */
  readonly containerId: string;
  /** Attributes of the deployment, such as `cluster` and `node`; '' is left out. */
  readonly labels: Labels;
}

const H = RECORD_LAYOUT.record_header;
const EXEC = RECORD_LAYOUT.exec_record;
const FORK = RECORD_LAYOUT.fork_record;
const COMM_BYTES = 16;
const NS_PER_MS = 1_000_000;
const TIME_KEY = Buffer.from('","ts_unix_nano":', 'latin1');
const UNKNOWN_TYPE: EventDescription = { object: () => '', detail: () => '', attributes: [] };
const NO_READERS: ReadonlyMap<string, KernelFieldReader> = new Map();

/** One object for all records of a view: {@link KernelEvent.begin} makes it the next event. */
export class KernelEvent implements Event, Described {
  readonly view: RecordView;
  readonly host: HostContext;
  readonly hostname: string;
  readonly podName: string;
  readonly namespace: string;
  readonly labels: Labels;
  process: ProcessInfo | undefined;
  readonly #ids: EventIdGenerator;
  readonly #time: WallTime;
  readonly #ownMountNs: number;
  readonly #ownContainerId: string;
  readonly #visiting = new VisitingWriter();
  readonly #json = new JsonWriter();
  readonly #calls = new MemberCache(3);
  readonly #identities = new MemberCache(9);
  #type: EventType = 'sys_call';
  #description = UNKNOWN_TYPE;
  #readers = NO_READERS;
  /** An exec that succeeded: the process is another program now. */
  #isNewProgram = false;
  #hasId = false;
  #path1: DescribedPath | undefined;
  #path2: DescribedPath | undefined;
  #args: readonly string[] | undefined;

  /**
   * @param bootOffsetNs Nanoseconds from the epoch to boot: what makes a record's time a wall clock's.
   * @param ownMountNs Inode number of the agent's mount namespace, 0 when unknown.
   */
  constructor(
    view: RecordView,
    host: HostContext,
    identity: HostIdentity,
    ids: EventIdGenerator,
    bootOffsetNs: bigint,
    ownMountNs: number,
  ) {
    this.view = view;
    this.host = host;
    this.hostname = identity.hostname;
    this.podName = identity.podName;
    this.namespace = identity.namespace;
    this.#ownContainerId = identity.containerId;
    this.labels = identity.labels;
    this.#ids = ids;
    this.#time = new WallTime(bootOffsetNs);
    this.#ownMountNs = ownMountNs;
  }

  /**
   * Becomes the event of the record that the view is at, and tells the host context what it says of processes.
   *
   * @returns False when the record is of no type that this version knows.
   */
  begin(): boolean {
    const type = this.view.type;
    const description = type === undefined ? undefined : DESCRIPTIONS[type];
    if (type === undefined || description === undefined) {
      return false;
    }
    this.#type = type;
    this.#isNewProgram = type === 'process_exec' && this.view.s64(H.result) >= 0;
    this.#description = description;
    this.#readers = readersOfType(type);
    this.#hasId = false;
    this.#path1 = undefined;
    this.#path2 = undefined;
    this.#args = undefined;
    this.process = this.#track(type);
    return true;
  }

  #track(type: EventType): ProcessInfo | undefined {
    const { view, host } = this;
    const pid = this.pid;
    const startTimeNs = view.u64(H.start_time_ns);
    if (pid === 0) {
      return undefined;
    }
    if (this.#isNewProgram) {
      return host.processes.onExec({
        pid,
        startTimeNs,
        parentPid: view.u32(H.ppid),
        parentStartTimeNs: view.u64(H.parent_start_time_ns),
        timeNs: view.u64(H.time_ns),
        uid: this.uid,
        loginUid: view.u32(H.loginuid),
        comm: this.comm,
        executable: view.text(EXEC.executable).text || undefined,
        args: this.args(),
        argsCount: view.u32(EXEC.argc),
        argsTruncated: (view.u16(H.flags) & RECORD_FLAG.argsTruncated) !== 0,
        workingDirectory: view.text(EXEC.cwd).text || undefined,
        ttyName: view.text(EXEC.tty).text || undefined,
        cgroupPath: view.text(EXEC.cgroup).text || undefined,
      });
    }
    const info = host.processes.resolve(
      pid,
      startTimeNs,
      view.u32(H.ppid),
      view.u64(H.parent_start_time_ns),
      this.uid,
      pid === this.threadId ? this.comm : '',
    );
    if (type === 'process_fork') {
      host.processes.onFork(view.u32(FORK.child_tgid), view.u64(FORK.child_start_time_ns), pid, startTimeNs);
    } else if (type === 'process_exit') {
      host.processes.onExit(pid, startTimeNs, view.u64(H.time_ns));
    }
    return info;
  }

  get type(): EventType {
    return this.#type;
  }

  get timeUnixNs(): bigint {
    return this.#time.toUnixNs(this.view.bigU64(H.time_ns));
  }

  get eventId(): string {
    this.#takeId();
    return this.#ids.text();
  }

  writeIdAndTime(out: ByteWriter): void {
    this.#takeId();
    this.#ids.writeTo(out);
    out.raw(TIME_KEY);
    out.number(this.#time.seconds);
    out.digits(this.#time.nanoseconds, 9);
  }

  /** Sets the time too. */
  #takeId(): void {
    const time = this.#time;
    time.set(this.view.u32(H.time_ns), this.view.u32(H.time_ns + 4));
    if (!this.#hasId) {
      this.#hasId = true;
      const ms = Math.floor(time.nanoseconds / NS_PER_MS);
      this.#ids.advance(time.seconds * 1000 + ms, time.nanoseconds - ms * NS_PER_MS);
    }
  }

  get containerId(): string {
    return this.process?.containerId ?? this.#ownContainerId;
  }

  get comm(): string {
    return this.view.fixedText(H.comm, COMM_BYTES).text;
  }

  get pid(): number {
    return this.view.u32(H.tgid);
  }

  get threadId(): number {
    return this.view.u32(H.tid);
  }

  get uid(): number {
    return this.view.u32(H.uid);
  }

  get object(): string {
    return this.#description.object(this);
  }

  get detail(): string {
    return this.#description.detail(this);
  }

  /** Arguments of an exec, as the kernel had them; empty for other types. */
  args(): readonly string[] {
    if (this.#args === undefined) {
      this.#args = this.#type === 'process_exec' ? splitArgs(this.view.textBytes(EXEC.args)) : [];
    }
    return this.#args;
  }

  /** The first or second path of a file event. */
  path(which: 1 | 2): DescribedPath {
    if (which === 1) {
      this.#path1 ??= recordPath(this.view, this.host, this.#type, this.#ownMountNs, 1);
      return this.#path1;
    }
    this.#path2 ??= recordPath(this.view, this.host, this.#type, this.#ownMountNs, 2);
    return this.#path2;
  }

  get(name: string): string | undefined {
    return this.#readers.get(name)?.(this);
  }

  /** The value of one of the attributes that the process behind the event has. */
  processAttribute(name: string): string | undefined {
    return this.#isNewProgram ? this.process?.execAttribute(name) : this.process?.attribute(name);
  }

  visitAttributes(visit: AttributeVisitor): void {
    this.#visiting.visit = visit;
    writeAttributes(CALL_ATTRIBUTES, this, this.#visiting);
    writeAttributes(this.#description.attributes, this, this.#visiting);
    writeAttributes(IDENTITY_ATTRIBUTES, this, this.#visiting);
    writeAttributes(REST_ATTRIBUTES, this, this.#visiting);
    if (this.#isNewProgram) {
      this.process?.visitExecAttributes(visit);
    } else {
      this.process?.visitAttributes(visit);
    }
  }

  writeAttributes(out: ByteWriter): void {
    const json = this.#json;
    const flags = this.view.u16(H.flags);
    json.begin(out);
    json.append(this.#callGroup(flags));
    writeAttributes(this.#description.attributes, this, json);
    json.append(this.#identityGroup(flags));
    writeAttributes(REST_ATTRIBUTES, this, json);
    json.end();
    // The identity is always there, so these, which begin with a comma, never come first.
    if (this.#isNewProgram) {
      out.latin1(this.process?.execAttributesJson ?? '');
    } else {
      out.repeated(this.process?.attributesJson ?? '');
    }
  }

  #callGroup(flags: number): Buffer {
    const { view } = this;
    const cache = this.#calls;
    cache.key(view.u32(H.syscall));
    cache.key(Math.max(-4096, Math.min(0, view.s64(H.result))));
    cache.key((flags & RECORD_FLAG.compat32) | (this.#type === 'process_exec' ? 1 << 16 : 0));
    return cache.find() ?? cache.keep(membersOf((out) => writeAttributes(CALL_ATTRIBUTES, this, out)));
  }

  #identityGroup(flags: number): Buffer {
    const { view } = this;
    const cache = this.#identities;
    cache.key(view.u32(H.mnt_ns));
    cache.key(view.u32(H.pid_ns));
    cache.key(flags & RECORD_FLAG.kernelThread);
    cache.key(view.u32(H.euid));
    cache.key(view.u32(H.loginuid));
    cache.key(view.u32(H.sessionid));
    cache.key(view.u32(H.gid));
    cache.key(view.u32(H.cgroup_id));
    cache.key(view.u32(H.cgroup_id + 4));
    return cache.find() ?? cache.keep(membersOf((out) => writeAttributes(IDENTITY_ATTRIBUTES, this, out)));
  }
}

/** The arguments in a block where each ends with a NUL; the last one may be cut. */
function splitArgs(block: Buffer): string[] {
  if (block.length === 0) {
    return [];
  }
  const args = block.toString('utf8').split('\0');
  if (block[block.length - 1] === 0) {
    args.pop();
  }
  return args;
}
