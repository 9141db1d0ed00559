/** The gRPC sink and detectors of every kind: ours, upstream's, one that goes away, one behind TLS. */
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { type Detection, encodeDetection } from '../../src/core/wire/detection.ts';
import { DETECTOR_METHODS } from '../../src/core/wire/detector-service.ts';
import { EventReader } from '../../src/core/wire/wire-event.ts';
import { Delivery } from '../../src/sinks/delivery.ts';
import type { DeliveryOptions } from '../../src/sinks/delivery-options.ts';
import {
  GRPC_SINK_DEFAULTS,
  type GrpcSinkConfig,
  type GrpcSinkParts,
  grpcSink,
} from '../../src/sinks/grpc.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { makeEvent, makeNumberedEvent } from '../support/events.ts';
import { startDetector } from '../support/grpc-peer.ts';
import { withTempFolder } from '../support/temp-folder.ts';
import { until } from '../support/wait.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

function makeDelivery(
  config: Partial<GrpcSinkConfig>,
  parts: GrpcSinkParts = {},
  options: Partial<DeliveryOptions> = {},
): Delivery {
  const sink = grpcSink.build({ ...GRPC_SINK_DEFAULTS, connect_timeout_ms: 2000, ...config }, parts);
  return new Delivery(sink, { batchBytes: 64 * 1024, backoffMs: 20, maxBackoffMs: 100, ...options });
}

function offer(delivery: Delivery, count: number, first = 0): void {
  for (const number of numbers(count)) {
    delivery.offer(makeNumberedEvent(first + number));
  }
}

type RawCall = ServerDuplexStream<Buffer, Buffer>;

/** A detector with the handlers that a test gives it. */
async function startRaw(
  handlers: Partial<Record<'StreamEvents' | 'StreamBatches', (call: RawCall) => void>>,
) {
  const server = new Server();
  const methods = Object.fromEntries(
    Object.entries(DETECTOR_METHODS).filter(([name]) => Object.hasOwn(handlers, name)),
  );
  server.addService(methods, handlers);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { endpoint: `127.0.0.1:${port}`, [Symbol.dispose]: () => server.forceShutdown() };
}

test('hands on what the detector flagged, in the order of the events', async () => {
  await using detector = await startDetector((event) => event.pid % 10 === 3);
  const detections: Detection[] = [];
  const delivery = makeDelivery(
    { endpoint: detector.source.address },
    { onDetections: (more) => detections.push(...more) },
  );
  await delivery.start();
  offer(delivery, 3000);
  await delivery.close();
  expect(delivery.counters().delivered).toBe(3000);
  expect(detections.map(({ eventId }) => eventId)).toEqual(
    numbers(300).map((number) => `event-${10 * number + 3}`),
  );
  expect(detections[0]).toMatchObject({ anomaly: true, reason: 'odd', score: 1, rawScore: 7 });
  expect(detector.source.counts().messages).toBeLessThan(100);
});

test("feeds upstream's detector, which has no batches, one event a message", async () => {
  const ids: string[] = [];
  const reader = new EventReader();
  using upstream = await startRaw({
    StreamEvents(call) {
      call.on('data', (message: Buffer) => {
        const event = reader.read(message, 0, message.length);
        ids.push(event?.eventId ?? '');
        const answer = {
          eventId: event?.eventId ?? '',
          reason: 'seven',
          score: 0.9,
          rawScore: 0,
          timeUnixNs: 0n,
        };
        call.write(encodeDetection({ ...answer, anomaly: event?.pid === 7 }));
      });
      call.on('end', () => call.end());
    },
  });
  const detections: Detection[] = [];
  const failures: unknown[] = [];
  const delivery = makeDelivery(
    { endpoint: upstream.endpoint },
    { onDetections: (more) => detections.push(...more) },
    { onFailure: (error) => failures.push(error) },
  );
  await delivery.start();
  offer(delivery, 500);
  await delivery.flush();
  offer(delivery, 500, 500);
  await delivery.close();
  expect(ids).toEqual(numbers(1000).map((number) => `event-${number}`));
  expect(delivery.counters().delivered).toBe(1000);
  expect(detections).toMatchObject([{ eventId: 'event-7', reason: 'seven' }]);
  expect(failures).toEqual([]);
});

test('loses nothing when the detector stops and starts again, three times', async () => {
  const ids = new Set<string>();
  let address = '127.0.0.1:0';
  const failures: unknown[] = [];
  let delivery: Delivery | undefined;
  let offered = 0;
  for (const round of numbers(4)) {
    const detector = await startDetector(() => false, { address });
    address = detector.source.address;
    if (delivery === undefined) {
      delivery = makeDelivery({ endpoint: address }, {}, { onFailure: (error) => failures.push(error) });
      await delivery.start();
    }
    offer(delivery, 5000, offered);
    offered += 5000;
    await until(() => detector.seen.length > 1000);
    if (round < 3) {
      await detector.source.drain(round === 1 ? 0 : 1000);
    } else {
      await delivery.close();
      await detector.source.drain(1000);
    }
    for (const { event_id } of detector.seen) {
      ids.add(event_id);
    }
  }
  expect(ids.size).toBe(offered);
  expect(delivery?.counters()).toMatchObject({ offered, delivered: offered, queued: 0 });
  expect(failures.length).toBeGreaterThan(0);
}, 30_000);

test('goes on after the events that were acknowledged when it tries again', async () => {
  const seen: string[] = [];
  const reader = new EventReader();
  let streams = 0;
  using detector = await startRaw({
    StreamEvents(call) {
      streams++;
      let left = streams === 1 ? 5 : Number.POSITIVE_INFINITY;
      call.on('data', (message: Buffer) => {
        const eventId = reader.read(message, 0, message.length)?.eventId ?? '';
        if (left === 0) {
          call.emit('error', Object.assign(new Error('gone'), { code: status.UNAVAILABLE, details: 'gone' }));
          left = -1;
        } else if (left > 0) {
          left--;
          seen.push(eventId);
          call.write(
            encodeDetection({ eventId, anomaly: false, reason: '', score: 0, rawScore: 0, timeUnixNs: 0n }),
          );
        }
      });
      call.on('end', () => call.end());
    },
  });
  const delivery = makeDelivery({ endpoint: detector.endpoint });
  await delivery.start();
  offer(delivery, 20);
  await delivery.close();
  expect(seen).toEqual(numbers(20).map((number) => `event-${number}`));
});

test('sends smaller batches to a detector that takes only small messages', async () => {
  await using detector = await startDetector(() => false, { maxMessageBytes: 8 * 1024, maxBatchEvents: 20 });
  const delivery = makeDelivery({ endpoint: detector.source.address, batch_events: 4096 });
  await delivery.start();
  offer(delivery, 1000);
  await delivery.close(20_000);
  expect(delivery.counters()).toMatchObject({ delivered: 1000, queued: 0 });
  expect(new Set(detector.seen.map(({ event_id }) => event_id)).size).toBe(1000);
}, 30_000);

test('drops an event that no message can hold, and says so', async () => {
  await using detector = await startDetector();
  const delivery = makeDelivery({ endpoint: detector.source.address, max_message_bytes: 64 * 1024 });
  await delivery.start();
  delivery.offer(makeEvent({ object: 'x'.repeat(70_000) }));
  delivery.offer(makeEvent());
  await delivery.close();
  expect(delivery.counters()).toMatchObject({ delivered: 1, dropped: { too_large: 1 } });
});

test('gives up a detector that acknowledges nothing, and counts what it could not write', async () => {
  using silent = await startRaw({
    StreamBatches(call) {
      call.on('data', () => {});
      call.on('error', () => {}); // it is cut off
    },
  });
  const failures: unknown[] = [];
  const delivery = makeDelivery(
    { endpoint: silent.endpoint, ack_timeout_ms: 100 },
    {},
    { giveUpAfterMs: 300, onFailure: (error) => failures.push(error) },
  );
  await delivery.start();
  offer(delivery, 10);
  await delivery.flush();
  expect(delivery.counters()).toMatchObject({ delivered: 0, dropped: { write_failed: 10 } });
  expect(failures[0]).toMatchObject({ status: status.DEADLINE_EXCEEDED });
  await delivery.destroy();
});

test('fails at a peer that answers what it was not asked', async () => {
  using liar = await startRaw({
    StreamBatches(call) {
      call.on('data', () => call.write(Buffer.from('ffff', 'hex')));
      call.on('error', () => {}); // it is cut off
    },
  });
  const failures: unknown[] = [];
  const options = { giveUpAfterMs: 50, onFailure: (error: unknown) => failures.push(error) };
  const delivery = makeDelivery({ endpoint: liar.endpoint }, {}, options);
  await delivery.start();
  offer(delivery, 1);
  await delivery.flush();
  expect(failures[0]).toMatchObject({ status: status.INTERNAL });
  await delivery.destroy();
});

test('does not start without a detector, and says where it looked', async () => {
  const delivery = makeDelivery({ endpoint: '127.0.0.1:1' });
  await expect(delivery.start()).rejects.toMatchObject({
    code: 'SNT_PEER_UNAVAILABLE',
    message: expect.stringMatching(/127\.0\.0\.1:1: .*ECONNREFUSED/),
  });
});

describe('TLS', () => {
  const tlsOf = (files: Partial<Certificates>): GrpcSinkConfig['tls'] => ({
    ...GRPC_SINK_DEFAULTS.tls,
    enabled: true,
    ...files,
  });

  test(
    'speaks to a detector whose authority it knows, and with its own certificate where asked',
    () =>
      withTempFolder(async (folder) => {
        const server = makeCertificates(folder, 'server');
        const client = makeCertificates(folder, 'client');
        await using open = await startDetector(() => false, { tls: { cert: server.cert, key: server.key } });
        await using strict = await startDetector(() => false, { tls: { ...server, ca: client.ca } });
        const { cert, key } = client;
        for (const [detector, tls] of [
          [open, tlsOf({ ca: server.ca })],
          [strict, tlsOf({ ca: server.ca, cert, key })],
        ] as const) {
          const delivery = makeDelivery({ endpoint: detector.source.address, tls });
          await delivery.start();
          offer(delivery, 100);
          await delivery.close();
          expect(delivery.counters().delivered).toBe(100);
        }
      }),
    20_000,
  );

  test(
    'does not speak to a stranger, as a stranger, or in the clear',
    () =>
      withTempFolder(async (folder) => {
        const server = makeCertificates(folder, 'server');
        const client = makeCertificates(folder, 'client');
        const stranger = makeCertificates(folder, 'stranger');
        await using strict = await startDetector(() => false, { tls: { ...server, ca: client.ca } });
        const endpoint = strict.source.address;
        const { cert, key } = client;
        const { cert: strangeCert, key: strangeKey } = stranger;
        for (const tls of [
          tlsOf({ ca: stranger.ca, cert, key }),
          tlsOf({ ca: server.ca, cert: strangeCert, key: strangeKey }),
          tlsOf({ ca: server.ca }),
          GRPC_SINK_DEFAULTS.tls,
          { ...tlsOf({ ca: server.ca, cert, key }), server_name: 'other.example' },
        ]) {
          const failures: unknown[] = [];
          const options = { giveUpAfterMs: 100, onFailure: (error: unknown) => failures.push(error) };
          const delivery = makeDelivery({ endpoint, tls }, {}, options);
          // With TLS 1.3 a client hears of its own certificate being refused only after it is connected.
          try {
            await delivery.start();
            offer(delivery, 1);
            await delivery.flush();
          } catch (error) {
            expect(error).toMatchObject({ code: 'SNT_PEER_UNAVAILABLE' });
          }
          expect(delivery.counters().delivered).toBe(0);
          await delivery.destroy();
        }
        expect(strict.seen).toEqual([]);
      }),
    30_000,
  );

  test.each([
    ['a file that is not there', { ca: '/no/such/file.pem' }],
    ['a file that is no PEM', { ca: __filename.replace(/grpc-sink\.test\.ts$/, 'grpc-python-client.py') }],
    ['a certificate without its key', { cert: '/no/such/file.pem' }],
  ])('says what is wrong with %s', async (_, files) => {
    await expect(makeDelivery({ tls: tlsOf(files) }).start()).rejects.toMatchObject({
      code: 'SNT_CONFIG_INVALID',
    });
  });
});
