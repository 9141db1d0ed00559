/** agent_*: what the agent says of itself, and what it cannot see and counts. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_TYPES } from '../../src/core/event-types.ts';
import { describeAttachPlan } from '../../src/kernel/attach-plan.ts';
import { Harness } from './support/harness.ts';
import { LiveProbe } from './support/live-probe.ts';
import { seenOf } from './support/seen.ts';
import { call, deed } from './support/steps.ts';

jest.setTimeout(60_000);

const IO_URING_SWITCH = '/proc/sys/kernel/io_uring_disabled';

/** Why io_uring cannot be used here. */
function missingIoUring(): string | undefined {
  try {
    return readFileSync(IO_URING_SWITCH, 'utf8').trim() === '2' ? `${IO_URING_SWITCH} is 2` : undefined;
  } catch {
    return undefined; // kernels before 6.6 have no switch
  }
}

describe('agent_heartbeat', () => {
  test('comes back through hook, ring and decoder, with the agent as its process', async () => {
    const probe = await LiveProbe.start(['agent_heartbeat']);
    await probe.catchUp();
    const events = probe.events.filter(({ event_type }) => event_type === 'agent_heartbeat');
    const pid = String(probe.pid);
    await probe.end('SIGTERM');

    expect(events).toEqual([
      expect.objectContaining({ data: ['', '', expect.any(String), pid, expect.any(String), '0'] }),
    ]);
    expect(events[0]?.attributes).toMatchObject({ 'event.outcome': 'success', 'syscall.name': 'kill' });
  });

  test('nothing else that the agent does is told', async () => {
    const probe = await LiveProbe.start(['process', 'file', 'net', 'priv', 'agent']);
    await probe.catchUp();
    const types = probe.events
      .filter(({ data }) => data[3] === String(probe.pid))
      .map(({ event_type }) => event_type);
    await probe.end('SIGTERM');

    expect(
      [...new Set(types)].filter((type) => type !== 'agent_heartbeat' && type !== 'process_exec'),
    ).toEqual([]);
  });
});

describe('what is not seen is counted', () => {
  const missing = missingIoUring();
  const title = 'files that io_uring opens';
  const run = async (): Promise<void> => {
    const harness = await Harness.start(['process', 'file', 'agent_loss']);
    const cwd = harness.newDirectory();
    writeFileSync(join(cwd, 'plain'), '');

    const done = await harness.do([deed('uring-open', 'plain'), deed('uring-open', 'none'), call('getpid')], {
      cwd,
    });
    const end = await harness.close();

    expect(done.results[0]).toBeGreaterThan(2);
    expect(done.results[1]).toBe(-2);
    expect(seenOf(done)).toEqual([]);
    expect(end.stderr).toMatch(/, 2 lost \(io_uring 2\), /);
    const losses = harness.probe.events.filter(({ event_type }) => event_type === 'agent_loss');
    const told = losses.map(({ data, attributes }) => {
      expect(data.slice(2, 4)).toEqual(['sentinel', String(harness.probe.pid)]);
      expect(attributes).toEqual({
        'agent.loss.type': 'file_open',
        'agent.loss.reason': 'io_uring',
        'agent.loss.events': data[1],
      });
      return Number(data[1]);
    });
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(2);
  };
  if (missing === undefined) {
    test(title, run);
  } else {
    test.skip(`${title} [needs io-uring: ${missing}]`, run);
  }
});

describe('every event type', () => {
  const asserted = readdirSync(__dirname)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(__dirname, name), 'utf8'))
    .join('\n');

  for (const type of EVENT_TYPES) {
    const plan = describeAttachPlan().find((entry) => entry.type === type);
    const isMade = plan?.way !== undefined || plan?.reason === 'made by the agent itself';
    const title = `${type} is asserted by a test of this folder`;
    const run = (): void => expect(asserted).toMatch(new RegExp(`['"]${type}['"]`));
    if (isMade) {
      test(title, run);
    } else {
      test.skip(`${title} [needs sensor: ${plan?.reason}]`, run);
    }
  }
});
