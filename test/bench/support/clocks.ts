/** The clock of records and the clock of this process. */
import { bootLessMonotonic } from './producers.ts';
import { native } from './sensor.ts';

const CLOCK_TOLERANCE_NS = 5_000_000n;

/**
 * Nanoseconds from 1970 to the zero of `process.hrtime`, and how far off they may be.
 *
 * @throws {Error} When the wall clock says something else.
 */
export function epochToMonotonicNs(): { readonly offsetNs: bigint; readonly errorNs: number } {
  const { offsetNs, errorNs } = bootLessMonotonic();
  const bootOffsetNs = native().bootClockOffsetNs();
  const viaWallClock = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  const offset = bootOffsetNs + offsetNs;
  const apart = offset > viaWallClock ? offset - viaWallClock : viaWallClock - offset;
  // Date.now() is exact to a millisecond: this finds a wrong clock, not a wrong nanosecond.
  if (apart > CLOCK_TOLERANCE_NS) {
    throw new Error(`the clocks are ${apart} ns apart`);
  }
  return { offsetNs: offset, errorNs };
}
