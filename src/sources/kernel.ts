/** The kernel of this host as a source of events. */

import type { Clock } from '../core/clock.ts';
import type { HostContext } from '../core/host-context.ts';
import { KERNEL_IMAGES, loadNative } from '../kernel/assets.ts';
import type { AttachGap, TypeCounters } from '../kernel/kernel-probe.ts';
import { KernelReader, type KernelReaderOptions, type ReaderCounts } from '../kernel/kernel-reader.ts';
import { LossEvents } from './loss-events.ts';
import type { EventConsumer, LiveSource } from './source.ts';

const HEARTBEAT_MS = 10_000;
const LOSS_CHECK_MS = 1000;

/** The eBPF programs and their reader, with a heartbeat that goes the whole way through them. */
export class KernelSource implements LiveSource {
  readonly #reader: KernelReader;
  #consumer: EventConsumer | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #lossCheck: NodeJS.Timeout | undefined;
  #isStopped = false;
  readonly #clock: Clock;
  readonly #losses: LossEvents | undefined;
  #agentMade = 0;

  /**
   * Loads and attaches.
   *
   * @throws {SentinelError} SNT_KERNEL_UNSUPPORTED.
   */
  constructor(host: HostContext, options: KernelReaderOptions, clock: Clock) {
    this.#clock = clock;
    this.#losses = options.events.has('agent_loss') ? new LossEvents(options.identity) : undefined;
    this.#reader = new KernelReader(
      loadNative(),
      KERNEL_IMAGES,
      host,
      options,
      (event) => this.#consumer?.onEvent(event),
      () => this.#consumer?.onBatch(),
      () => this.#consumer?.isCongested() === true,
    );
  }

  start(consumer: EventConsumer): void {
    this.#consumer = consumer;
    this.#reader.start();
    this.#reader.beat();
    this.#heartbeat = setInterval(() => this.#reader.beat(), HEARTBEAT_MS);
    this.#lossCheck = setInterval(() => this.#reportLosses(), LOSS_CHECK_MS);
  }

  stop(): void {
    if (!this.#isStopped) {
      this.#isStopped = true;
      clearInterval(this.#heartbeat);
      clearInterval(this.#lossCheck);
      this.#reader.stop();
      this.#reportLosses();
    }
  }

  close(): void {
    clearInterval(this.#heartbeat);
    clearInterval(this.#lossCheck);
    this.#isStopped = true;
    this.#reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What this kernel cannot do. */
  get gaps(): readonly AttachGap[] {
    return this.#reader.gaps;
  }

  get ringBytes(): number {
    return this.#reader.ringBytes;
  }

  /** What became of the records so far. */
  counts(): ReaderCounts {
    return this.#reader.counts();
  }

  /** The kernel's counters by event type. */
  kernelCounters(): TypeCounters[] {
    return this.#reader.kernelCounters();
  }

  /** Events that the agent made itself: reports of losses. */
  get agentMade(): number {
    return this.#agentMade;
  }

  #reportLosses(): void {
    for (const event of this.#losses?.since(this.#reader.kernelCounters(), this.#clock.unixNs()) ?? []) {
      this.#agentMade++;
      this.#consumer?.onEvent(event);
    }
  }
}
