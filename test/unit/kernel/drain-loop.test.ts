/** When records are pulled, and when nobody asks for it. */
import type { RingBuffer } from '../../../native/index.ts';
import { DrainLoop, IDLE_PULL_MS } from '../../../src/kernel/drain-loop.ts';

const INTERVAL_MS = 5;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A loop on a ring that gives what is put into `waiting`, pull by pull. */
function loopOn(waiting: number[]) {
  const consumed: number[] = [];
  const congested = { isTrue: false };
  const heard: { readable: (() => void) | null } = { readable: null };
  const ring: Pick<RingBuffer, 'drain' | 'onReadable'> = {
    drain: () => waiting.shift() ?? 0,
    onReadable: (callback) => {
      heard.readable = callback;
    },
  };
  const loop = new DrainLoop(ring as RingBuffer, {
    target: new ArrayBuffer(1024),
    intervalMs: INTERVAL_MS,
    consume: (bytes) => consumed.push(bytes),
    isCongested: () => congested.isTrue,
  }); // the loop uses nothing else of a ring
  return { loop, consumed, heard, congested };
}

describe('DrainLoop', () => {
  test('pulls when it is woken', () => {
    const waiting: number[] = [];
    const { loop, consumed, heard } = loopOn(waiting);
    loop.start();
    waiting.push(64);

    heard.readable?.();

    expect(consumed).toEqual([64]);
    loop.stop();
  });

  test('pulls again after the interval for as long as there was something', () => {
    const { loop, consumed } = loopOn([64, 32]);

    loop.start();
    jest.advanceTimersByTime(INTERVAL_MS);

    expect(consumed).toEqual([64, 32]);
    loop.stop();
  });

  test('finds a record that came without a wake-up to an empty ring', () => {
    const waiting: number[] = [];
    const { loop, consumed } = loopOn(waiting);
    loop.start();
    jest.advanceTimersByTime(10 * IDLE_PULL_MS);
    waiting.push(64);

    jest.advanceTimersByTime(IDLE_PULL_MS);

    expect(consumed).toEqual([64]);
    loop.stop();
  });

  test('lets what is congested be written first, and then goes on', () => {
    const { loop, consumed, congested } = loopOn([1000, 1000, 64]);
    congested.isTrue = true;
    loop.start();
    jest.advanceTimersByTime(20);
    expect(consumed).toEqual([]);

    congested.isTrue = false;
    jest.advanceTimersByTime(1);

    expect(consumed).toEqual([1000, 1000, 64]);
    loop.stop();
  });

  test('lets the event loop turn during a flood', () => {
    const { loop, consumed } = loopOn(new Array(100).fill(1000));
    loop.start();
    expect(consumed.length).toBeLessThan(20);

    for (let turn = 0; turn < 100; turn++) {
      jest.advanceTimersToNextTimer();
    }

    expect(consumed).toHaveLength(100);
    loop.stop();
  });

  test('pulls no more once it is stopped', () => {
    const waiting = [64];
    const { loop, consumed, heard } = loopOn(waiting);
    loop.start();

    loop.stop();
    waiting.push(32);
    jest.advanceTimersByTime(10 * IDLE_PULL_MS);

    expect(consumed).toEqual([64]);
    expect(heard.readable).toBeNull();
  });
});
