/** All that is known of the host beside its events, as one thing to hand to a source. */
import { readFileSync } from 'node:fs';
import type { Clock } from '../../core/clock.ts';
import type { HostContext } from '../../core/host-context.ts';
import { ContainerCache } from './container.ts';
import { LookupPathResolver, type PathFiles } from './path.ts';
import { ProcReader } from './proc-snapshot.ts';
import { ProcessTree } from './process-tree.ts';
import { UserNames } from './users.ts';

/** What a {@link HostEnricher} is made of; all but the clock has a default for the real host. */
export interface HostEnricherOptions {
  readonly clock: Clock;
  readonly procRoot?: string;
  readonly bootId?: string;
  readonly processCapacity?: number;
  readonly passwdFile?: string;
  readonly groupFile?: string;
  readonly pathFiles?: PathFiles;
}

/** How full a bounded store is; the label of `sentinel_state_entries{store}`. */
export interface StoreFill {
  readonly store: 'processes' | 'containers' | 'directories';
  readonly entries: number;
  readonly capacity: number;
  readonly evictions: number;
}

/** /proc reads for missed processes allowed in a second: each costs about 0.1 ms, so at most 2 % of a core. */
const READS_PER_SECOND = 200;
const SECOND_MS = 1000;

/** Process tree, containers, users and paths of this host. */
export class HostEnricher implements HostContext {
  readonly processes: ProcessTree;
  readonly paths: LookupPathResolver;
  readonly #clock: Clock;
  readonly #users: UserNames;
  readonly #containers = new ContainerCache();
  readonly #proc: ProcReader;
  #readsLeft = READS_PER_SECOND;
  #refillMs = Number.NEGATIVE_INFINITY;
  #skippedReads = 0;

  constructor(options: HostEnricherOptions) {
    const { clock, procRoot, passwdFile, groupFile, pathFiles, processCapacity } = options;
    this.#clock = clock;
    this.#proc = new ProcReader(procRoot);
    this.#users = new UserNames({
      clock,
      ...(passwdFile === undefined ? {} : { passwdFile }),
      ...(groupFile === undefined ? {} : { groupFile }),
    });
    this.paths = new LookupPathResolver({ clock, ...(pathFiles === undefined ? {} : { files: pathFiles }) });
    this.processes = new ProcessTree({
      bootId: options.bootId ?? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      ...(processCapacity === undefined ? {} : { capacity: processCapacity }),
      userName: (uid) => this.#users.userName(uid),
      containerOf: (path) => this.#containers.lookup(path),
      readProcess: (pid) => this.#readProcess(pid),
    });
  }

  /** Takes over the processes that run now. To be called once the kernel programs are attached, so that none is missed. */
  takeSnapshot(): void {
    this.processes.snapshot(this.#proc.readAll());
  }

  /** Picks up changed user names; cheap, to be called with every batch of events. */
  refresh(): void {
    if (this.#users.refresh()) {
      this.processes.namesChanged();
    }
  }

  userName(uid: number): string | undefined {
    return this.#users.userName(uid);
  }

  groupName(gid: number): string | undefined {
    return this.#users.groupName(gid);
  }

  /** /proc reads left out because there were too many in a second; those processes stay bare. */
  get skippedReads(): number {
    return this.#skippedReads;
  }

  /** How full each bounded store is. */
  stores(): StoreFill[] {
    const processes = this.processes.stats();
    return [
      {
        store: 'processes',
        entries: processes.entries,
        capacity: processes.capacity,
        evictions: processes.evictions,
      },
      {
        store: 'containers',
        entries: this.#containers.entries,
        capacity: this.#containers.capacity,
        evictions: this.#containers.evictions,
      },
      {
        store: 'directories',
        entries: this.paths.entries,
        capacity: this.paths.capacity,
        evictions: this.paths.evictions,
      },
    ];
  }

  #readProcess(pid: number) {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#refillMs) {
      this.#readsLeft = READS_PER_SECOND;
      this.#refillMs = nowMs + SECOND_MS;
    }
    if (this.#readsLeft === 0) {
      this.#skippedReads++;
      return undefined;
    }
    this.#readsLeft--;
    return this.#proc.read(pid);
  }
}
