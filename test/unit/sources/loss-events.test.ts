import { toEnvelope } from '../../../src/core/event.ts';
import type { TypeCounters } from '../../../src/kernel/kernel-probe.ts';
import { LossEvents } from '../../../src/sources/loss-events.ts';

const identity = { hostname: 'h', podName: '', namespace: '', containerId: '', labels: { cluster: 'c' } };
const counters = (ringFull: number): TypeCounters[] => [
  {
    type: 'file_open',
    seen: 100,
    lost: { ring_full: ringFull, no_scratch: 0, read_fault: 0, compat: 0, io_uring: 0, state_full: 0 },
  },
];

describe('LossEvents', () => {
  test('since() reports what was lost since the last call, once', () => {
    const losses = new LossEvents(identity);
    expect(losses.since(counters(0), 1n)).toEqual([]);
    const [event, ...more] = losses.since(counters(7), 2n).map(toEnvelope);
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      event_type: 'agent_loss',
      ts_unix_nano: 2n,
      data: ['file_open', '7', 'sentinel', String(process.pid), String(process.pid), expect.any(String)],
      attributes: { 'agent.loss.reason': 'ring_full', 'agent.loss.events': '7', cluster: 'c' },
    });
    expect(losses.since(counters(7), 3n)).toEqual([]);
    expect(losses.since(counters(10), 4n).map((later) => later.detail)).toEqual(['3']);
  });
});
