/** Ordinary events of a made-up host, and one that is not, for tests of detection. */
import { EnvelopeEvent } from '../../src/core/envelope-event.ts';
import type { Event } from '../../src/core/event.ts';

const START_NS = 1_795_000_000_000_000_000n;
const STEP_NS = 50_000_000n;
const FILES = ['/etc/hosts', '/etc/passwd', '/usr/lib/libc.so.6', '/var/log/syslog', '/srv/www/index.html'];
const PROGRAMS = [
  ['nginx', '/usr/sbin/nginx', 'systemd'],
  ['cron', '/usr/sbin/cron', 'systemd'],
  ['bash', '/usr/bin/bash', 'sshd'],
] as const;

/** A small generator of numbers that looks random enough; the same for the same seed. */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The `index`-th event of an ordinary host: a few programs that open the same few files, 20 a second. */
export function ordinaryEvent(index: number, random: () => number): Event {
  const [comm, executable, parent] = PROGRAMS[Math.floor(random() * PROGRAMS.length)] ?? PROGRAMS[0];
  const path = FILES[Math.floor(random() * random() * FILES.length)] ?? '/etc/hosts';
  return recorded(index, path, comm, executable, parent);
}

/** A web server that opens the shadow file through a program in /dev/shm. */
export function oddEvent(index: number): Event {
  return recorded(index, '/etc/shadow', 'x', '/dev/shm/.x', 'nginx');
}

function recorded(index: number, path: string, comm: string, executable: string, parent: string): Event {
  return new EnvelopeEvent({
    event_id: `event-${index}`,
    ts_unix_nano: START_NS + BigInt(index) * STEP_NS,
    hostname: 'made-up',
    pod: '',
    namespace: '',
    container_id: '',
    event_type: 'file_open',
    data: [path, '0', comm, '100', '100', '0'],
    attributes: {
      'event.outcome': 'success',
      'file.path': path,
      'process.executable': executable,
      'process.entity_id': `entity-${comm}`,
      'process.parent.name': parent,
      'process.parent.executable': `/usr/sbin/${parent}`,
      'user.name': 'root',
    },
  });
}
