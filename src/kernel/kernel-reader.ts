/** The running sensor: probe, drain loop and decoder in one, handing out events. */
import { statSync } from 'node:fs';
import type { BpfNative } from '../../native/index.ts';
import type { Event } from '../core/event.ts';
import { EventIdGenerator } from '../core/event-id.ts';
import type { EventType } from '../core/event-types.ts';
import type { HostContext } from '../core/host-context.ts';
import { DrainLoop } from './drain-loop.ts';
import { type HostIdentity, KernelEvent } from './kernel-event.ts';
import {
  type AttachGap,
  type KernelImages,
  KernelProbe,
  type KernelProbeOptions,
  type TypeCounters,
} from './kernel-probe.ts';
import { RecordView } from './record-view.ts';

/** How to read, beside what to see. */
export interface KernelReaderOptions extends KernelProbeOptions {
  readonly identity: HostIdentity;
  /** Milliseconds between pulls while there is traffic. */
  readonly drainIntervalMs: number;
}

/** What became of the records that were drained. */
export interface ReaderCounts {
  /** Events handed out. */
  readonly delivered: number;
  /** Records of processes that were only needed for the process tree. */
  readonly trackedOnly: number;
  /** Records that could not be decoded: a bug, or a kernel object of another version. */
  readonly malformed: number;
}

/** For one pull; the longest record is a quarter of it. */
const TARGET_BYTES = 256 << 10;

/** Reads the events of this host. Close it, or the programs stay until the process ends. */
export class KernelReader implements Disposable {
  readonly #probe: KernelProbe;
  readonly #loop: DrainLoop;
  readonly #view: RecordView;
  readonly #event: KernelEvent;
  readonly #wanted: ReadonlySet<EventType>;
  readonly #onEvent: (event: Event) => void;
  readonly #onBatch: () => void;
  #delivered = 0;
  #trackedOnly = 0;
  #malformed = 0;
  #lastHeartbeatNs: bigint | undefined;

  /**
   * Loads, attaches and begins to keep records in the ring; {@link start} begins to hand them out.
   *
   * @param onEvent Takes each event; it must not keep the object. What it throws ends the process.
   * @param onBatch Called after each drained batch.
   * @param isCongested Asked before each pull: true puts it off for a moment.
   * @throws {SentinelError} SNT_KERNEL_UNSUPPORTED.
   */
  constructor(
    native: BpfNative,
    images: KernelImages,
    host: HostContext,
    options: KernelReaderOptions,
    onEvent: (event: Event) => void,
    onBatch: () => void,
    isCongested: () => boolean,
  ) {
    this.#wanted = options.events;
    this.#onEvent = onEvent;
    this.#onBatch = onBatch;
    this.#view = new RecordView(TARGET_BYTES);
    this.#event = new KernelEvent(
      this.#view,
      host,
      options.identity,
      new EventIdGenerator(),
      native.bootClockOffsetNs(),
      mountNamespaceOfSelf(),
    );
    this.#probe = KernelProbe.open(native, images, options);
    this.#loop = new DrainLoop(this.#probe.ring, {
      target: this.#view.buffer,
      intervalMs: options.drainIntervalMs,
      consume: (bytes) => this.#consume(bytes),
      isCongested,
    });
  }

  /** Begins to hand out events. */
  start(): void {
    this.#loop.start();
  }

  /** Takes the programs off their hooks and hands out what is still in the ring. */
  stop(): void {
    this.#probe.detach();
    this.#loop.stop();
    this.#loop.drainAll();
  }

  /** Makes the agent's heartbeat event; it comes back through hook, ring and decoder. */
  beat(): void {
    process.kill(process.pid, 0);
  }

  /** Nanoseconds since 1970 of the last heartbeat that came back. */
  get lastHeartbeatUnixNs(): bigint | undefined {
    return this.#lastHeartbeatNs;
  }

  get ringBytes(): number {
    return this.#probe.ringBytes;
  }

  /** What this kernel cannot do. */
  get gaps(): readonly AttachGap[] {
    return this.#probe.gaps;
  }

  counts(): ReaderCounts {
    return { delivered: this.#delivered, trackedOnly: this.#trackedOnly, malformed: this.#malformed };
  }

  /** The kernel's own counters by event type. */
  kernelCounters(): TypeCounters[] {
    return this.#probe.counters();
  }

  /** Detaches and frees everything. May be called again. */
  close(): void {
    this.#loop.stop();
    this.#probe.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #consume(bytes: number): void {
    let position = 0;
    while (position < bytes) {
      position = this.#view.moveTo(position, bytes);
      if (this.#view.size === 0 || !this.#event.begin()) {
        this.#malformed++;
        continue;
      }
      if (this.#event.type === 'agent_heartbeat') {
        this.#lastHeartbeatNs = this.#event.timeUnixNs;
      }
      if (!this.#wanted.has(this.#event.type)) {
        this.#trackedOnly++;
        continue;
      }
      this.#delivered++;
      this.#onEvent(this.#event);
    }
    this.#onBatch();
  }
}

function mountNamespaceOfSelf(): number {
  try {
    return statSync('/proc/self/ns/mnt').ino;
  } catch {
    return 0;
  }
}
