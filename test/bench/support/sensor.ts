/** The product's own kernel programs and reader, set up for a bench. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BpfNative, loadBpfNative } from '../../../native/index.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { Event } from '../../../src/core/event.ts';
import type { EventType } from '../../../src/core/event-types.ts';
import { type KernelImages, KernelProbe, type TypeCounters } from '../../../src/kernel/kernel-probe.ts';
import { KernelReader } from '../../../src/kernel/kernel-reader.ts';
import { HostEnricher } from '../../../src/pipeline/enrich/enricher.ts';

/** The wake-up interval that `probe` uses. */
const WAKE_INTERVAL_NS = 200_000;
/** The pull interval that `probe` uses. */
export const DRAIN_INTERVAL_MS = 5;
/** What a reader drains into. */
export const TARGET_BYTES = 2 << 20;

const IMAGES: KernelImages = {
  current: () => readFileSync('build/bpf/sentinel.bpf.o'),
  older: () => readFileSync('build/bpf/sentinel-older.bpf.o'),
};

let loaded: BpfNative | undefined;

/** The addon; src/kernel/assets.ts finds it only from inside a bundle. */
export function native(): BpfNative {
  loaded ??= loadBpfNative(resolve('build/Release/bpf_native.node'));
  return loaded;
}

/** What to see. */
export interface SensorOptions {
  readonly events: readonly EventType[];
  readonly syscalls?: readonly string[];
  /** The product's default when left out. */
  readonly ringBytes?: number;
}

function probeOptions({ events, syscalls = [], ringBytes }: SensorOptions) {
  return {
    events: new Set(events),
    syscalls,
    ringBytes,
    wakeIntervalNs: WAKE_INTERVAL_NS,
    agentPid: process.pid,
  };
}

/** Programs and ring without a decoder. */
export function openProbe(options: SensorOptions): KernelProbe {
  return KernelProbe.open(native(), IMAGES, probeOptions(options));
}

/** The reader as `probe` has it, with the real process tree. */
export function openReader(
  options: SensorOptions,
  onEvent: (event: Event) => void,
  onBatch: () => void = () => {},
): KernelReader {
  const host = new HostEnricher({ clock: systemClock });
  const reader = new KernelReader(
    native(),
    IMAGES,
    host,
    {
      ...probeOptions(options),
      drainIntervalMs: DRAIN_INTERVAL_MS,
      identity: { hostname: 'bench', podName: '', namespace: '', containerId: '', labels: {} },
    },
    onEvent,
    () => {
      host.refresh();
      onBatch();
    },
    () => false,
  );
  host.takeSnapshot();
  return reader;
}

/** Events of a type that the kernel saw and lost, by its own count. */
export function countsOf(counters: readonly TypeCounters[], type: EventType): { seen: number; lost: number } {
  const found = counters.find((one) => one.type === type);
  const lost = found === undefined ? 0 : Object.values(found.lost).reduce((sum, count) => sum + count, 0);
  return { seen: found?.seen ?? 0, lost };
}

/** Processor seconds that `work` took in this process, all its threads. */
export async function cpuSecondsOf<T>(work: () => T | Promise<T>): Promise<[T, number]> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1e6];
}
