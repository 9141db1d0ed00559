/**
 * Writes numbered events to an EVT1 file as fast as it can, until it is killed.
 *
 * Arguments: the configuration of the sink as JSON. Prints how many events the sink has taken, each time that grows.
 */
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Delivery } from '../../src/sinks/delivery.ts';
import { evt1Sink } from '../../src/sinks/evt1.ts';
import { makeNumberedEvent } from '../support/events.ts';

const [config = '{}'] = process.argv.slice(2);
let delivered = 0;
const delivery = new Delivery(evt1Sink.build(JSON.parse(config), { onRepair: () => {} }), {
  batchBytes: 1 << 20,
  onSettled(outcome, _type, events) {
    if (outcome !== 'delivered') {
      throw new Error(`${events} events: ${outcome}`);
    }
    delivered += events;
    writeSync(1, `${delivered}\n`);
  },
});

async function writeForever(): Promise<never> {
  await delivery.start();
  for (let number = 0; ; ) {
    for (const end = number + 500; number < end; number++) {
      delivery.offer(makeNumberedEvent(number));
    }
    if (delivery.counters().queued > 40_000) {
      await delivery.flush();
    }
    await nextTurn();
  }
}

void writeForever();
