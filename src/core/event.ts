/** What the host did: the one shape that sources make, the pipeline reads and sinks write. */
import type { ByteWriter } from './byte-writer.ts';
import type { EventType } from './event-types.ts';
import type { ProcessInfo } from './process-info.ts';

/** Called once for each attribute, in the event's fixed order. */
export type AttributeVisitor = (name: string, value: string) => void;

/**
 * An event as the pipeline sees it.
 *
 * A source may hand out the same object again for the next event: whoever keeps an event keeps its envelope or
 * its encoded bytes, never the object.
 */
export interface Event {
  /** Unique across hosts and restarts, and sorted by time (UUIDv7). */
  readonly eventId: string;
  readonly type: EventType;
  /** Nanoseconds since 1970, UTC. */
  readonly timeUnixNs: bigint;
  readonly hostname: string;
  /** Kubernetes pod, or '' outside one. */
  readonly podName: string;
  /** Kubernetes namespace, or ''. */
  readonly namespace: string;
  /** Full id of the container, or '' on the host itself. */
  readonly containerId: string;
  readonly comm: string;
  readonly pid: number;
  readonly threadId: number;
  readonly uid: number;
  /** What was acted on, `data[0]`: for files the resolved path, for exec the executable. */
  readonly object: string;
  /** How, `data[1]`: for `file_open` the flags as a decimal number. */
  readonly detail: string;
  /** The process behind the event, once enrichment has found it. */
  process: ProcessInfo | undefined;
  /** The value of one attribute by its ECS name, undefined when unknown. */
  get(name: string): string | undefined;
  /** Calls `visit` for every known attribute. */
  visitAttributes(visit: AttributeVisitor): void;
  /** Writes {@link eventId}, `","ts_unix_nano":` and {@link timeUnixNs}: for events that can without making either. */
  writeIdAndTime?(out: ByteWriter): void;
  /**
   * Writes what `visitAttributes` yields as JSON members without braces and without a leading comma, ASCII only: for
   * events that have most of it ready. Left out, each value is quoted anew.
   */
  writeAttributes?(out: ByteWriter): void;
}

/** Upstream's first-generation event as a plain object; key order is the order on the wire. */
export interface EventEnvelope {
  readonly event_id: string;
  readonly ts_unix_nano: bigint;
  readonly hostname: string;
  readonly pod: string;
  readonly namespace: string;
  readonly container_id: string;
  readonly event_type: string;
  readonly data: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** Copies an event into a plain object that its caller owns. */
export function toEnvelope(event: Event): EventEnvelope {
  const attributes: Record<string, string> = {};
  event.visitAttributes((name, value) => {
    // Not an assignment: one to `__proto__` would be lost.
    Object.defineProperty(attributes, name, { value, enumerable: true, writable: true, configurable: true });
  });
  return {
    event_id: event.eventId,
    ts_unix_nano: event.timeUnixNs,
    hostname: event.hostname,
    pod: event.podName,
    namespace: event.namespace,
    container_id: event.containerId,
    event_type: event.type,
    data: [
      event.object,
      event.detail,
      event.comm,
      String(event.pid),
      String(event.threadId),
      String(event.uid),
    ],
    attributes,
  };
}
