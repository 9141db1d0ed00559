/** One process in the tree, and the attributes that its events carry. */
import { hash } from 'node:crypto';
import { PROCESS_FIELDS } from '../../core/fields.ts';
import { inOnePiece, quoteJson } from '../../core/json.ts';
import type { ProcessInfo } from '../../core/process-info.ts';
import type { ContainerIdentity } from './container.ts';
import { bareImage, type ProcessImage } from './process-image.ts';

/** Nanoseconds in a tick of /proc/<pid>/stat: USER_HZ is 100 on x86-64 and arm64. */
export const TICK_NS = 10_000_000;

const MAX_ANCESTORS = 8;
const NO_LOGIN_UID = 0xffffffff;

/** What all nodes of a tree share. */
export interface TreeContext {
  readonly bootId: string;
  userName(uid: number): string | undefined;
  /** All arguments of the latest exec, until the next one. */
  latestExec: { readonly node: ProcessNode; readonly args: readonly string[] } | undefined;
  /** A node built or dropped cached text. */
  onCacheChange(chars: number): void;
}

/**
 * Mutable behind the {@link ProcessInfo} that others see; only the tree changes it.
 *
 * `parent` is the process that forked it, also after that one has ended and the kernel has given it to another.
 */
export class ProcessNode implements ProcessInfo {
  readonly pid: number;
  readonly startTicks: number;
  /** Nanoseconds since boot; a multiple of a tick until the kernel gave the exact time. */
  startNs: number;
  parent: ProcessNode | undefined = undefined;
  parentPid: number;
  comm: string;
  uid: number;
  loginUid = NO_LOGIN_UID;
  image: ProcessImage;
  /** The parent's program when this process was forked. */
  parentImage: ProcessImage;
  parentComm = '';
  container: ContainerIdentity | undefined = undefined;
  /** Nanoseconds since boot of the last exec seen; 0 when none was. */
  execNs = 0;
  endNs = 0;

  /** Neighbours in the tree's list of running or of ended processes. */
  previous: ProcessNode | undefined = undefined;
  next: ProcessNode | undefined = undefined;
  /** The process that had the same pid before. */
  older: ProcessNode | undefined = undefined;
  isEvicted = false;

  #entityId = '';
  #ancestors: string | undefined = undefined;
  #json: string | undefined = undefined;
  readonly #context: TreeContext;

  constructor(
    context: TreeContext,
    pid: number,
    startNs: number,
    parentPid: number,
    uid: number,
    comm: string,
  ) {
    this.#context = context;
    this.pid = pid;
    this.startNs = startNs;
    this.startTicks = Math.floor(startNs / TICK_NS);
    this.parentPid = parentPid;
    this.uid = uid;
    this.comm = comm;
    this.image = bareImage();
    this.parentImage = this.image;
  }

  /**
   * First 96 bits, in base64url, of SHA-256 over `boot id:pid:start`, start in ticks of 10 ms since boot: the boot id
   * tells hosts and boots apart, and the tick is all that /proc tells, so the id is the same after a restart of ours.
   */
  get entityId(): string {
    if (this.#entityId === '') {
      const text = `${this.#context.bootId}:${this.pid}:${this.startTicks}`;
      this.#entityId = hash('sha256', text, 'base64url').slice(0, 16);
    }
    return this.#entityId;
  }

  get startTimeNs(): bigint {
    return BigInt(this.startNs);
  }

  get endTimeNs(): bigint | undefined {
    return this.endNs === 0 ? undefined : BigInt(this.endNs);
  }

  get executable(): string | undefined {
    return this.image.executable;
  }

  get args(): readonly string[] | undefined {
    return this.image.args;
  }

  get workingDirectory(): string | undefined {
    return this.image.workingDirectory;
  }

  get userName(): string | undefined {
    return this.#context.userName(this.uid);
  }

  get loginName(): string | undefined {
    return this.loginUid === NO_LOGIN_UID ? undefined : this.#context.userName(this.loginUid);
  }

  get containerId(): string | undefined {
    return this.container?.id;
  }

  /** Names of the processes above, nearest first, as they were when first asked for since the last change. */
  get ancestors(): string | undefined {
    this.#ancestors ??= this.#ancestorNames();
    return this.#ancestors === '' ? undefined : this.#ancestors;
  }

  /** All arguments if this process did the latest exec, else those kept. */
  get latestArgs(): readonly string[] | undefined {
    const latest = this.#context.latestExec;
    return latest?.node === this ? latest.args : this.image.args;
  }

  get attributesJson(): string {
    if (this.isEvicted) {
      return this.#toJson(EVENT_READERS); // the tree no longer counts what this node keeps
    }
    if (this.#json === undefined) {
      this.#json = inOnePiece(this.#toJson(EVENT_READERS));
      this.#context.onCacheChange(this.#json.length);
    }
    return this.#json;
  }

  get execAttributesJson(): string {
    return this.#toJson(EXEC_READERS);
  }

  attribute(name: string): string | undefined {
    return EVENT_READERS.get(name)?.(this);
  }

  execAttribute(name: string): string | undefined {
    return EXEC_READERS.get(name)?.(this);
  }

  visitAttributes(visit: (name: string, value: string) => void): void {
    this.#visit(EVENT_READERS, visit);
  }

  visitExecAttributes(visit: (name: string, value: string) => void): void {
    this.#visit(EXEC_READERS, visit);
  }

  /** To be called after every change of what the attributes say. */
  changed(): void {
    this.dropCache();
    this.#ancestors = undefined;
  }

  /** Gives cached text back; it is built again when asked for. */
  dropCache(): void {
    if (this.#json !== undefined) {
      this.#context.onCacheChange(-this.#json.length);
      this.#json = undefined;
    }
  }

  #visit(readers: Readers, visit: (name: string, value: string) => void): void {
    for (const [name, read] of readers) {
      const value = read(this);
      if (value !== undefined) {
        visit(name, value);
      }
    }
  }

  #toJson(readers: Readers): string {
    let json = '';
    for (const [name, read] of readers) {
      const value = read(this);
      if (value !== undefined) {
        json += `,"${name}":${quoteJson(value)}`;
      }
    }
    return json;
  }

  #ancestorNames(): string {
    let names = this.parentComm === '' ? '' : quoteJson(this.parentComm);
    let node = this.parent?.parent;
    for (let depth = 1; node !== undefined && depth < MAX_ANCESTORS && names !== ''; depth++) {
      names += `,${quoteJson(node.comm)}`;
      node = node.parent;
    }
    return names === '' ? '' : `[${names}]`;
  }
}

type Readers = ReadonlyMap<string, (node: ProcessNode) => string | undefined>;
type ProcessField = (typeof PROCESS_FIELDS)[number];

const READERS: Readonly<Record<ProcessField, (node: ProcessNode) => string | undefined>> = {
  'process.entity_id': (node) => node.entityId,
  'process.exec_id': (node) =>
    node.execNs === 0 ? undefined : `${node.entityId}.${node.execNs.toString(36)}`,
  'process.executable': (node) => node.image.executable,
  'process.args': (node) => jsonArray(node.latestArgs),
  'process.args_count': (node) => (node.image.args === undefined ? undefined : String(node.image.argsCount)),
  'process.args_truncated': (node) => (node.image.argsTruncated ? 'true' : undefined),
  'process.command_line': (node) => node.image.commandLine,
  'process.working_directory': (node) => node.image.workingDirectory,
  'process.tty.name': (node) => node.image.ttyName,
  'process.parent.pid': (node) => (node.parentPid === 0 ? undefined : String(node.parentPid)),
  'process.parent.entity_id': (node) => node.parent?.entityId,
  'process.parent.name': (node) => (node.parentComm === '' ? undefined : node.parentComm),
  'process.parent.executable': (node) => node.parentImage.executable,
  'process.parent.command_line': (node) => node.parentImage.commandLine,
  'process.ancestors': (node) => node.ancestors,
  'user.name': (node) => node.userName,
  'user.login.name': (node) => node.loginName,
  'container.runtime': (node) => node.container?.runtime,
  'orchestrator.pod.uid': (node) => node.container?.podUid,
};

const EXEC_ONLY = new Set<ProcessField>(['process.args', 'process.args_count']);

const EVENT_READERS: Readers = new Map(
  PROCESS_FIELDS.filter((name) => !EXEC_ONLY.has(name)).map((name) => [name, READERS[name]]),
);

const EXEC_READERS: Readers = new Map(
  PROCESS_FIELDS.map((name) => {
    switch (name) {
      case 'process.command_line':
        return [name, (node: ProcessNode) => node.latestArgs?.join(' ')];
      case 'process.args_truncated':
        return [name, (node: ProcessNode) => (isCut(node) ? 'true' : undefined)];
      default:
        return [name, READERS[name]];
    }
  }),
);

function isCut(node: ProcessNode): boolean {
  const args = node.latestArgs;
  return args === node.image.args
    ? node.image.argsTruncated
    : args !== undefined && args.length < node.image.argsCount;
}

function jsonArray(values: readonly string[] | undefined): string | undefined {
  return values === undefined ? undefined : `[${values.map(quoteJson).join(',')}]`;
}
