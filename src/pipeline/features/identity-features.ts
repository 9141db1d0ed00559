/** Small facts of the process that acts, and the time of day; nothing to learn. */
import type { Event } from '../../core/event.ts';
import type { FeatureBlock } from './feature-block.ts';
import { shown } from './shown-text.ts';
import type { Subject } from './subject.ts';

const MINUTES_PER_DAY = 1440;
const MS_PER_MINUTE = 60_000;
const FIRST_USER_UID = 1000;
/**
 * The first mount namespace is `MNT_NS_INIT_INO` (0xeffffff8, include/uapi/linux/nsfs.h) or, before that was fixed, the
 * first or second inode number from PROC_DYNAMIC_FIRST (0xf0000000); all others come later.
 */
const LAST_HOST_MOUNT_NS = 0xf000_0001;

const SIN = Float64Array.from({ length: MINUTES_PER_DAY }, (_, minute) => Math.sin(angle(minute)));
const COS = Float64Array.from({ length: MINUTES_PER_DAY }, (_, minute) => Math.cos(angle(minute)));

/** 1 for yes, 0 for no, NaN where the event does not say. */
export class IdentityFeatures implements FeatureBlock {
  readonly features = [
    'is_root',
    'is_system_user',
    'has_other_effective_user',
    'has_login',
    'is_in_host_mount_namespace',
    'is_in_container',
    'has_failed',
    'day_sin',
    'day_cos',
  ] as const;
  readonly counts = [];

  extract(event: Event, subject: Subject, out: Float64Array, at: number): void {
    const { uid, outcome } = subject;
    const effective = subject.effectiveUid(event);
    const mountNs = subject.mountNamespace(event);
    const minute = minuteOf(subject.timeMs);
    out[at] = uid === 0 ? 1 : 0;
    out[at + 1] = uid > 0 && uid < FIRST_USER_UID ? 1 : 0;
    out[at + 2] = Number.isNaN(effective) ? Number.NaN : effective === uid ? 0 : 1;
    // Who knows the effective user knows the login too: none is none.
    out[at + 3] = Number.isNaN(effective) ? Number.NaN : event.get('user.login.id') === undefined ? 0 : 1;
    out[at + 4] = Number.isNaN(mountNs) ? Number.NaN : mountNs <= LAST_HOST_MOUNT_NS ? 1 : 0;
    out[at + 5] = subject.containerId === '' ? 0 : 1;
    out[at + 6] = outcome === undefined ? Number.NaN : outcome === 'failure' ? 1 : 0;
    out[at + 7] = SIN[minute] ?? 0;
    out[at + 8] = COS[minute] ?? 0;
  }

  learn(): void {}

  explain(event: Event, subject: Subject, index: number): string {
    switch (this.features[index]) {
      case 'is_root':
      case 'is_system_user':
        return `uid ${subject.uid}`;
      case 'has_other_effective_user':
        return `uid ${subject.uid}, effective uid ${shown(event.get('user.effective.id'))}`;
      case 'has_login':
        return `login uid ${event.get('user.login.id') ?? 'not set'}`;
      case 'is_in_host_mount_namespace':
        return `mount namespace ${shown(event.get('process.namespace.mount'))}`;
      case 'is_in_container':
        return subject.containerId === '' ? 'outside containers' : `in container ${subject.containerId}`;
      case 'has_failed':
        return `outcome ${shown(event.get('error.code') ?? subject.outcome)}`;
      default:
        return `at ${clockTime(minuteOf(subject.timeMs))} UTC`;
    }
  }
}

function angle(minute: number): number {
  return (2 * Math.PI * minute) / MINUTES_PER_DAY;
}

function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / MS_PER_MINUTE) % MINUTES_PER_DAY;
}

function clockTime(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
