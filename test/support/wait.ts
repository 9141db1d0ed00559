/** Waiting for what will be true in a moment. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Lets pending work run until `condition` holds; fails after ten seconds of real time. */
export async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) {
      throw new Error(`never true: ${condition}`);
    }
    await nextTurn();
  }
}
