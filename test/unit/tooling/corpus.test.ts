import type { EventEnvelope } from '../../../src/core/event.ts';
import type { Label } from '../../corpus/capture.ts';
import { Lineage, MarkedProcesses } from '../../corpus/lineage.ts';
import { makePlan } from '../../corpus/plan.ts';
import { seededRandom } from '../../corpus/random.ts';
import { replaySession } from '../../corpus/replayed-session.ts';
import { missingPrograms, parseScript } from '../../corpus/scripts.ts';
import { scrubEvent } from '../../corpus/scrub.ts';
import { recordedSessions } from '../../corpus/sessions.ts';

const INIT_PID = 100;
const HEADER = '# user: root\n# does: something\n# harmless: it does nothing\n';

function event(
  type: string,
  pid: number,
  entity: string,
  attributes: Record<string, string> = {},
  timeNs = 0n,
): EventEnvelope {
  return {
    event_id: `${type}-${entity}-${timeNs}`,
    ts_unix_nano: timeNs,
    hostname: 'corpus',
    pod: '',
    namespace: '',
    container_id: '',
    event_type: type,
    data: [attributes['process.child.pid'] ?? '', '', 'sh', String(pid), String(pid), '0'],
    attributes: { 'process.entity_id': entity, ...attributes },
  };
}

function fork(pid: number, entity: string, childPid: number, child: string, timeNs = 0n): EventEnvelope {
  const attributes = { 'process.child.pid': String(childPid), 'process.child.entity_id': child };
  return event('process_fork', pid, entity, attributes, timeNs);
}

describe('parseScript()', () => {
  test('reads a technique, what it needs and its marker', () => {
    const text = `# technique: T1059.004 Unix Shell\n# tactic: execution\n# needs: curl no-such-program\n# marker: ;id\n${HEADER}`;
    const script = parseScript('T1059.004-x', text);
    expect(script.technique).toEqual({
      id: 'T1059.004',
      name: 'Unix Shell',
      tactic: 'execution',
      marker: ';id',
    });
    expect(missingPrograms({ ...script, needs: ['sh', 'no-such-program'] })).toEqual(['no-such-program']);
  });

  test('refuses a file that is named after another technique', () => {
    const text = `# technique: T1059.004 Unix Shell\n# tactic: execution\n${HEADER}`;
    expect(() => parseScript('T1059-x', text)).toThrow('does not name the technique');
  });

  test('refuses a technique that does not say why it is harmless', () => {
    const text = '# technique: T1005 X\n# tactic: collection\n# user: root\n# does: x\n';
    expect(() => parseScript('T1005-x', text)).toThrow('"# harmless: ..."');
  });
});

describe('makePlan()', () => {
  const script = (name: string, weight: number) =>
    parseScript(name, `# how: cron\n# weight: ${weight}\n${HEADER}`);
  const technique = (id: string) =>
    parseScript(`${id}-x`, `# technique: ${id} X\n# tactic: impact\n${HEADER}`);
  const options = {
    benign: [script('service', 0), script('load', 1)],
    techniques: [technique('T1001'), technique('T1002')],
    durationMs: 100_000,
    meanGapMs: 1000,
  };

  test('is the same for the same seed and another for another', () => {
    expect(makePlan(seededRandom(1), options)).toEqual(makePlan(seededRandom(1), options));
    expect(makePlan(seededRandom(1), options)).not.toEqual(makePlan(seededRandom(2), options));
  });

  test('starts services first, then all else in order of time, each technique once', () => {
    const plan = makePlan(seededRandom(3), options);
    expect(plan[0]?.script.name).toBe('service');
    const times = plan.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const ids = plan.flatMap((run) => run.script.technique?.id ?? []);
    expect(ids.sort()).toEqual(['T1001', 'T1002']);
    expect(plan.length).toBeGreaterThan(50);
  });
});

describe('Lineage', () => {
  test('admits init and its descendants and numbers runs as init made them', () => {
    const lineage = new Lineage(INIT_PID);
    expect(lineage.admit(event('file_open', 7, 'stranger'))).toBe(false);
    expect(lineage.admit(fork(INIT_PID, 'init', 201, 'su'))).toBe(true);
    expect(lineage.admit(fork(INIT_PID, 'init', 202, 'cron'))).toBe(true);
    expect(lineage.admit(fork(202, 'cron', 203, 'job'))).toBe(true);
    expect(lineage.admit(event('file_open', 203, 'job'))).toBe(true);
    expect(lineage.admit(event('file_open', 203, 'the same pid, another process'))).toBe(false);
    const concerned = [
      event('file_open', 203, 'job'),
      event('x', INIT_PID, 'init'),
      event('x', 7, 'stranger'),
    ];
    const json = (each: EventEnvelope) => JSON.stringify({ ...each, ts_unix_nano: 0 });
    expect(concerned.map((each) => lineage.concerns(json(each)))).toEqual([true, true, false]);
    expect(lineage.rootPids).toEqual([201, 202]);
    expect(lineage.runOf(event('file_open', 203, 'job'))).toBe(1);
    expect([lineage.isRoot(event('x', 202, 'cron')), lineage.isRoot(event('x', 203, 'job'))]).toEqual([
      true,
      false,
    ]);
  });
});

test('MarkedProcesses has a process from its first event on, and its children', () => {
  const marked = new MarkedProcesses(';id');
  const exec = event('process_exec', 5, 'shell', { 'process.command_line': 'sh -c getent hosts x;id' });
  for (const each of [exec, fork(5, 'shell', 6, 'child'), event('process_exec', 8, 'other')]) {
    marked.learn(each);
  }
  expect(['shell', 'child', 'other'].map((entity) => marked.has(event('x', 1, entity)))).toEqual([
    true,
    true,
    false,
  ]);
});

describe('scrubEvent()', () => {
  const attributes = {
    'process.ancestors': '["su","init","outside"]',
    'process.parent.name': 'su',
    'cgroup.path': '/outside',
  };

  test('cuts ancestors at init and control groups at the root', () => {
    const scrubbed = scrubEvent(event('file_open', 5, 'x', attributes), false);
    expect(scrubbed.attributes).toEqual({
      'process.entity_id': 'x',
      'process.ancestors': '["su","init"]',
      'process.parent.name': 'su',
      'cgroup.path': '/',
    });
  });

  test('leaves init without parents', () => {
    const scrubbed = scrubEvent(event('file_open', 5, 'x', attributes), true);
    expect(Object.keys(scrubbed.attributes)).toEqual(['process.entity_id', 'cgroup.path']);
  });
});

describe('sessions', () => {
  const events = [
    fork(INIT_PID, 'init', 300, 'web', 1n),
    fork(INIT_PID, 'init', 301, 'su', 100n),
    event('net_connect', 301, 'su', {}, 200n),
    fork(300, 'web', 302, 'helper', 300n),
    event(
      'file_open',
      302,
      'helper',
      { 'process.parent.entity_id': 'web', 'process.parent.pid': '300' },
      400n,
    ),
    fork(INIT_PID, 'init', 303, 'cron', 500n),
    event('process_exec', 303, 'cron', { 'process.exec_id': 'cron.abc' }, 900n),
  ];
  const sessions = ['init', 'init', 'visit#1', 'web-application#0', 'web-application#0', 'init', 'job#2'];
  const labels: Label[] = events.map(({ event_id }, index) => ({
    event_id,
    label: 'benign',
    session: sessions[index] ?? '',
  }));

  test('recordedSessions() gives what a service did to the session that it was done for', () => {
    const found = recordedSessions(events, labels);
    expect(found.map(({ script, events: own }) => [script, own.map((each) => each.ts_unix_nano)])).toEqual([
      ['visit', [100n, 200n, 300n, 400n]],
      ['job', [500n, 900n]],
    ]);
    expect([...(found[0]?.entities ?? [])]).toEqual(['su', 'helper']);
  });

  test('replaySession() renames its own processes everywhere, keeps those of services, and keeps the order', () => {
    const [visit] = recordedSessions(events, labels);
    if (visit === undefined) {
      throw new Error('no session');
    }
    const replay = () =>
      replaySession(visit, { random: seededRandom(9), beginNs: 5000n, pids: { next: 1000 }, pace: 2 });
    const replayed = replay();
    expect(replay()).toEqual(replayed);
    const times = replayed.map((each) => each.ts_unix_nano);
    expect(times[0]).toBe(5000n);
    expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
    const [opening, connect, made, opened] = replayed;
    expect([opening?.data[3], opening?.data[0], connect?.data[3]]).toEqual([
      String(INIT_PID),
      '1000',
      '1000',
    ]);
    expect(opening?.attributes['process.child.entity_id']).toBe(connect?.attributes['process.entity_id']);
    expect(connect?.attributes['process.entity_id']).toMatch(/^[\w-]{16}$/);
    expect([made?.data[3], made?.data[0], opened?.data[3]]).toEqual(['300', '1001', '1001']);
    expect(opened?.attributes['process.parent.entity_id']).toBe('web');
    expect(opened?.attributes['process.entity_id']).toBe(made?.attributes['process.child.entity_id']);
  });

  test('replaySession() keeps the time in an exec id', () => {
    const job = recordedSessions(events, labels)[1];
    const replayed = replaySession(job ?? { script: '', events: [], entities: new Set(), pids: new Set() }, {
      random: seededRandom(9),
      beginNs: 0n,
      pids: { next: 1000 },
      pace: 1,
    });
    const { 'process.exec_id': exec, 'process.entity_id': entity } = replayed[1]?.attributes ?? {};
    expect(exec).toBe(`${entity}.abc`);
  });
});
