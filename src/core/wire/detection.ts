/** Verdicts on the wire: `sentinel.v1.DetectionResponse` and `DetectionBatch`. */
import wire from '../../../build/proto/messages.cjs';
import { messageOf, SentinelError } from '../errors.ts';

const { DetectionResponse, DetectionBatch } = wire.sentinel.v1;
const NS_PER_S = 1_000_000_000n;

/** The answer of a detector to one event. */
export interface Detection {
  readonly eventId: string;
  readonly anomaly: boolean;
  readonly reason: string;
  /** At most 1, higher is stranger. */
  readonly score: number;
  /** On the model's own scale, 0 when the detector does not say. */
  readonly rawScore: number;
  /** Nanoseconds since 1970 at which the detector answered, 0n when it does not say. */
  readonly timeUnixNs: bigint;
}

/** The answer to one batch: how its events fared, and the detections in the order of their events. */
export interface BatchAnswer {
  readonly sequence: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly detections: readonly Detection[];
}

/** An encoded DetectionResponse. */
export function encodeDetection(detection: Detection): Buffer {
  return asBuffer(DetectionResponse.encode(toWire(detection)).finish());
}

/** An encoded DetectionBatch. */
export function encodeBatchAnswer({ sequence, accepted, rejected, detections }: BatchAnswer): Buffer {
  return asBuffer(
    DetectionBatch.encode({ sequence, accepted, rejected, detections: detections.map(toWire) }).finish(),
  );
}

/** @throws {SentinelError} `SNT_INPUT_CORRUPT` if the bytes are no DetectionResponse. */
export function decodeDetection(bytes: Uint8Array): Detection {
  return decoding(() => fromWire(DetectionResponse.decode(bytes)));
}

/** @throws {SentinelError} `SNT_INPUT_CORRUPT` if the bytes are no DetectionBatch. */
export function decodeBatchAnswer(bytes: Uint8Array): BatchAnswer {
  return decoding(() => {
    const { sequence, accepted, rejected, detections } = DetectionBatch.decode(bytes);
    return { sequence, accepted, rejected, detections: detections.map(fromWire) };
  });
}

function toWire({ eventId, anomaly, reason, score, rawScore, timeUnixNs }: Detection) {
  const ts = { seconds: Number(timeUnixNs / NS_PER_S), nanos: Number(timeUnixNs % NS_PER_S) };
  return { eventId, anomaly, reason, score, scoreRaw: rawScore, ts };
}

/** A decoded DetectionResponse; `seconds` is a Long or a number, whose text has every digit. */
interface WireResponse {
  readonly eventId?: string | null;
  readonly anomaly?: boolean | null;
  readonly reason?: string | null;
  readonly score?: number | null;
  readonly scoreRaw?: number | null;
  readonly ts?: { readonly seconds?: { toString(): string } | null; readonly nanos?: number | null } | null;
}

function fromWire({ eventId, anomaly, reason, score, scoreRaw, ts }: WireResponse): Detection {
  return {
    eventId: eventId ?? '',
    anomaly: anomaly ?? false,
    reason: reason ?? '',
    score: score ?? 0,
    rawScore: scoreRaw ?? 0,
    timeUnixNs: BigInt(String(ts?.seconds ?? 0)) * NS_PER_S + BigInt(ts?.nanos ?? 0),
  };
}

function decoding<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new SentinelError('SNT_INPUT_CORRUPT', `Cannot decode the detector's answer: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
