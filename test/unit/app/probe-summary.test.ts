import { sumKernelCounters, summaryLine } from '../../../src/app/probe-summary.ts';
import { quickFilter } from '../../../src/app/quick-filter.ts';
import type { Event } from '../../../src/core/event.ts';

const NO_LOSS = { ring_full: 0, no_scratch: 0, read_fault: 0, compat: 0, io_uring: 0, state_full: 0 };

describe('summaryLine()', () => {
  test('names what was seen, forwarded, filtered and lost, with reasons and rate', () => {
    const { seen, lost } = sumKernelCounters([
      { type: 'file_open', seen: 900, lost: { ...NO_LOSS, ring_full: 7 } },
      { type: 'process_exec', seen: 100, lost: { ...NO_LOSS, ring_full: 1, compat: 2 } },
    ]);
    const line = summaryLine({
      seen,
      lost,
      malformed: 0,
      trackedOnly: 10,
      filtered: 80,
      forwarded: 900,
      sinks: [{ name: 'stdout', delivered: 895, dropped: { queue_full: 5 } }],
      elapsedMs: 2000,
    });
    expect(line).toBe(
      '1000 seen, 900 forwarded, 90 filtered, 10 lost (ring_full 8, compat 2), ' +
        '5 dropped by stdout (queue_full 5), 500 events/s over 2.0 s',
    );
  });
});

describe('quickFilter()', () => {
  const event = (pid: number, uid: number, comm: string): Event => ({ pid, uid, comm }) as Event; // all it reads

  test('needs one of each list that is given, uid 0 too', () => {
    const keep = quickFilter({ pids: [1, 2], comms: [], uids: [0] });
    expect(keep?.(event(2, 0, 'a'))).toBe(true);
    expect(keep?.(event(2, 5, 'a'))).toBe(false);
    expect(keep?.(event(3, 0, 'a'))).toBe(false);
  });

  test('is absent when nothing is asked for', () => {
    expect(quickFilter({ pids: [], comms: [], uids: [] })).toBeUndefined();
  });
});
