/** The account of a run: what was seen and where it went. */
import type { EventType } from '../core/event-types.ts';
import type { TypeCounters } from '../kernel/kernel-probe.ts';

/** One sink's part of the account. */
export interface SinkAccount {
  readonly name: string;
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * Every event, and what became of it:
 *
 * ```
 * seen      = by the kernel programs + made by the agent itself (agent_loss)
 *           = Σ lost + drained
 * drained   = malformed + trackedOnly + filtered + forwarded
 * forwarded = delivered + Σ dropped, for each sink
 * ```
 */
export interface ProbeAccount {
  readonly seen: number;
  /** By reason; only reasons that happened. */
  readonly lost: Readonly<Record<string, number>>;
  readonly malformed: number;
  /** Seen for the process tree or the heartbeat only: of types that nobody asked for. */
  readonly trackedOnly: number;
  /** Not wanted by the forwarding rules or the quick filters. */
  readonly filtered: number;
  readonly forwarded: number;
  readonly sinks: readonly SinkAccount[];
  readonly elapsedMs: number;
}

/** The sums over all event types. */
export function sumKernelCounters(counters: readonly TypeCounters[]): {
  seen: number;
  lost: Record<string, number>;
  byType: Map<EventType, number>;
} {
  const lost: Record<string, number> = {};
  const byType = new Map<EventType, number>();
  let seen = 0;
  for (const counter of counters) {
    seen += counter.seen;
    byType.set(counter.type, counter.seen);
    for (const [reason, count] of Object.entries(counter.lost)) {
      if (count > 0) {
        lost[reason] = (lost[reason] ?? 0) + count;
      }
    }
  }
  return { seen, lost, byType };
}

/** One line for people. */
export function summaryLine(account: ProbeAccount): string {
  const { seen, lost, malformed, trackedOnly, filtered, forwarded, sinks, elapsedMs } = account;
  const seconds = Math.max(elapsedMs / 1000, 0.001);
  const losses = { ...lost, ...(malformed > 0 ? { malformed } : {}) };
  const parts = [
    `${seen} seen`,
    `${forwarded} forwarded`,
    `${filtered + trackedOnly} filtered`,
    `${sum(losses)} lost${reasons(losses)}`,
    ...sinks
      .filter(({ dropped }) => sum(dropped) > 0)
      .map(({ name, dropped }) => `${sum(dropped)} dropped by ${name}${reasons(dropped)}`),
    `${Math.round(seen / seconds)} events/s over ${seconds.toFixed(1)} s`,
  ];
  return parts.join(', ');
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function reasons(counts: Readonly<Record<string, number>>): string {
  const happened = Object.entries(counts).filter(([, count]) => count > 0);
  return happened.length === 0
    ? ''
    : ` (${happened.map(([reason, count]) => `${reason} ${count}`).join(', ')})`;
}
