/** The processes of the host, bounded in number and in text, by pid and start time. */
import type { ExecFacts, ProcessTracker } from '../../core/host-context.ts';
import type { ProcessInfo } from '../../core/process-info.ts';
import type { ContainerIdentity } from './container.ts';
import type { SnapshotEntry } from './proc-snapshot.ts';
import { bareImage, makeImage, type ProcessImage } from './process-image.ts';
import { NodeList } from './process-list.ts';
import { ProcessNode, TICK_NS, type TreeContext } from './process-node.ts';

/** What a {@link ProcessTree} is made of. */
export interface ProcessTreeOptions {
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** Processes kept, running and ended together. */
  readonly capacity?: number;
  /** Characters of executables, arguments and directories kept; processes are evicted above it. */
  readonly maxTextChars?: number;
  /** Characters of prepared JSON kept; all of it is dropped above that. */
  readonly maxCachedChars?: number;
  readonly userName: (uid: number) => string | undefined;
  readonly containerOf: (cgroupPath: string) => ContainerIdentity | undefined;
  /** Looks one running process up in /proc; undefined when it is gone or looking would cost too much now. */
  readonly readProcess?: (pid: number) => SnapshotEntry | undefined;
}

/** Sums since the start, and what is held now. */
export interface ProcessTreeStats {
  readonly entries: number;
  readonly capacity: number;
  readonly evictions: number;
  readonly textChars: number;
  readonly cachedChars: number;
  /** Processes that events named and the tree did not have. */
  readonly misses: number;
}

const MAX_SAME_PID = 8;

/**
 * Ended processes stay until room is needed, so that late events and children keep their ancestry; they go first,
 * the one that ended longest ago before the others, then the running ones that were quiet longest.
 */
export class ProcessTree implements ProcessTracker {
  readonly #byPid = new Map<number, ProcessNode>();
  readonly #running = new NodeList();
  readonly #ended = new NodeList();
  readonly #options: ProcessTreeOptions;
  readonly #context: TreeContext;
  readonly #capacity: number;
  readonly #maxTextChars: number;
  readonly #maxCachedChars: number;
  #entries = 0;
  #evictions = 0;
  #misses = 0;
  #textChars = 0;
  #cachedChars = 0;

  constructor(options: ProcessTreeOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 16384;
    this.#maxTextChars = options.maxTextChars ?? 32 * 1024 * 1024;
    this.#maxCachedChars = options.maxCachedChars ?? 16 * 1024 * 1024;
    if (!(this.#capacity >= 1)) {
      throw new RangeError(`capacity must be at least 1, got ${this.#capacity}`);
    }
    this.#context = {
      bootId: options.bootId,
      userName: options.userName,
      latestExec: undefined,
      onCacheChange: (chars) => {
        this.#cachedChars += chars;
      },
    };
  }

  stats(): ProcessTreeStats {
    return {
      entries: this.#entries,
      capacity: this.#capacity,
      evictions: this.#evictions,
      textChars: this.#textChars,
      cachedChars: this.#cachedChars,
      misses: this.#misses,
    };
  }

  lookup(pid: number, startTimeNs: number): ProcessInfo | undefined {
    return this.#find(pid, startTimeNs);
  }

  resolve(
    pid: number,
    startTimeNs: number,
    parentPid: number,
    parentStartTimeNs: number,
    uid: number,
    leaderComm: string,
  ): ProcessInfo {
    const node =
      this.#find(pid, startTimeNs) ??
      this.#recover(pid, startTimeNs) ??
      this.#insert(pid, startTimeNs, parentPid, uid, leaderComm, this.#find(parentPid, parentStartTimeNs));
    if (node.uid !== uid) {
      node.uid = uid;
      node.changed();
    }
    if (leaderComm !== '') {
      node.comm = leaderComm;
    }
    if (this.#cachedChars > this.#maxCachedChars) {
      this.#dropCaches();
    }
    return node;
  }

  onFork(
    childPid: number,
    childStartTimeNs: number,
    parentPid: number,
    parentStartTimeNs: number,
  ): ProcessInfo {
    const known = this.#find(childPid, childStartTimeNs);
    const parent = this.#find(parentPid, parentStartTimeNs) ?? this.#recover(parentPid, parentStartTimeNs);
    if (known !== undefined) {
      if (known.parent === undefined && parent !== undefined && parent !== known) {
        this.#adopt(known, parent);
      }
      return known;
    }
    const image = parent?.image; // the insertion may evict the parent
    const child = this.#insert(
      childPid,
      childStartTimeNs,
      parentPid,
      parent?.uid ?? 0,
      parent?.comm ?? '',
      parent,
    );
    if (parent !== undefined && image !== undefined) {
      this.#setImage(child, image);
      child.loginUid = parent.loginUid;
      child.container = parent.container;
    }
    return child;
  }

  onExec(facts: ExecFacts): ProcessInfo {
    const node =
      this.#find(facts.pid, facts.startTimeNs) ??
      this.#insert(
        facts.pid,
        facts.startTimeNs,
        facts.parentPid,
        facts.uid,
        facts.comm,
        this.#find(facts.parentPid, facts.parentStartTimeNs) ??
          this.#recover(facts.parentPid, facts.parentStartTimeNs),
      );
    this.#setImage(node, makeImage(facts));
    node.execNs = facts.timeNs;
    node.uid = facts.uid;
    node.loginUid = facts.loginUid;
    node.comm = facts.comm;
    if (facts.cgroupPath !== undefined) {
      node.container = this.#options.containerOf(facts.cgroupPath);
    }
    node.changed();
    this.#context.latestExec = facts.args === undefined ? undefined : { node, args: facts.args };
    this.#evict(node);
    return node;
  }

  onExit(pid: number, startTimeNs: number, timeNs: number): ProcessInfo | undefined {
    const node = this.#find(pid, startTimeNs);
    if (node !== undefined && node.endNs === 0) {
      this.#end(node, timeNs);
    }
    return node;
  }

  /** Takes over what /proc shows; what events have already told is newer and stays. */
  snapshot(entries: readonly SnapshotEntry[]): void {
    for (const entry of [...entries].sort((a, b) => a.startTicks - b.startTicks)) {
      this.#take(entry);
    }
    for (const entry of entries) {
      const node = this.#find(entry.pid, entry.startTicks * TICK_NS);
      const parent = this.#byPid.get(entry.parentPid);
      if (node !== undefined && node.parent === undefined && parent !== undefined && isOlder(parent, node)) {
        this.#adopt(node, parent);
      }
    }
  }

  /** The names that {@link ProcessTreeOptions.userName} gives may have changed. */
  namesChanged(): void {
    this.#dropCaches();
  }

  #find(pid: number, startNs: number): ProcessNode | undefined {
    let node = this.#byPid.get(pid);
    if (node === undefined) {
      return undefined;
    }
    if (node.startNs !== startNs) {
      const ticks = Math.floor(startNs / TICK_NS);
      while (node !== undefined && node.startTicks !== ticks) {
        node = node.older;
      }
      if (node === undefined) {
        return undefined;
      }
      if (startNs % TICK_NS !== 0) {
        node.startNs = startNs; // until now only known to a tick
      }
    }
    if (node.endNs === 0) {
      this.#running.moveToBack(node);
    }
    return node;
  }

  /** The process from /proc, if it is still the one that started then. */
  #recover(pid: number, startNs: number): ProcessNode | undefined {
    this.#misses++;
    const entry = pid === 0 ? undefined : this.#options.readProcess?.(pid);
    return entry === undefined || entry.startTicks !== Math.floor(startNs / TICK_NS)
      ? undefined
      : this.#take(entry);
  }

  #take(entry: SnapshotEntry): ProcessNode | undefined {
    const startNs = entry.startTicks * TICK_NS;
    const newest = this.#byPid.get(entry.pid);
    if (newest !== undefined && newest.startTicks > entry.startTicks) {
      return undefined;
    }
    const parent = this.#byPid.get(entry.parentPid);
    const node =
      this.#find(entry.pid, startNs) ??
      this.#insert(entry.pid, startNs, entry.parentPid, entry.uid, entry.comm, undefined);
    if (node.endNs !== 0 || node.execNs !== 0) {
      return node;
    }
    if (node.parent === undefined && parent !== undefined && isOlder(parent, node)) {
      this.#adopt(node, parent);
    }
    this.#setImage(node, makeImage({ ...entry, argsCount: entry.args?.length ?? 0 }));
    node.comm = entry.comm;
    node.loginUid = entry.loginUid;
    node.container = entry.cgroupPath === undefined ? undefined : this.#options.containerOf(entry.cgroupPath);
    node.changed();
    return node;
  }

  #insert(
    pid: number,
    startNs: number,
    parentPid: number,
    uid: number,
    comm: string,
    parent: ProcessNode | undefined,
  ): ProcessNode {
    const node = new ProcessNode(this.#context, pid, startNs, parentPid, uid, comm);
    node.image.holders = 2;
    const before = this.#byPid.get(pid);
    if (before !== undefined) {
      if (before.endNs === 0) {
        this.#end(before, startNs); // its exit was lost
      }
      node.older = before;
    }
    this.#byPid.set(pid, node);
    this.#running.pushBack(node);
    this.#entries++;
    if (parent !== undefined && isOlder(parent, node)) {
      this.#adopt(node, parent);
    }
    if (before !== undefined) {
      this.#boundSamePid(node);
    }
    this.#evict(node);
    return node;
  }

  #adopt(node: ProcessNode, parent: ProcessNode): void {
    node.parent = parent;
    node.parentPid = parent.pid;
    node.parentComm = parent.comm;
    const before = node.parentImage;
    node.parentImage = parent.image;
    this.#hold(parent.image);
    this.#release(before);
    node.changed();
  }

  #setImage(node: ProcessNode, image: ProcessImage): void {
    const before = node.image;
    node.image = image;
    this.#hold(image);
    this.#release(before);
  }

  #hold(image: ProcessImage): void {
    if (image.holders++ === 0) {
      this.#textChars += image.textChars;
    }
  }

  #release(image: ProcessImage): void {
    if (--image.holders === 0) {
      this.#textChars -= image.textChars;
    }
  }

  #end(node: ProcessNode, timeNs: number): void {
    node.endNs = Math.max(timeNs, 1); // 0 says that it runs
    this.#running.remove(node);
    this.#ended.pushBack(node);
  }

  #evict(keep: ProcessNode): void {
    while (this.#entries > this.#capacity || this.#textChars > this.#maxTextChars) {
      const oldest = this.#ended.first ?? this.#running.first;
      if (oldest === undefined || oldest === keep) {
        return;
      }
      this.#remove(oldest);
    }
  }

  #boundSamePid(newest: ProcessNode): void {
    let node: ProcessNode | undefined = newest;
    for (let depth = 1; node !== undefined && depth < MAX_SAME_PID; depth++) {
      node = node.older;
    }
    if (node?.older !== undefined) {
      this.#remove(node.older);
    }
  }

  #remove(node: ProcessNode): void {
    (node.endNs === 0 ? this.#running : this.#ended).remove(node);
    this.#unchain(node);
    this.#entries--;
    this.#evictions++;
    node.isEvicted = true;
    // Children may hold it for a while: it keeps its names, and nothing that could grow.
    this.#release(node.image);
    this.#release(node.parentImage);
    node.image = bareImage(node.image.executable);
    node.parentImage = bareImage();
    node.image.holders = 1;
    node.parentImage.holders = 1;
    node.parent = undefined;
    node.older = undefined;
    node.changed();
  }

  #unchain(node: ProcessNode): void {
    const newest = this.#byPid.get(node.pid);
    if (newest === node) {
      if (node.older === undefined) {
        this.#byPid.delete(node.pid);
      } else {
        this.#byPid.set(node.pid, node.older);
      }
      return;
    }
    for (let newer = newest; newer !== undefined; newer = newer.older) {
      if (newer.older === node) {
        newer.older = node.older;
        return;
      }
    }
  }

  #dropCaches(): void {
    for (const newest of this.#byPid.values()) {
      for (let node: ProcessNode | undefined = newest; node !== undefined; node = node.older) {
        node.dropCache();
      }
    }
  }
}

function isOlder(parent: ProcessNode, child: ProcessNode): boolean {
  return parent !== child && parent.startTicks <= child.startTicks;
}
