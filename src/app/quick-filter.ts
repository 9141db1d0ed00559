/** `--pid`, `--comm` and `--uid`: a filter for the moment, beside the rules. */
import type { ProbeConfig } from '../core/config/schema.ts';
import type { Event } from '../core/event.ts';

/** True for events to keep. Lists are AND across and OR within; undefined when no list has anything. */
export function quickFilter(
  config: Pick<ProbeConfig, 'pids' | 'comms' | 'uids'>,
): ((event: Event) => boolean) | undefined {
  const pids = new Set(config.pids);
  const comms = new Set(config.comms);
  const uids = new Set(config.uids);
  if (pids.size + comms.size + uids.size === 0) {
    return undefined;
  }
  return (event) =>
    (pids.size === 0 || pids.has(event.pid)) &&
    (comms.size === 0 || comms.has(event.comm)) &&
    (uids.size === 0 || uids.has(event.uid));
}
