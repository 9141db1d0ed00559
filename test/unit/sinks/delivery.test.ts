import fc from 'fast-check';
import { Delivery } from '../../../src/sinks/delivery.ts';
import type { DeliveryOptions, Outcome } from '../../../src/sinks/delivery-options.ts';
import { makeEvent } from '../../support/events.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemorySink } from '../../support/memory-sink.ts';
import { until } from '../../support/wait.ts';

function setUp(options: Partial<DeliveryOptions> = {}) {
  const sink = new MemorySink();
  sink.format = (event, batch) => {
    if (event.object === 'huge') {
      return false;
    }
    batch.out.latin1(`${event.object};`);
    return true;
  };
  const clock = new ManualClock();
  const settled = new Map<string, number>();
  const onSettled = (outcome: Outcome, type: string, events: number) => {
    const key = `${outcome} ${type}`;
    settled.set(key, (settled.get(key) ?? 0) + events);
  };
  const delivery = new Delivery(sink, { clock, random: () => 1, onSettled, ...options });
  const offer = (...objects: string[]) => objects.map((object) => delivery.offer(makeEvent({ object })));
  return { sink, clock, settled, delivery, offer };
}

describe('Delivery', () => {
  test('makes one batch of the events offered in one turn, in order', async () => {
    const { sink, delivery, offer } = setUp();
    await delivery.start();
    offer('a', 'b', 'c');
    await delivery.flush();
    expect(sink.written).toEqual(['a;b;c;']);
    await delivery.close();
  });

  test('closes a batch when it is full', async () => {
    const { sink, delivery, offer } = setUp({ batchBytes: 4 });
    await delivery.start();
    offer('a', 'b', 'c', 'd', 'e');
    await delivery.flush();
    expect(sink.written).toEqual(['a;b;', 'c;d;', 'e;']);
    await delivery.close();
  });

  test('starts without its peer where it connects later, and delivers once the peer is there', async () => {
    const { sink, clock, delivery, offer } = setUp({ connectsLater: true });
    const connect = sink.connect.bind(sink);
    let tries = 0;
    sink.connect = async () => {
      if (++tries === 1) {
        throw new Error('nobody listens');
      }
      await connect();
    };
    await delivery.start();
    offer('a');
    await until(() => clock.sleepers === 1);
    clock.advance(1000);
    await delivery.flush();
    expect(sink.written).toEqual(['a;']);
    await delivery.close();
  });

  test('is congested while much waits and the sink is getting on, not when it stands still', async () => {
    const { clock, delivery, offer } = setUp({ batchBytes: 1024 });
    const much = 'x'.repeat(600 * 1024);
    await delivery.start();
    offer(much, much);
    expect(delivery.isCongested).toBe(false); // nothing was taken yet

    await delivery.flush();
    expect(delivery.isCongested).toBe(false); // nothing waits
    offer(much, much);
    expect(delivery.isCongested).toBe(true);
    clock.advance(100);
    expect(delivery.isCongested).toBe(false);
    await delivery.close();
  });

  test('writes a batch that is not full after flushAfterMs and no sooner', async () => {
    const { sink, clock, delivery, offer } = setUp({ flushAfterMs: 200 });
    await delivery.start();
    offer('a');
    await until(() => clock.sleepers === 1);
    clock.advance(199);
    offer('b');
    expect(sink.attempts).toBe(0);
    clock.advance(1);
    await until(() => sink.written.length > 0);
    expect(sink.written).toEqual(['a;b;']);
    await delivery.close();
  });

  test('drops the newest when its queue is full, and says so', async () => {
    const { sink, settled, delivery, offer } = setUp({ queueEvents: 2 });
    sink.shut();
    await delivery.start();
    expect(offer('a', 'b', 'c')).toEqual([true, true, false]);
    expect(delivery.counters()).toMatchObject({
      offered: 3,
      delivered: 0,
      queued: 2,
      dropped: { queue_full: 1 },
    });
    sink.open();
    await delivery.flush();
    expect(offer('d')).toEqual([true]);
    await delivery.close();
    expect(sink.written.join('')).toBe('a;b;d;');
    expect(settled).toEqual(
      new Map([
        ['queue_full file_open', 1],
        ['delivered file_open', 3],
      ]),
    );
  });

  test('bounds its queue in bytes as well', async () => {
    const { sink, delivery, offer } = setUp({ queueBytes: 4 });
    sink.shut();
    await delivery.start();
    expect(offer('a', 'b', 'c')).toEqual([true, true, false]);
    sink.open();
    await delivery.close();
  });

  test('tries a batch again with doubling pauses, connecting anew, and writes it once', async () => {
    const { sink, clock, delivery, offer } = setUp({ backoffMs: 100, maxBackoffMs: 250 });
    sink.failures.push('retry', 'retry', 'retry');
    await delivery.start();
    offer('a');
    for (const attempts of [1, 2, 3]) {
      await until(() => sink.attempts === attempts && clock.sleepers === 1);
      clock.advance(250);
    }
    await delivery.flush();
    expect(clock.slept).toEqual([100, 200, 250]);
    expect(sink.connects).toBe(4);
    expect(sink.written).toEqual(['a;']);
    await delivery.close();
  });

  test('jitter shortens a pause by up to half', async () => {
    const { sink, clock, delivery, offer } = setUp({ backoffMs: 100, random: () => 0 });
    sink.failures.push('retry');
    await delivery.start();
    offer('a');
    await until(() => clock.sleepers === 1);
    expect(clock.slept).toEqual([50]);
    clock.advance(50);
    await delivery.close();
  });

  test('gives a batch up after giveUpAfterMs and goes on with the next', async () => {
    const { sink, clock, delivery, offer } = setUp({ backoffMs: 100, giveUpAfterMs: 150 });
    sink.failures.push('retry', 'retry');
    await delivery.start();
    offer('a');
    await until(() => clock.sleepers === 1);
    clock.advance(100);
    await delivery.flush();
    offer('b');
    await delivery.close();
    expect(sink.written).toEqual(['b;']);
    expect(delivery.counters().dropped.write_failed).toBe(1);
  });

  test('drops a rejected batch without trying again', async () => {
    const failures: unknown[] = [];
    const { sink, delivery, offer } = setUp({ onFailure: (error) => failures.push(error) });
    sink.failures.push('reject');
    await delivery.start();
    offer('a');
    await delivery.flush();
    expect(sink.attempts).toBe(1);
    expect(failures).toHaveLength(1);
    expect(delivery.counters().dropped.rejected).toBe(1);
    await delivery.close();
  });

  test('a peer that goes away ends it quietly', async () => {
    const onEnd = jest.fn();
    const onFailure = jest.fn();
    const { sink, delivery, offer } = setUp({ onEnd, onFailure, batchBytes: 2 });
    sink.failures.push('end');
    await delivery.start();
    offer('a', 'b');
    await until(() => onEnd.mock.calls.length === 1);
    expect(offer('c')).toEqual([false]);
    await delivery.close();
    expect(delivery.counters()).toMatchObject({ offered: 3, queued: 0, dropped: { peer_gone: 3 } });
    expect(onFailure).not.toHaveBeenCalled();
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  test('counts an event that its format cannot hold', async () => {
    const { sink, delivery, offer } = setUp();
    await delivery.start();
    expect(offer('a', 'huge', 'b')).toEqual([true, false, true]);
    await delivery.close();
    expect(sink.written).toEqual(['a;b;']);
    expect(delivery.counters().dropped.too_large).toBe(1);
  });

  test('start() reports a failed connect and gives the sink up', async () => {
    const { sink, delivery, offer } = setUp();
    sink.connectFailure = new Error('no way');
    await expect(delivery.start()).rejects.toThrow('no way');
    expect(offer('a')).toEqual([false]);
    expect(sink.disposals).toBe(1);
  });

  test('close() delivers what is queued', async () => {
    const { sink, delivery, offer } = setUp({ flushAfterMs: 60_000, batchBytes: 4 });
    await delivery.start();
    offer('a', 'b', 'c');
    await delivery.close();
    expect(sink.written.join('')).toBe('a;b;c;');
    expect(offer('d')).toEqual([false]);
    expect(delivery.counters()).toMatchObject({ delivered: 3, dropped: { closed: 1 } });
  });

  test('close() abandons what is left at its deadline', async () => {
    const { sink, clock, delivery, offer } = setUp({ batchBytes: 2 });
    sink.shut();
    await delivery.start();
    offer('a', 'b');
    const closing = delivery.close(1000);
    await until(() => clock.sleepers === 1);
    clock.advance(1000);
    await closing;
    expect(delivery.counters()).toMatchObject({ delivered: 0, queued: 0, dropped: { abandoned: 2 } });
    expect(sink.disposals).toBe(1);
  });

  test('destroy() during a pause between attempts ends at once', async () => {
    const { sink, clock, delivery, offer } = setUp();
    sink.failures.push('retry');
    await delivery.start();
    offer('a');
    await until(() => clock.sleepers === 1);
    await delivery.destroy();
    expect(delivery.counters().dropped.abandoned).toBe(1);
    expect(clock.sleepers).toBe(0);
  });

  test('flush() is answered also when the delivery is destroyed', async () => {
    const { sink, delivery, offer } = setUp();
    sink.shut();
    await delivery.start();
    offer('a');
    const flushed = delivery.flush();
    await delivery.destroy();
    await flushed;
  });

  test('may be closed before it is started, and twice', async () => {
    const { sink, delivery } = setUp();
    await Promise.all([delivery.close(), delivery.close(), delivery.destroy()]);
    expect(sink.disposals).toBe(1);
  });

  test('settles every event exactly once, whatever the sink does', async () => {
    const failure = fc.constantFrom('retry' as const, 'reject' as const, 'end' as const);
    const steps = fc.array(fc.oneof(fc.nat(5), failure, fc.constant('turn' as const)), { maxLength: 30 });
    const endings = fc.constantFrom('close' as const, 'destroy' as const);
    await fc.assert(
      fc.asyncProperty(steps, endings, async (actions, ending) => {
        const settled = { delivered: 0, dropped: 0 };
        const { sink, clock, delivery, offer } = setUp({
          batchBytes: 6,
          queueEvents: 7,
          giveUpAfterMs: 300,
          onSettled: (outcome, _type, events) => {
            settled[outcome === 'delivered' ? 'delivered' : 'dropped'] += events;
          },
        });
        await delivery.start();
        let offered = 0;
        for (const action of actions) {
          if (typeof action === 'number') {
            offered += action;
            offer(...Array.from({ length: action }, (_, index) => (index === 3 ? 'huge' : 'x')));
          } else if (action === 'turn') {
            await new Promise(setImmediate);
            clock.advance(100);
          } else {
            sink.failures.push(action);
          }
        }
        await (ending === 'close' ? Promise.all([delivery.close(0), passTime(clock)]) : delivery.destroy());
        expect(settled.delivered + settled.dropped).toBe(offered);
        const written = sink.written.join('').length / 2;
        expect(written).toBeGreaterThanOrEqual(settled.delivered);
        expect(written).toBeLessThanOrEqual(settled.delivered + delivery.counters().dropped.abandoned);
        expect(delivery.counters()).toMatchObject({ offered, delivered: settled.delivered, queued: 0 });
      }),
      { numRuns: 200 },
    );
  });
});

async function passTime(clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise(setImmediate);
    clock.advance(500);
  }
}
