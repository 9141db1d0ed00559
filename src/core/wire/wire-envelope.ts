/** A scanned envelope as the plain object that every part of the program knows. */
import type { EventEnvelope } from '../event.ts';
import { isEventType } from '../event-types.ts';
import { syscallName } from '../linux/syscalls.ts';
import { type JsonObject, normalizeEnvelope } from '../upstream-envelope.ts';
import { EnvelopeScan, FIELD } from './envelope-scan.ts';

/*
 * How the generations are told apart: field 10 (`data`) is only in the first, 8 and 11 (`syscall_name`, `syscall_nr`)
 * only in the second. With one of 8 and 11 and without 10, field 9 is `event_group`; else it is `event_type`. The second
 * then becomes what `upstream-envelope.ts` makes of it in JSON, and so do fields of the second beside those of the first.
 * Numbers are those of x86-64 where the name is left out, as upstream's probes run there.
 */
const LEGACY_CELLS = 9;
const SECOND_GENERATION_TEXTS = {
  comm: FIELD.comm,
  pid: FIELD.pid,
  tid: FIELD.tid,
  uid: FIELD.uid,
  arg0: FIELD.arg0,
  arg1: FIELD.arg1,
} as const;

const ownScan = new EnvelopeScan();

/**
 * Decodes one envelope of either generation.
 *
 * @throws {SentinelError} `SNT_INPUT_CORRUPT` if it is no envelope, or names no event.
 */
export function decodeEnvelope(bytes: Buffer, start = 0, end = bytes.length): EventEnvelope {
  ownScan.scan(bytes, start, end);
  return envelopeOf(ownScan);
}

/**
 * The envelope that was scanned last.
 *
 * @throws {SentinelError} `SNT_INPUT_CORRUPT` if it names no event.
 */
export function envelopeOf(scan: EnvelopeScan): EventEnvelope {
  const eventType = textOf(scan, FIELD.eventType);
  if (
    !hasSecondGenerationField(scan) &&
    eventType !== '' &&
    (scan.cellCount < LEGACY_CELLS || isEventType(eventType))
  ) {
    return {
      event_id: textOf(scan, FIELD.eventId),
      ts_unix_nano: timeOf(scan),
      hostname: textOf(scan, FIELD.hostname),
      pod: textOf(scan, FIELD.podName),
      namespace: textOf(scan, FIELD.namespace),
      container_id: textOf(scan, FIELD.containerId),
      event_type: eventType,
      data: cellsOf(scan),
      attributes: attributesOf(scan),
    };
  }
  return normalizeEnvelope(asJson(scan, eventType));
}

/** True when a field is there that the first generation does not have. */
export function hasSecondGenerationField(scan: EnvelopeScan): boolean {
  return (
    scan.syscallNumber !== undefined ||
    hasText(scan, FIELD.syscallName) ||
    Object.values(SECOND_GENERATION_TEXTS).some((field) => hasText(scan, field))
  );
}

/** Nanoseconds since 1970 of the envelope that was scanned last. */
export function timeOf({ timeHigh, timeLow }: EnvelopeScan): bigint {
  return (BigInt(timeHigh) << 32n) | BigInt(timeLow);
}

/** What the JSON form of the envelope would be. */
function asJson(scan: EnvelopeScan, field9: string): JsonObject {
  const json: JsonObject = {
    event_id: textOf(scan, FIELD.eventId),
    ts_unix_nano: String(timeOf(scan)),
    hostname: textOf(scan, FIELD.hostname),
    pod: textOf(scan, FIELD.podName),
    namespace: textOf(scan, FIELD.namespace),
    container_id: textOf(scan, FIELD.containerId),
    attributes: attributesOf(scan),
  };
  const isSecond =
    scan.cellCount === 0 && (scan.syscallNumber !== undefined || hasText(scan, FIELD.syscallName));
  if (field9 !== '') {
    json[isSecond ? 'event_group' : 'event_type'] = field9;
  }
  if (scan.cellCount > 0) {
    json['data'] = cellsOf(scan);
  }
  for (const [name, field] of Object.entries(SECOND_GENERATION_TEXTS)) {
    if (hasText(scan, field)) {
      json[name] = textOf(scan, field);
    }
  }
  if (scan.syscallNumber !== undefined) {
    json['syscall_nr'] = scan.syscallNumber;
  }
  if (hasText(scan, FIELD.syscallName)) {
    json['syscall_name'] = textOf(scan, FIELD.syscallName);
  } else if (isSecond && scan.syscallNumber !== undefined) {
    json['syscall_name'] = syscallName(scan.syscallNumber, 'x64');
  }
  return json;
}

function hasText({ texts }: EnvelopeScan, field: number): boolean {
  return texts[2 * field] !== texts[2 * field + 1];
}

function textOf({ bytes, texts }: EnvelopeScan, field: number): string {
  return bytes.toString('utf8', texts[2 * field], texts[2 * field + 1]);
}

function cellsOf({ bytes, cells, cellCount }: EnvelopeScan): string[] {
  return Array.from({ length: cellCount }, (_, index) =>
    bytes.toString('utf8', cells[2 * index], cells[2 * index + 1]),
  );
}

function attributesOf({ bytes, attributes, attributeCount }: EnvelopeScan): Record<string, string> {
  const entries = Array.from({ length: attributeCount }, (_, index): [string, string] => [
    bytes.toString('utf8', attributes[4 * index], attributes[4 * index + 1]),
    bytes.toString('utf8', attributes[4 * index + 2], attributes[4 * index + 3]),
  ]);
  return Object.fromEntries(entries);
}
