/** Counters with names that last and labels from closed sets. */
import { EVENT_TYPES } from './event-types.ts';

/** The values that each label may have. Never from data: a label from an event would grow without bound. */
export const LABELS = {
  type: EVENT_TYPES,
  /** Where an event was dropped, in the order that events pass. */
  stage: ['kernel', 'decode', 'filter', 'sink'],
  reason: [
    // in the kernel, `enum lost_reason` of bpf/sentinel.h
    'ring_full',
    'no_scratch',
    'read_fault',
    'compat',
    'io_uring',
    'state_full',
    'missed',
    // above it
    'malformed',
    'quick_filter',
    'not_forwarded',
    'own_event',
    'queue_full',
    'too_large',
    'rejected',
    'write_failed',
    'peer_gone',
    'closed',
    'abandoned',
  ],
  sink: ['stdout', 'file'],
  way: ['tracepoint', 'kprobe'],
} as const satisfies Record<string, readonly string[]>;

/** The metrics of this version. */
export const METRICS = {
  sentinel_events_seen_total: { kind: 'counter', labels: ['type'], help: 'Events that a hook saw' },
  sentinel_events_dropped_total: {
    kind: 'counter',
    labels: ['type', 'stage', 'reason'],
    help: 'Events that went no further, by stage and reason',
  },
  sentinel_events_delivered_total: {
    kind: 'counter',
    labels: ['type', 'sink'],
    help: 'Events that a sink has taken',
  },
  sentinel_probe_attached: {
    kind: 'gauge',
    labels: ['type', 'way'],
    help: '1 while the event type is watched',
  },
} as const satisfies Record<string, { kind: 'counter' | 'gauge'; labels: readonly Label[]; help: string }>;

/** The name of a label. */
export type Label = keyof typeof LABELS;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;

/** The labels that a metric has, each with its possible values. */
export type LabelsOf<M extends MetricName> = {
  readonly [L in (typeof METRICS)[M]['labels'][number]]: (typeof LABELS)[L][number];
};

/** One series. `value` is exact up to 2^53; hot code keeps the object and adds to it. */
export interface Series {
  value: number;
}

/** One line of a snapshot. */
export interface Sample {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Entry extends Series {
  readonly labels: Readonly<Record<string, string>>;
}

/** The counters of one agent. */
export class Metrics {
  readonly #series = new Map<MetricName, Map<string, Entry>>();

  /**
   * The series with these labels, made on first use; the same object each time.
   *
   * @throws {RangeError} If a label is missing, unknown or has a value outside its set.
   */
  series<M extends MetricName>(name: M, labels: LabelsOf<M>): Series {
    const values: Readonly<Record<string, string>> = labels;
    const key = seriesKey(name, values);
    let entries = this.#series.get(name);
    if (entries === undefined) {
      entries = new Map();
      this.#series.set(name, entries);
    }
    let entry = entries.get(key);
    if (entry === undefined) {
      entry = { value: 0, labels: { ...values } };
      entries.set(key, entry);
    }
    return entry;
  }

  /** The sum over all series of a metric that have the given labels. */
  sum<M extends MetricName>(name: M, where: Partial<LabelsOf<M>> = {}): number {
    let total = 0;
    for (const { labels, value } of this.#series.get(name)?.values() ?? []) {
      if (Object.entries(where).every(([label, wanted]) => labels[label] === wanted)) {
        total += value;
      }
    }
    return total;
  }

  /** The sums of a metric by one of its labels, without zeros, largest first. */
  sumBy<M extends MetricName>(
    name: M,
    label: keyof LabelsOf<M> & string,
    where: Partial<LabelsOf<M>> = {},
  ): Map<string, number> {
    const sums = new Map<string, number>();
    for (const { labels, value } of this.#series.get(name)?.values() ?? []) {
      const group = labels[label];
      if (
        group !== undefined &&
        value !== 0 &&
        Object.entries(where).every(([key, wanted]) => labels[key] === wanted)
      ) {
        sums.set(group, (sums.get(group) ?? 0) + value);
      }
    }
    return new Map([...sums].sort(([, a], [, b]) => b - a));
  }

  /** Every series, in the order of {@link METRICS}. */
  snapshot(): Sample[] {
    return METRIC_NAMES.flatMap((name) =>
      [...(this.#series.get(name)?.values() ?? [])].map(({ labels, value }) => ({ name, labels, value })),
    );
  }
}

const METRIC_NAMES = Object.keys(METRICS) as MetricName[]; // the compiler widens keys to string

function seriesKey(name: MetricName, labels: Readonly<Record<string, string>>): string {
  const expected: readonly Label[] = METRICS[name].labels;
  if (Object.keys(labels).length !== expected.length) {
    throw new RangeError(`${name} has the labels ${expected.join(', ')}`);
  }
  return expected
    .map((label) => {
      const value = labels[label];
      const allowed: readonly string[] = LABELS[label];
      if (value === undefined || !allowed.includes(value)) {
        throw new RangeError(`${name} cannot have ${label}=${JSON.stringify(value)}`);
      }
      return value;
    })
    .join('\0');
}
