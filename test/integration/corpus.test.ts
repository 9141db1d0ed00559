/** The captures that ship: whole, labelled, and only of the sandbox. */
import { createReadStream, statSync } from 'node:fs';
import { isCanonicalEnvelope } from '../../src/core/canonical-envelope.ts';
import { parseEnvelope } from '../../src/core/envelope-json.ts';
import type { EventEnvelope } from '../../src/core/event.ts';
import { isEventType } from '../../src/core/event-types.ts';
import { RecordedInput } from '../../src/sources/evt1.ts';
import {
  BENIGN,
  captureFiles,
  type Label,
  type Manifest,
  readLabels,
  readManifest,
} from '../corpus/capture.ts';
import { readScripts } from '../corpus/scripts.ts';

const FOLDER = 'test/fixtures/captures';
const CAPTURES = ['attacks.evt1', 'benign.evt1', 'benign-2.evt1'];
const MAX_TOTAL_BYTES = 6 * 1024 * 1024;
const LOAD_TIMEOUT_MS = 120_000;
const TECHNIQUES = 'test/corpus/techniques';

const USERS = ['root', 'alice', 'bob', 'deploy', 'www-data', '_apt', 'nobody', 'systemd-core'];
const GUEST = /^guest\d\d$/;
const ADDRESS = /^(127\.0\.0\.1|198\.51\.100\.(20|53)|203\.0\.113\.66|::1|::|0\.0\.0\.0)$/;
const TOP_FOLDERS =
  /^\/(bin|boot|dev|etc|home|lib|lib32|lib64|libx32|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)?(\/|$)|^\/\.dockerenv$/;
const HOMES = /\/home\/([^/"\\\s*]+)/g;

interface Capture {
  readonly events: readonly EventEnvelope[];
  readonly canonical: number;
  readonly labels: readonly Label[];
  readonly manifest: Manifest;
}

async function loadCapture(path: string): Promise<Capture> {
  const events: EventEnvelope[] = [];
  let canonical = 0;
  const input = new RecordedInput(createReadStream(path));
  for await (const cursor of input.cursors()) {
    while (cursor.next()) {
      canonical += isCanonicalEnvelope(cursor.view, cursor.start, cursor.end) ? 1 : 0;
      events.push(parseEnvelope(cursor.bytes.subarray(cursor.start, cursor.end)));
    }
  }
  expect(input.end()).toEqual({ tornOffset: undefined, isGzipTorn: false });
  return { events, canonical, labels: readLabels(path), manifest: readManifest(path) };
}

/** Loads the capture before the tests of a block, and lets go of it after them: each takes some 200 MB. */
function useCapture(name: string): () => Capture {
  let capture: Capture | undefined;
  beforeAll(async () => {
    capture = await loadCapture(`${FOLDER}/${name}`);
  }, LOAD_TIMEOUT_MS);
  afterAll(() => {
    capture = undefined;
  });
  return () => {
    if (capture === undefined) {
      throw new Error(`${name} was not loaded`);
    }
    return capture;
  };
}

describe.each(CAPTURES)('%s', (name) => {
  const capture = useCapture(name);

  test('has as many events of each type as its manifest says, each as the probe writes them', () => {
    const { events, canonical, manifest } = capture();
    const byType: Record<string, number> = {};
    for (const { event_type } of events) {
      byType[event_type] = (byType[event_type] ?? 0) + 1;
    }
    expect(events.length).toBeGreaterThan(10_000);
    expect(events.length).toBe(manifest.events);
    expect(canonical).toBe(manifest.events);
    expect(byType).toEqual(manifest.events_by_type);
    expect(Object.keys(byType).filter((type) => !isEventType(type))).toEqual([]);
  });

  test('labels every event, once, in order', () => {
    const { events, labels } = capture();
    expect(labels.map(({ event_id }) => event_id)).toEqual(events.map(({ event_id }) => event_id));
    expect(new Set(labels.map(({ event_id }) => event_id)).size).toBe(events.length);
  });

  test('counts benign events and attacks as its manifest says', () => {
    const { labels, manifest } = capture();
    const benign = labels.filter(({ label }) => label === BENIGN).length;
    expect(benign).toBe(manifest.benign_events);
    expect(labels.length - benign).toBe(manifest.attack_events);
  });

  test('was recorded without loss, and no script was left out', () => {
    const { manifest } = capture();
    expect(manifest.probe.lost).toBe(0);
    expect(manifest.probe.forwarded).toBeGreaterThanOrEqual(manifest.events);
    expect(manifest.skipped).toEqual([]);
  });

  test('shows one host, the sandbox: its users, addresses, folders, and processes below its init', () => {
    const { events } = capture();
    const strangers = new Set<string>();
    const orphans = new Set<string>();
    for (const event of events) {
      const attributes = event.attributes;
      const ancestors = attributes['process.ancestors'];
      if (ancestors !== undefined && !ancestors.endsWith('"init"]')) {
        orphans.add(ancestors);
      }
      for (const stranger of strangersOf(event)) {
        strangers.add(stranger);
      }
    }
    expect([...orphans]).toEqual([]);
    expect([...strangers]).toEqual([]);
  });

  test('says nothing of where it was recorded', () => {
    const { events } = capture();
    const text = events.filter((event) =>
      JSON.stringify([event.data, event.attributes]).includes(process.cwd()),
    );
    expect(text).toEqual([]);
  });
});

describe('attacks.evt1', () => {
  const capture = useCapture('attacks.evt1');

  test('has every technique script, with events labelled as its technique, in its time', () => {
    const { events, labels, manifest } = capture();
    const counted = new Map<string, { events: number; labels: Set<string>; first: bigint; last: bigint }>();
    for (const [index, { label, session }] of labels.entries()) {
      const time = events[index]?.ts_unix_nano ?? 0n;
      if (label !== BENIGN) {
        const seen = counted.get(session) ?? { events: 0, labels: new Set(), first: time, last: time };
        seen.events++;
        seen.labels.add(label);
        seen.last = time;
        counted.set(session, seen);
      }
    }
    const scripts = readScripts(TECHNIQUES).map(({ name }) => name);
    expect(new Set(manifest.techniques.map(({ script }) => script))).toEqual(new Set(scripts));
    for (const { session, technique, first_unix_ns, last_unix_ns, events: count } of manifest.techniques) {
      expect(count).toBeGreaterThan(0);
      expect([session, counted.get(session)]).toEqual([
        session,
        {
          events: count,
          labels: new Set([technique]),
          first: BigInt(first_unix_ns),
          last: BigInt(last_unix_ns),
        },
      ]);
    }
    expect(counted.size).toBe(scripts.length);
  });

  test('covers at least 40 techniques and every tactic from execution to impact', () => {
    const { manifest } = capture();
    expect(new Set(manifest.techniques.map(({ technique }) => technique)).size).toBeGreaterThanOrEqual(40);
    expect(new Set(manifest.techniques.map(({ tactic }) => tactic))).toEqual(
      new Set([
        'execution',
        'persistence',
        'privilege-escalation',
        'defense-evasion',
        'credential-access',
        'discovery',
        'lateral-movement',
        'collection',
        'command-and-control',
        'exfiltration',
        'impact',
      ]),
    );
  });

  test.each([
    ['T1620', 'process_exec', /memfd:/],
    ['T1547.006', 'priv_module_load', /diamorphine\.ko/],
    ['T1055.008', 'priv_ptrace', /^\d+$/],
    ['T1611', 'priv_unshare', /CLONE_NEWUSER/],
    ['T1505.003', 'process_exec', /^\/usr\/bin\/cat$/],
    ['T1053.003', 'file_open', /^\/etc\/cron\.d\//],
    ['T1574.006', 'file_open', /^\/etc\/ld\.so\.preload$/],
    ['T1095', 'net_connect', /^203\.0\.113\.66:4444$/],
    ['T1003.008', 'file_open', /^\/etc\/shadow$/],
    ['T1486', 'file_rename', /\.locked|report-/],
    ['T1548.001', 'file_chmod', /\/var\/tmp\/\.bash/],
  ])('shows the deed of %s itself: %s', (technique, type, object) => {
    const { events, labels } = capture();
    const deeds = events.filter(
      (event, index) =>
        labels[index]?.label === technique && event.event_type === type && object.test(event.data[0] ?? ''),
    );
    expect(deeds.length).toBeGreaterThan(0);
  });
});

test.each(['benign.evt1', 'benign-2.evt1'])('%s has no attack in it', (name) => {
  expect(readManifest(`${FOLDER}/${name}`).attack_events).toBe(0);
});

test('the captures are small enough to be kept with the sources', () => {
  const bytes = CAPTURES.flatMap((name) => Object.values(captureFiles(`${FOLDER}/${name}`)))
    .map((path) => statSync(path).size)
    .reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeLessThanOrEqual(MAX_TOTAL_BYTES);
});

/** What an event names that the sandbox does not have. */
function strangersOf(event: EventEnvelope): string[] {
  const { attributes } = event;
  const users = [attributes['user.name'], attributes['user.login.name']];
  const addresses = [attributes['source.ip'], attributes['destination.ip']];
  const paths = [
    attributes['file.path'],
    attributes['process.executable'],
    attributes['process.parent.executable'],
    attributes['process.working_directory'],
  ];
  const homes = [...JSON.stringify([event.data, attributes]).matchAll(HOMES)].map(([, user = '']) => user);
  const isThere = attributes['event.outcome'] === 'success';
  const isUser = (user: string) => USERS.includes(user) || GUEST.test(user);
  return [
    ...(event.hostname === 'corpus' ? [] : [event.hostname]),
    ...((attributes['cgroup.path'] ?? '/') === '/' ? [] : [String(attributes['cgroup.path'])]),
    ...users.filter((user) => user !== undefined && !isUser(user)),
    ...addresses.filter((address) => address !== undefined && !ADDRESS.test(address)),
    ...paths.filter((path) => isThere && path?.startsWith('/') && !TOP_FOLDERS.test(path)),
    ...homes.filter((user) => /^[a-z]/.test(user) && !isUser(user)),
  ].filter((stranger) => stranger !== undefined);
}
