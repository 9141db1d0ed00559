/** What a model says of an event that it found unusual, and how that is written. */
import { createHash } from 'node:crypto';
import { quoteJson } from './json.ts';

/** One feature's part in a score. */
export interface Contribution {
  readonly feature: string;
  /** As the feature set gave it; null when the event does not say. */
  readonly value: number | null;
  /** On the model's own scale; higher weighs more. */
  readonly weight: number;
  /** In words, out of the event: raw, to be escaped where it is shown. */
  readonly text: string;
}

/** Whom a detection is about. */
export interface Entity {
  readonly type: 'host' | 'container' | 'user' | 'process' | 'ip';
  readonly value: string;
}

/** What one of several models gave. */
export interface ModelScore {
  readonly model: string;
  readonly score: number;
  readonly pvalue: number;
}

/** A model fired on an event. */
export interface ModelDetection {
  /** Follows from event and model, so that a replay gives the same; sorts by time. */
  readonly detectionId: string;
  /** Nanoseconds since 1970, of the event. */
  readonly timeUnixNs: bigint;
  readonly hostname: string;
  /** One line for people; raw, to be escaped where it is shown. */
  readonly title: string;
  readonly model: string;
  /** Of the model that weighed most, on its own scale. */
  readonly score: number;
  /** Chance of a normal event being as unusual; 0 to 1. */
  readonly pvalue: number;
  /** The score from which the model would have fired. */
  readonly threshold: number;
  /** Each model's word, where there are several. */
  readonly models: readonly ModelScore[];
  /** Heaviest first. */
  readonly contributions: readonly Contribution[];
  readonly entities: readonly Entity[];
  /** The event as compact JSON. */
  readonly eventJson: string;
}

/** One JSON object without a newline, ASCII only; the event is its last member. */
export function encodeDetection(detection: ModelDetection): string {
  const contributions = detection.contributions.map(
    ({ feature, value, weight, text }) =>
      `{"feature":${quoteJson(feature)},"value":${number(value)},"weight":${number(weight)},"text":${quoteJson(text)}}`,
  );
  const models = detection.models.map(
    ({ model, score, pvalue }) =>
      `{"model":${quoteJson(model)},"score":${number(score)},"pvalue":${number(pvalue)}}`,
  );
  const entities = detection.entities.map(
    ({ type, value }) => `{"type":"${type}","value":${quoteJson(value)}}`,
  );
  return (
    `{"detection_id":${quoteJson(detection.detectionId)},"ts_unix_nano":${detection.timeUnixNs}` +
    `,"hostname":${quoteJson(detection.hostname)},"title":${quoteJson(detection.title)}` +
    `,"model":${quoteJson(detection.model)},"score":${number(detection.score)}` +
    `,"pvalue":${number(detection.pvalue)},"threshold":${number(detection.threshold)}` +
    (models.length === 0 ? '' : `,"models":[${models.join(',')}]`) +
    `,"contributions":[${contributions.join(',')}],"entities":[${entities.join(',')}]` +
    `,"event":${detection.eventJson}}`
  );
}

/**
 * The id of the detection that `model` made of an event: a UUID of version 8 (RFC 9562) with the event's milliseconds in
 * front and a hash of both ids behind, so that the same event gives the same id in every run.
 */
export function detectionIdOf(timeUnixNs: bigint, eventId: string, model: string): string {
  const milliseconds = (timeUnixNs / 1_000_000n).toString(16).padStart(12, '0').slice(-12);
  const hash = createHash('sha256').update(`${model}\0${eventId}\0${timeUnixNs}`).digest('hex');
  return (
    `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-8${hash.slice(0, 3)}` +
    `-a${hash.slice(3, 6)}-${hash.slice(6, 18)}`
  );
}

/** JSON has no NaN and no infinities: not known. */
function number(value: number | null): string {
  return value === null || !Number.isFinite(value) ? 'null' : String(value);
}
