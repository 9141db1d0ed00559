import { systemClock } from '../../../src/core/clock.ts';

describe('systemClock', () => {
  test('unixNs() is in nanoseconds', () => {
    const year2020 = 1_577_836_800_000_000_000n;
    expect(systemClock.unixNs()).toBeGreaterThan(year2020);
    expect(systemClock.unixNs()).toBeLessThan(year2020 * 2n);
  });

  test('monotonicMs() advances with sleep()', async () => {
    const before = systemClock.monotonicMs();
    await systemClock.sleep(20);
    expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(19);
  });

  test('sleep() ends at once when its signal aborts, before or during', async () => {
    const abort = new AbortController();
    const sleeping = systemClock.sleep(60_000, abort.signal);
    abort.abort();
    await sleeping;
    await systemClock.sleep(60_000, abort.signal);
  });
});
