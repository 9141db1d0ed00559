import fc from 'fast-check';
import { EnvelopeEvent } from '../../../../src/core/envelope-event.ts';
import { encodeEvent, parseEnvelope } from '../../../../src/core/envelope-json.ts';
import type { Event } from '../../../../src/core/event.ts';
import { EVENT_TYPES } from '../../../../src/core/event-types.ts';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { HostFeatures } from '../../../../src/pipeline/features/host.ts';
import { anyEnvelope, anyText } from '../../../support/any-event.ts';
import { type EventSample, sampleEvent } from '../sample-event.ts';
import { forEachLive, liveRecords } from './live-events.ts';

const SECOND_NS = 1_000_000_000n;
const START_NS = 1_700_000_000n * SECOND_NS;

function vectorOf(set: HostFeatures, event: Event): Float64Array {
  const group = set.groups[set.groupOf(event.type)];
  const out = new Float64Array(group?.features.length ?? 0);
  set.extract(event, out);
  return out;
}

/** The features of one event by name, and what they say. */
function seen(set: HostFeatures, event: Event) {
  const out = vectorOf(set, event);
  const features = set.groups[set.groupOf(event.type)]?.features ?? [];
  const at = (name: string): number => {
    const index = features.indexOf(name);
    expect(index).toBeGreaterThanOrEqual(0);
    return index;
  };
  return {
    value: (name: string): number => out[at(name)] ?? Number.NaN,
    text: (name: string): string => set.explain(event, at(name)),
  };
}

function learn(set: HostFeatures, event: Event, times = 1): void {
  for (let time = 0; time < times; time++) {
    vectorOf(set, event);
    set.learn(event);
  }
}

const exec = (parent: string, executable: string, line = executable, extra: EventSample = {}): Event =>
  sampleEvent({
    type: 'process_exec',
    object: executable,
    detail: line,
    ...extra,
    attributes: {
      'process.executable': executable,
      'process.parent.executable': parent,
      'event.outcome': 'success',
      ...extra.attributes,
    },
  });

const opened = (executable: string, path: string, extra: EventSample = {}): Event =>
  sampleEvent({
    object: path,
    ...extra,
    attributes: { 'process.executable': executable, 'event.outcome': 'success', ...extra.attributes },
  });

const connect = (executable: string, end: string): Event =>
  sampleEvent({
    type: 'net_connect',
    object: end,
    detail: 'tcp',
    attributes: { 'process.executable': executable, 'event.outcome': 'success' },
  });

describe('HostFeatures', () => {
  test('has four groups, each with names of its own', () => {
    const { groups } = new HostFeatures();
    expect(groups.map(({ name }) => name)).toEqual(['process', 'file', 'network', 'privilege']);
    for (const { features } of groups) {
      expect(new Set(features).size).toBe(features.length);
    }
    expect(groups.map(({ features }) => [...features])).toMatchSnapshot();
  });

  test('puts every type into its group and leaves the agent’s own out', () => {
    const set = new HostFeatures();
    const byGroup = (group: number): string[] => EVENT_TYPES.filter((type) => set.groupOf(type) === group);
    expect(byGroup(-1)).toEqual(['agent_heartbeat', 'agent_loss', 'agent_tamper']);
    expect(byGroup(0)).toEqual(['process_exec', 'process_fork', 'process_exit']);
    expect(byGroup(1).every((type) => /^(?:file|fs)_/.test(type))).toBe(true);
    expect(byGroup(2).every((type) => /^(?:net|dns)_/.test(type))).toBe(true);
    expect(byGroup(3).every((type) => /^(?:priv_|sys_call$)/.test(type))).toBe(true);
  });

  test('gives a live event and its recording the same vector and the same words', () => {
    const live = new HostFeatures();
    const recorded = new HostFeatures();
    let events = 0;
    let known = 0;
    for (let round = 0; round < 3; round++) {
      forEachLive(liveRecords(), (event) => {
        const copy = new EnvelopeEvent(parseEnvelope(Buffer.from(encodeEvent(event))));
        const vector = vectorOf(live, event);
        expect({ type: event.type, vector: vectorOf(recorded, copy) }).toEqual({ type: event.type, vector });
        vector.forEach((value, feature) => {
          known += Number.isNaN(value) ? 0 : 1;
          expect(recorded.explain(copy, feature)).toBe(live.explain(event, feature));
        });
        live.learn(event);
        recorded.learn(copy);
        events++;
      });
    }
    expect(events).toBe(57);
    expect(known / events).toBeGreaterThan(18);
  });

  test('reads the facts of a live process', () => {
    const set = new HostFeatures();
    const texts: string[] = [];
    forEachLive(liveRecords(), (event) => {
      const look = seen(set, event);
      if (event.type === 'process_exec') {
        texts.push(
          look.text('parent_program'),
          look.text('program_working_directory'),
          look.text('has_terminal'),
        );
      } else if (event.type === 'process_exit') {
        texts.push(look.text('program_exit_status'), look.text('is_in_host_mount_namespace'));
      }
      set.learn(event);
    });
    expect(texts).toEqual(
      expect.arrayContaining([
        'first time bash starts curl',
        'first time curl starts nmap',
        'first time curl starts in /srv',
        'terminal pts/0',
        'first time curl ends with status 7',
        'first time bash ends with SIGSEGV',
        'mount namespace 4026532177',
      ]),
    );
  });

  test('takes an upstream event with a data vector only, and marks the rest unknown', () => {
    const set = new HostFeatures();
    const event = sampleEvent({ object: '/etc/passwd', detail: '577' });
    const look = seen(set, event);
    for (const name of [
      'program_path',
      'path_program',
      'program_action',
      'path_depth',
      'is_write',
      'process_rate',
    ]) {
      expect(look.value(name)).not.toBeNaN();
    }
    for (const name of ['program_outcome', 'has_failed', 'has_login', 'is_in_host_mount_namespace']) {
      expect(look.value(name)).toBeNaN();
    }
    expect(look.value('is_create')).toBe(1);
    expect(look.text('program_path')).toBe('path /etc is new for cat');
  });

  test('extracts without learning', () => {
    const set = new HostFeatures();
    learn(set, opened('/usr/bin/cat', '/etc/hosts'), 5);
    const event = opened('/usr/bin/cat', '/etc/shadow');
    const first = vectorOf(set, event);
    for (let time = 0; time < 5; time++) {
      expect(vectorOf(set, event)).toEqual(first);
    }
  });

  test('is surprised when nginx starts a shell, and says so', () => {
    const set = new HostFeatures();
    learn(set, exec('/usr/sbin/nginx', '/usr/sbin/nginx'), 200);
    learn(set, exec('/usr/bin/bash', '/bin/sh'), 200);
    const usual = seen(set, exec('/usr/bin/bash', '/bin/sh')).value('parent_program');
    const look = seen(set, exec('/usr/sbin/nginx', '/bin/sh'));
    expect(usual).toBeLessThan(0.5);
    expect(look.value('parent_program')).toBeGreaterThan(3);
    expect(look.text('parent_program')).toBe('first time nginx starts sh');
    expect(look.text('program_parent')).toBe('first time sh is started by nginx');
    learn(set, exec('/usr/sbin/nginx', '/bin/sh'), 2);
    expect(seen(set, exec('/usr/sbin/nginx', '/bin/sh')).value('parent_program')).toBeLessThan(
      look.value('parent_program'),
    );
  });

  test('is surprised by a port and an address, and says so', () => {
    const set = new HostFeatures();
    learn(set, connect('/usr/bin/curl', '10.0.0.5:443'), 200);
    const look = seen(set, connect('/usr/bin/curl', '203.0.113.9:4444'));
    expect(look.value('program_port')).toBeGreaterThan(3);
    expect(look.value('program_address')).toBeGreaterThan(3);
    expect(look.value('address_scope')).toBe(2);
    expect(look.text('program_port')).toBe('curl connects to port 4444, not seen before');
    expect(look.text('program_address')).toBe('curl connects to 203.0.113.9, not seen before');
    const near = seen(set, connect('/usr/bin/curl', '10.0.0.6:443'));
    expect(near.value('program_port')).toBeLessThan(0.1);
  });

  test('is surprised by who reads a file and from where a program runs', () => {
    const set = new HostFeatures();
    learn(set, opened('/usr/sbin/sshd', '/etc/shadow'), 100);
    learn(set, opened('/usr/bin/cat', '/srv/data/x'), 100);
    const shadow = seen(set, opened('/usr/bin/cat', '/etc/shadow'));
    expect(shadow.value('path_program')).toBeGreaterThan(3);
    expect(shadow.text('path_program')).toBe('first time cat uses /etc/shadow');
    expect(shadow.text('program_path')).toBe('path /etc is new for cat');
    const dropped = seen(set, exec('/usr/bin/bash', '/dev/shm/.x/kworker'));
    expect(dropped.value('is_in_writable_directory')).toBe(1);
    expect(dropped.value('is_hidden')).toBe(1);
  });

  test('looks at the new name of a file that is renamed', () => {
    const set = new HostFeatures();
    const event = sampleEvent({ type: 'file_rename', object: '/tmp/a', detail: '/etc/cron.d/a' });
    expect(seen(set, event).value('path_depth')).toBe(3);
  });

  test('tells a payload in a command line from what is usual', () => {
    const set = new HostFeatures();
    for (let time = 0; time < 100; time++) {
      learn(set, exec('/usr/bin/bash', '/usr/bin/python3', `python3 /srv/app/run.py --job ${time}`));
    }
    const usual = seen(set, exec('/usr/bin/bash', '/usr/bin/python3', 'python3 /srv/app/run.py --job 7'));
    const usualMean = usual.value('command_ngram_mean');
    const line = `python3 -c exec(__import__("base64").b64decode("aW1wb3J0IG9zO29zLnN5c3RlbSgiaWQiKTtwcmludCgxMjMp"))`;
    const odd = seen(set, exec('/usr/bin/bash', '/usr/bin/python3', line));
    expect(odd.value('command_ngram_mean')).toBeGreaterThan(usualMean + 1);
    expect(odd.value('command_base64')).toBeGreaterThan(3);
    expect(odd.value('program_command_build')).toBeGreaterThan(2);
    expect(odd.text('program_command_build')).toMatch(
      /^first time python3 gets such arguments: python3 -c exec/,
    );
  });

  test('notices what a process does in a burst, and that all of it is new', () => {
    const set = new HostFeatures();
    const at = (ms: number, path: string): Event =>
      opened('/srv/app', path, { timeUnixNs: START_NS + BigInt(ms) * 1_000_000n });
    for (let second = 0; second < 600; second++) {
      learn(set, at(second * 1000, '/srv/data'));
    }
    const quiet = seen(set, at(600_000, '/srv/data'));
    const [rate, burst, news] = ['process_rate', 'program_burst', 'process_news'].map(quiet.value);
    for (let index = 0; index < 500; index++) {
      learn(set, at(600_000 + index, `/home/u/doc-${index}.locked`));
    }
    const busy = seen(set, at(600_501, '/home/u/doc-501.locked'));
    expect(rate).toBeCloseTo(Math.log1p(1), 1);
    expect(busy.value('process_rate')).toBeGreaterThan(Math.log(40));
    expect(busy.value('program_burst')).toBeGreaterThan((burst ?? 0) + 2);
    expect(busy.value('process_news')).toBeGreaterThan((news ?? 0) + 0.5);
  });

  test('judges a host that was restored exactly as before', () => {
    const events: Event[] = [];
    for (let index = 0; index < 400; index++) {
      const timeUnixNs = START_NS + BigInt(index) * SECOND_NS;
      events.push(
        opened(`/usr/bin/p${index % 7}`, `/var/lib/${index % 11}x/${index}.db`, {
          timeUnixNs,
          pid: index % 13,
        }),
        exec('/usr/bin/bash', `/usr/bin/p${index % 7}`, `p${index % 7} --n ${index}`, { timeUnixNs }),
        connect(`/usr/bin/p${index % 7}`, `10.0.${index % 3}.${index % 17}:${index % 5 ? 443 : index}`),
        sampleEvent({ type: 'priv_setuid', object: String(index % 3), detail: 'setuid', timeUnixNs }),
      );
    }
    const first = new HostFeatures({ seed: 7 });
    const half = events.length / 2;
    for (const event of events.slice(0, half)) {
      learn(first, event);
    }
    const state = new StateWriter();
    first.save(state);
    const second = new HostFeatures({ seed: 7 });
    const reader = new StateReader(state.bytes());
    second.restore(reader);
    expect(reader.remaining).toBe(0);
    for (const event of events.slice(half)) {
      expect(vectorOf(second, event)).toEqual(vectorOf(first, event));
      first.learn(event);
      second.learn(event);
    }
  });

  test('refuses the state of another seed, and one that is cut or changed, without a crash', () => {
    const state = new StateWriter();
    const saved = new HostFeatures({ seed: 1 });
    learn(saved, opened('/usr/bin/cat', '/etc/hosts'), 3);
    saved.save(state);
    expect(state.bytes().length).toBeLessThan(2 << 20);
    const bytes = Buffer.from(state.bytes());
    expect(() => new HostFeatures({ seed: 2 }).restore(new StateReader(bytes))).toThrow('another seed');
    const set = new HostFeatures({ seed: 1 });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(() => set.restore(new StateReader(bytes.subarray(0, length)))).toThrow(
          'Cannot read the state',
        );
      }),
      { numRuns: 10 },
    );
  });

  test('gives other hashes with another seed but the same values', () => {
    const [one, other] = [new HostFeatures({ seed: 1 }), new HostFeatures({ seed: 2 })];
    for (let index = 0; index < 50; index++) {
      const event = opened(`/usr/bin/p${index % 5}`, `/etc/${index % 9}x`);
      expect(vectorOf(other, event)).toEqual(vectorOf(one, event));
      learn(one, event);
      learn(other, event);
    }
  });

  test('gives finite values or NaN, and bounded words, for any event', () => {
    const set = new HostFeatures();
    const type = fc.constantFrom(...EVENT_TYPES.filter((each) => set.groupOf(each) >= 0));
    const names = [
      'process.executable',
      'process.parent.executable',
      'process.working_directory',
      'event.outcome',
      'error.code',
      'event.duration',
      'destination.port',
      'destination.ip',
      'network.direction',
      'dns.question.name',
      'user.effective.id',
      'process.namespace.mount',
      'target.process.name',
    ];
    const value = fc.oneof(
      anyText,
      fc.constantFrom('1e400', '-5', 'NaN', '0x10', '99999999999999999999999', 'failure'),
    );
    const attributes = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true });
    fc.assert(
      fc.property(anyEnvelope, type, attributes, value, (envelope, event_type, given, object) => {
        const data = [object, ...envelope.data.slice(1)];
        const event = new EnvelopeEvent({ ...envelope, event_type, data, attributes: given });
        vectorOf(set, event).forEach((each, feature) => {
          expect(Number.isFinite(each) || Number.isNaN(each)).toBe(true);
          expect(set.explain(event, feature).length).toBeLessThanOrEqual(120);
        });
        set.learn(event);
      }),
      { numRuns: 500 },
    );
  });

  test('takes texts of a million characters in its stride', () => {
    const set = new HostFeatures();
    const long = `/${'é/x '.repeat(250_000)}`;
    for (const type of ['process_exec', 'file_open', 'net_connect', 'dns_query', 'priv_ptrace'] as const) {
      const event = sampleEvent({ type, object: long, detail: long, comm: long, hostname: long });
      vectorOf(set, event).forEach((value, feature) => {
        expect(value).not.toBe(Number.POSITIVE_INFINITY);
        expect(set.explain(event, feature).length).toBeLessThanOrEqual(120);
      });
      set.learn(event);
    }
  });

  test('has memory that does not grow', () => {
    const set = new HostFeatures();
    const before = set.sizeBytes;
    for (let index = 0; index < 20_000; index++) {
      learn(set, opened(`/tmp/p${index}`, `/tmp/${index}x/${index}y`, { pid: index }));
    }
    expect(set.sizeBytes).toBe(before);
    expect(before).toBeLessThan(12 << 20);
  });
});
