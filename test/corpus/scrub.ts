/** Takes out of an event what lies outside of the sandbox: the host's processes and control groups. */
import type { EventEnvelope } from '../../src/core/event.ts';

const INIT = 'init';
const ANCESTORS = 'process.ancestors';

/** The event as it would be if init were the first process of a host of its own. */
export function scrubEvent(event: EventEnvelope, isInit: boolean): EventEnvelope {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.attributes)) {
    if (name === 'cgroup.path') {
      attributes[name] = '/';
    } else if (name === ANCESTORS) {
      if (!isInit) {
        attributes[name] = upToInit(value);
      }
    } else if (!isInit || !name.startsWith('process.parent.')) {
      attributes[name] = value;
    }
  }
  return { ...event, attributes };
}

function upToInit(ancestors: string): string {
  const names = JSON.parse(ancestors) as string[]; // our own attribute, a JSON array of names
  const end = names.indexOf(INIT);
  return JSON.stringify(end === -1 ? names : names.slice(0, end + 1));
}
