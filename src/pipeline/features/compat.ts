/** The ten features of upstream's first generation, bit for bit. */
import { hash } from 'node:crypto';
import type { Event } from '../../core/event.ts';
import type { EventType } from '../../core/event-types.ts';
import type { FeatureGroup, FeatureSet } from './feature-set.ts';
import { clip, MAX_EXPLANATION_CHARS, shown, shownPath } from './shown-text.ts';

/** Upstream's keys, in the order of its vector. */
export const COMPAT_FEATURES = [
  'bytes_norm',
  'path_hash',
  'comm_hash',
  'pid_norm',
  'tid_norm',
  'uid_norm',
  'is_sensitive',
  'path_depth',
  'hour_norm',
  'minute_norm',
] as const;

const SENSITIVE_PREFIXES = ['/etc', '/bin', '/usr', '/sbin', '/boot', '/root', '/var/log'];
const MAX_PID = 4_194_304;
const MAX_UID = 4_294_967_295;
const HASH_RANGE = 10_000;
const NS_PER_SECOND = 1_000_000_000n;
const SLASH = 47;

/** Texts in each of the two generations of the memo, and the longest that is kept: at most 8 MiB together. */
const MEMO_TEXTS = 4096;
const MEMO_CHARS = 512;

/**
 * Upstream's feature set: one group for all event types but the agent's own. It has no state; a value is a float32.
 *
 * Where upstream gives NaN or -inf (flags below 0) this gives 0.
 */
export class CompatFeatures implements FeatureSet {
  readonly name = 'compat';
  readonly version = 1;
  readonly groups: readonly FeatureGroup[] = [{ name: 'event', features: COMPAT_FEATURES }];
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  groupOf(type: EventType): number {
    return type.startsWith('agent_') ? -1 : 0;
  }

  extract(event: Event, out: Float64Array): void {
    const path = event.object;
    // Upstream sends a uid with file_open only.
    const uid = event.type === 'file_open' ? event.uid : 0;
    const seconds = Number(event.timeUnixNs / NS_PER_SECOND);
    out[0] = Math.fround(Math.min(Math.log1p(flagsOf(event.detail)) / 20, 1));
    out[1] = this.#hash01(path);
    out[2] = this.#hash01(event.comm);
    out[3] = Math.fround(Math.min(event.pid / MAX_PID, 1));
    out[4] = Math.fround(Math.min(event.threadId / MAX_PID, 1));
    out[5] = Math.fround(Math.min(uid / MAX_UID, 1));
    out[6] = isSensitive(path) ? 1 : 0;
    out[7] = Math.fround(Math.min(slashesIn(path) / 20, 1));
    out[8] = Math.fround((Math.floor(seconds / 3600) % 24) / 24);
    out[9] = Math.fround((Math.floor(seconds / 60) % 60) / 60);
  }

  learn(): void {}

  explain(event: Event, feature: number): string {
    return clip(explanationOf(event, feature), MAX_EXPLANATION_CHARS);
  }

  save(): void {}

  restore(): void {}

  /** The first 32 bits of the MD5 of the UTF-8 text, modulo 10,000, over 10,000. */
  #hash01(text: string): number {
    const known = this.#young.get(text) ?? this.#old.get(text);
    if (known !== undefined) {
      return known;
    }
    const value = Math.fround((hash('md5', text, 'buffer').readUInt32BE(0) % HASH_RANGE) / HASH_RANGE);
    if (text.length <= MEMO_CHARS) {
      if (this.#young.size >= MEMO_TEXTS) {
        this.#old = this.#young;
        this.#young = new Map();
      }
      this.#young.set(text, value);
    }
    return value;
  }
}

/** A decimal integer as Python's int() reads it; 0 for anything else and for negative numbers. */
function flagsOf(detail: string): number {
  if (detail.length > MEMO_CHARS || !/^\s*[+-]?\d+(?:_\d+)*\s*$/.test(detail)) {
    return 0;
  }
  return Math.max(0, Number(detail.replaceAll('_', '')));
}

function isSensitive(path: string): boolean {
  for (const prefix of SENSITIVE_PREFIXES) {
    if (path.startsWith(prefix)) {
      return true;
    }
  }
  return false;
}

function slashesIn(path: string): number {
  let slashes = 0;
  for (let index = 0; index < path.length; index++) {
    if (path.charCodeAt(index) === SLASH) {
      slashes++;
    }
  }
  return slashes;
}

function explanationOf(event: Event, feature: number): string {
  switch (COMPAT_FEATURES[feature]) {
    case 'bytes_norm':
      return `flags ${shown(event.detail)}`;
    case 'path_hash':
      return `object ${shownPath(event.object)}`;
    case 'comm_hash':
      return `command name ${shown(event.comm)}`;
    case 'pid_norm':
      return `pid ${event.pid}`;
    case 'tid_norm':
      return `thread id ${event.threadId}`;
    case 'uid_norm':
      return event.type === 'file_open' ? `uid ${event.uid}` : 'no uid for this type';
    case 'is_sensitive':
      return `${shownPath(event.object)} is ${isSensitive(event.object) ? '' : 'not '}in a system directory`;
    case 'path_depth':
      return `${slashesIn(event.object)} slashes in ${shownPath(event.object)}`;
    case 'hour_norm':
    case 'minute_norm':
      return `at ${clockTime(event.timeUnixNs)} UTC`;
    default:
      return 'no such feature';
  }
}

function clockTime(timeUnixNs: bigint): string {
  const minutes = Number((timeUnixNs / (60n * NS_PER_SECOND)) % 1440n);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
