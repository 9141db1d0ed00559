import type { Clock } from '../../../../src/core/clock.ts';

/** A clock that stands until it is moved. */
export function fakeClock(): Clock & { advance(ms: number): void } {
  let nowMs = 1000;
  return {
    unixNs: () => BigInt(nowMs) * 1_000_000n,
    monotonicMs: () => nowMs,
    sleep: () => Promise.resolve(),
    advance(ms) {
      nowMs += ms;
    },
  };
}
