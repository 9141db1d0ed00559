/** The kernel of this host as a source of events. */
import type { HostContext } from '../core/host-context.ts';
import { KERNEL_IMAGES, loadNative } from '../kernel/assets.ts';
import type { AttachGap, TypeCounters } from '../kernel/kernel-probe.ts';
import { KernelReader, type KernelReaderOptions, type ReaderCounts } from '../kernel/kernel-reader.ts';
import type { EventConsumer, LiveSource } from './source.ts';

const HEARTBEAT_MS = 10_000;

/** The eBPF programs and their reader, with a heartbeat that goes the whole way through them. */
export class KernelSource implements LiveSource {
  readonly #reader: KernelReader;
  #consumer: EventConsumer | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #isStopped = false;

  /**
   * Loads and attaches.
   *
   * @throws {SentinelError} SNT_KERNEL_UNSUPPORTED.
   */
  constructor(host: HostContext, options: KernelReaderOptions) {
    this.#reader = new KernelReader(
      loadNative(),
      KERNEL_IMAGES,
      host,
      options,
      (event) => this.#consumer?.onEvent(event),
      () => this.#consumer?.onBatch(),
    );
  }

  start(consumer: EventConsumer): void {
    this.#consumer = consumer;
    this.#reader.start();
    this.#reader.beat();
    this.#heartbeat = setInterval(() => this.#reader.beat(), HEARTBEAT_MS);
  }

  stop(): void {
    if (!this.#isStopped) {
      this.#isStopped = true;
      clearInterval(this.#heartbeat);
      this.#reader.stop();
    }
  }

  close(): void {
    clearInterval(this.#heartbeat);
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
}
