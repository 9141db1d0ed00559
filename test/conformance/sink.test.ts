/** One suite for every sink: its lifetime, and that each batch is settled once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { Evt1Decoder } from '../../src/core/evt1.ts';
import { Batch } from '../../src/sinks/batch.ts';
import { Delivery } from '../../src/sinks/delivery.ts';
import type { DeliveryOptions, Outcome } from '../../src/sinks/delivery-options.ts';
import { evt1Sink } from '../../src/sinks/evt1.ts';
import { GRPC_SINK_DEFAULTS, grpcSink } from '../../src/sinks/grpc.ts';
import { ndjsonFormat } from '../../src/sinks/record-format.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { stdoutSink } from '../../src/sinks/stdout.ts';
import { GrpcSource } from '../../src/sources/grpc.ts';
import { makeEvent } from '../support/events.ts';
import { withTempFolder } from '../support/temp-folder.ts';

interface Subject {
  readonly sink: Sink;
  /** The ids of the events that the peer has, in order. */
  received(): string[];
  /** Ends the peer, where it is one of its own. */
  close?(): Promise<void>;
}

type MakeSubject = (folder: string) => Subject | Promise<Subject>;

function makeStdout(): Subject {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      setImmediate(done);
    },
  });
  const received = () =>
    Buffer.concat(chunks)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).event_id);
  return { sink: stdoutSink.build({}, { stream, format: ndjsonFormat }), received };
}

function makeFile(compress: boolean): (folder: string) => Subject {
  return (folder) => {
    const path = join(folder, 'events.bin');
    const config = { path, rotate: false, rotate_max_bytes: 1 << 20, rotate_max_files: 2, compress };
    const onRepair = () => {
      throw new Error('nothing is torn');
    };
    const received = () => {
      const bytes = readFileSync(path);
      const decoder = new Evt1Decoder();
      decoder.push(compress && bytes.length > 0 ? gunzipSync(bytes) : bytes);
      const ids: string[] = [];
      while (decoder.next()) {
        ids.push(JSON.parse(decoder.bytes.toString('latin1', decoder.start, decoder.end)).event_id);
      }
      expect(decoder.tornTail()).toBeUndefined();
      return ids;
    };
    return { sink: evt1Sink.build(config, { onRepair }), received };
  };
}

/** A detector that notes which events it was asked about. */
async function makeGrpc(): Promise<Subject> {
  const source = await GrpcSource.listen({ address: '127.0.0.1:0' });
  const ids: string[] = [];
  source.start({
    judge(event) {
      ids.push(event.eventId);
      return { anomaly: false, reason: '', score: 0 };
    },
    onBatch() {},
  });
  const config = { ...GRPC_SINK_DEFAULTS, endpoint: source.address };
  return { sink: grpcSink.build(config, {}), received: () => ids, close: () => source.drain(0) };
}

const SINKS: readonly [string, MakeSubject][] = [
  ['stdout', makeStdout],
  ['file', makeFile(false)],
  ['file, compressed', makeFile(true)],
  ['grpc', makeGrpc],
];

/** Runs one test on a sink behind a delivery, and checks afterwards that the account adds up. */
function withDelivery(
  make: MakeSubject,
  use: (delivery: Delivery, subject: Subject) => Promise<void>,
  options: Partial<DeliveryOptions> = {},
): Promise<void> {
  return withTempFolder(async (folder) => {
    const subject = await make(folder);
    const settled = new Map<Outcome, number>();
    const onSettled = (outcome: Outcome, _type: string, events: number) =>
      settled.set(outcome, (settled.get(outcome) ?? 0) + events);
    const delivery = new Delivery(subject.sink, { batchBytes: 1000, onSettled, ...options });
    await use(delivery, subject);
    await subject.close?.();
    const { offered, delivered, queued, dropped } = delivery.counters();
    expect(queued).toBe(0);
    expect(delivered + Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(offered);
    expect(Object.fromEntries(settled)).toEqual(
      Object.fromEntries(Object.entries({ delivered, ...dropped }).filter(([, count]) => count > 0)),
    );
  });
}

const offer = (delivery: Delivery, count: number, first = 0) => {
  for (let number = first; number < first + count; number++) {
    delivery.offer(makeEvent({ eventId: String(number) }));
  }
};
const ids = (count: number) => Array.from({ length: count }, (_, number) => String(number));

describe.each(SINKS)('the %s sink', (_, make) => {
  test('opens and closes without an event', () =>
    withDelivery(make, async (delivery, { received }) => {
      await delivery.start();
      await delivery.close();
      expect(received()).toEqual([]);
    }));

  test('has every event that was offered before close, once and in order', () =>
    withDelivery(make, async (delivery, { received }) => {
      await delivery.start();
      offer(delivery, 500);
      await delivery.close();
      expect(received()).toEqual(ids(500));
      expect(delivery.counters().delivered).toBe(500);
    }));

  test('has every event when flush() resolves', () =>
    withDelivery(make, async (delivery, { received }) => {
      await delivery.start();
      for (let round = 0; round < 5; round++) {
        offer(delivery, 50, round * 50);
        await delivery.flush();
        expect(received()).toEqual(ids((round + 1) * 50));
      }
      await delivery.close();
    }));

  test('closes while it writes, and twice', () =>
    withDelivery(make, async (delivery, { received }) => {
      await delivery.start();
      offer(delivery, 300);
      await new Promise(setImmediate);
      offer(delivery, 300, 300);
      const first = delivery.close();
      offer(delivery, 10, 600);
      await Promise.all([first, delivery.close()]);
      await delivery.close();
      expect(received()).toEqual(ids(600));
      expect(delivery.counters().dropped.closed).toBe(10);
    }));

  test('aborts while it writes: what the peer has is whole and in order', () =>
    withDelivery(make, async (delivery, { received }) => {
      await delivery.start();
      offer(delivery, 1000);
      await new Promise(setImmediate);
      await delivery.destroy();
      await delivery.destroy();
      const { delivered, dropped } = delivery.counters();
      expect(delivered + dropped.abandoned).toBe(1000);
      const got = received();
      expect(got).toEqual(ids(got.length));
      expect(got.length).toBeGreaterThanOrEqual(delivered);
    }));

  test('aborts before it is started', () =>
    withDelivery(make, async (delivery) => {
      await delivery.destroy();
      await delivery.close();
    }));

  test('is disposed in any state, more than once', () =>
    withTempFolder(async (folder) => {
      const { sink, close } = await make(folder);
      await sink[Symbol.asyncDispose]();
      await sink.connect(new AbortController().signal);
      await sink.connect(new AbortController().signal);
      await sink[Symbol.asyncDispose]();
      await sink[Symbol.asyncDispose]();
      await close?.();
    }));

  test('connects again after it was given up', () =>
    withTempFolder(async (folder) => {
      const { sink, received, close } = await make(folder);
      const { signal } = new AbortController();
      for (const id of ['0', '1']) {
        await sink.connect(signal);
        await sink.write({ bytes: encode(sink, id), events: 1 }, signal);
        await sink[Symbol.asyncDispose]();
      }
      expect(received()).toEqual(['0', '1']);
      await close?.();
    }));

  test('counts what its queue has no room for', () =>
    withDelivery(
      make,
      async (delivery, { received }) => {
        await delivery.start();
        offer(delivery, 50);
        expect(delivery.counters().dropped.queue_full).toBe(40);
        await delivery.close();
        expect(received()).toEqual(ids(10));
      },
      { queueEvents: 10 },
    ));
});

function encode(sink: Sink, eventId: string): Buffer {
  const batch = new Batch();
  sink.format(makeEvent({ eventId }), batch);
  return Buffer.from(batch.bytes());
}
