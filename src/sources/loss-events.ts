/** Losses as events of their own, so that whoever reads the stream knows where it has a gap. */

import { EnvelopeEvent } from '../core/envelope-event.ts';
import type { Event } from '../core/event.ts';
import { EventIdGenerator } from '../core/event-id.ts';
import type { HostIdentity } from '../kernel/kernel-event.ts';
import type { TypeCounters } from '../kernel/kernel-probe.ts';

/** Turns growing counters into `agent_loss` events: one for each type and reason that lost something since last time. */
export class LossEvents {
  readonly #identity: HostIdentity;
  readonly #ids = new EventIdGenerator();
  readonly #known = new Map<string, number>();

  constructor(identity: HostIdentity) {
    this.#identity = identity;
  }

  /**
   * The events for what was lost since the last call.
   *
   * @param nowUnixNs Nanoseconds since 1970; the events' time.
   */
  since(counters: readonly TypeCounters[], nowUnixNs: bigint): Event[] {
    const events: Event[] = [];
    for (const { type, lost } of counters) {
      for (const [reason, total] of Object.entries(lost)) {
        const key = `${type} ${reason}`;
        const grown = total - (this.#known.get(key) ?? 0);
        if (grown > 0) {
          this.#known.set(key, total);
          events.push(this.#event(type, reason, grown, nowUnixNs));
        }
      }
    }
    return events;
  }

  #event(type: string, reason: string, count: number, nowUnixNs: bigint): Event {
    const { hostname, podName, namespace, containerId, labels } = this.#identity;
    const pid = String(process.pid);
    return new EnvelopeEvent({
      event_id: this.#ids.next(nowUnixNs),
      ts_unix_nano: nowUnixNs,
      hostname,
      pod: podName,
      namespace,
      container_id: containerId,
      event_type: 'agent_loss',
      data: [type, String(count), 'sentinel', pid, pid, String(process.getuid?.() ?? 0)],
      attributes: {
        'agent.loss.type': type,
        'agent.loss.reason': reason,
        'agent.loss.events': String(count),
        ...Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
      },
    });
  }
}
