/**
 * How late events are: from the time that the kernel put into the record to the moment that the consumer gets the event.
 *
 * The record's clock is CLOCK_BOOTTIME, ours here CLOCK_MONOTONIC (`process.hrtime`). They tick alike, and differ by the
 * time that the machine slept, which a C program reads between two readings of the other; `clock_error_ns` is how far
 * apart those two were.
 */
import type { Bench, BenchRow } from './bench.ts';
import { epochToMonotonicNs } from './support/clocks.ts';
import { runLoad } from './support/producers.ts';
import { interleave, quantile, shown } from './support/rounds.ts';
import { countsOf, openReader } from './support/sensor.ts';

const ROUNDS = 5;
const RATES = [
  { perSecond: 100, seconds: 3 },
  { perSecond: 10_000, seconds: 2 },
] as const;

interface Sample {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  readonly lost: number;
  readonly cpuPercent: number;
  readonly isWhole: boolean;
}

async function measure(perSecond: number, seconds: number, offsetNs: bigint): Promise<Sample> {
  const latencies: number[] = [];
  using reader = openReader({ events: ['sys_call'], syscalls: ['getppid'] }, (event) => {
    if (event.comm === 'load') {
      latencies.push(Number(process.hrtime.bigint() + offsetNs - event.timeUnixNs));
    }
  });
  reader.start();
  const cpu = process.cpuUsage();
  const load = await runLoad('paced', perSecond, seconds);
  const { user, system } = process.cpuUsage(cpu);
  reader.stop();
  const { lost } = countsOf(reader.kernelCounters(), 'sys_call');
  return {
    p50Us: quantile(latencies, 0.5) / 1000,
    p99Us: quantile(latencies, 0.99) / 1000,
    maxUs: quantile(latencies, 1) / 1000,
    lost,
    cpuPercent: ((user + system) * 1000 * 100) / load.elapsedNs,
    isWhole: latencies.length + lost >= load.calls && quantile(latencies, 0) > 0,
  };
}

/** {@link Bench} of latency. */
export const bench: Bench = {
  name: 'latency, kernel to consumer',
  async run() {
    const { offsetNs, errorNs } = epochToMonotonicNs();
    const contenders = Object.fromEntries(
      RATES.map(({ perSecond, seconds }) => [String(perSecond), () => measure(perSecond, seconds, offsetNs)]),
    );
    const rounds = await interleave(ROUNDS, contenders);
    const rows = RATES.map(({ perSecond }): BenchRow => {
      const samples = rounds[String(perSecond)] ?? [];
      const measurement = (name: string, read: (sample: Sample) => number) => ({
        name,
        unit: 'µs',
        samples: samples.map(read),
      });
      const worst = Math.max(...samples.map(({ maxUs }) => maxUs));
      return {
        subject: `${shown(perSecond)} events/s`,
        measurements: [
          {
            ...measurement('p50', ({ p50Us }) => p50Us),
            extra: {
              lost: samples.reduce((sum, { lost }) => sum + lost, 0),
              cpu_percent: shown(
                quantile(
                  samples.map(({ cpuPercent }) => cpuPercent),
                  0.5,
                ),
              ),
              clock_error_ns: errorNs,
            },
          },
          { ...measurement('p99', ({ p99Us }) => p99Us), extra: { worst_us: shown(worst) } },
        ],
        isSameAnswer: samples.every(({ isWhole }) => isWhole),
      };
    });
    return { rows };
  },
};
