/** The detector service as any client sees it. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { EventWriter } from '../../src/core/wire/event-writer.ts';
import { GrpcSource } from '../../src/sources/grpc.ts';
import { GOLDEN_ENVELOPE, makeEvent, makeNumberedEvent } from '../support/events.ts';
import { DynamicClient, type NotingDetector, startDetector, UPSTREAM_PROTO } from '../support/grpc-peer.ts';
import { until } from '../support/wait.ts';

const EVENTS = '/sentinel.v1.DetectorService/StreamEvents';
const BATCHES = '/sentinel.v1.DetectorService/StreamBatches';
const REPORT = '/sentinel.v1.DetectorService/ReportAnomaly';
const OURS = join(__dirname, '../../proto/sentinel/v1/detector.proto');

let detector: NotingDetector;
let client: DynamicClient;

beforeEach(async () => {
  detector = await startDetector((event) => event.pid % 2 === 1, {
    maxMessageBytes: 1 << 20,
    maxBatchEvents: 100,
  });
  client = new DynamicClient(detector.source.address, OURS);
});

afterEach(async () => {
  client[Symbol.dispose]();
  await detector[Symbol.asyncDispose]();
});

/** The golden event as upstream's message has it, with another id and pid. */
function upstreamEvent(id: string, pid = 1234) {
  const { pod, ts_unix_nano, data, ...rest } = GOLDEN_ENVELOPE;
  const cells = [...data.slice(0, 3), String(pid), ...data.slice(4)];
  return { ...rest, event_id: id, pod_name: pod, data: cells, ts_unix_nano: String(ts_unix_nano) };
}

function record(number: number): Buffer {
  const writer = new EventWriter();
  writer.writeRecord(makeNumberedEvent(number));
  return Buffer.from(writer.bytes);
}

describe('StreamEvents', () => {
  test("answers each of a stock client's events, in order, and reads them whole", async () => {
    using stock = new DynamicClient(detector.source.address, UPSTREAM_PROTO);
    const events = Array.from({ length: 500 }, (_, index) => upstreamEvent(`id-${index}`, index));
    const { answers, end } = await stock.stream(
      EVENTS,
      events.map((event) => stock.encode('sentinel.v1.EventEnvelope', event)),
    );
    expect(end.code).toBe(status.OK);
    const decoded = answers.map((answer) => stock.decode('sentinel.v1.DetectionResponse', answer));
    expect(decoded.map(({ event_id }) => event_id)).toEqual(events.map(({ event_id }) => event_id));
    expect(decoded.map(({ anomaly }) => anomaly)).toEqual(events.map((_, index) => index % 2 === 1));
    expect(decoded[0]).toMatchObject({ score: 0.25, reason: '' });
    expect(decoded[1]).toMatchObject({ score: 1, reason: 'odd', anomaly: true });
    const ts = decoded[0]?.['ts'] as { seconds: string } | undefined; // of the file's type
    expect(Math.abs(Number(ts?.seconds) - Date.now() / 1000)).toBeLessThan(60);
    expect(detector.seen[7]).toEqual({
      ...GOLDEN_ENVELOPE,
      event_id: 'id-7',
      data: ['/tmp/test.txt', '2', 'bash', '7', '5678', '1000'],
    });
  });

  test('answers an event that names nothing, and goes on', async () => {
    const nothing = client.encode('sentinel.v1.EventEnvelope', { event_id: 'empty' });
    const whole = client.encode('sentinel.v1.EventEnvelope', upstreamEvent('whole'));
    const { answers, end } = await client.stream(EVENTS, [nothing, whole]);
    expect(end.code).toBe(status.OK);
    const [first, second] = answers.map((answer) => client.decode('sentinel.v1.DetectionResponse', answer));
    expect(first).toMatchObject({ event_id: 'empty', anomaly: false, score: 0 });
    expect(first?.['reason']).toMatch(/neither event_type nor syscall_name/);
    expect(second).toMatchObject({ event_id: 'whole' });
    expect(detector.source.counts()).toMatchObject({ events: 2, judged: 1, unreadable: 1 });
  });

  test('says what is wrong with a broken message, after answering what came before it', async () => {
    const whole = client.encode('sentinel.v1.EventEnvelope', upstreamEvent('whole'));
    const { answers, end } = await client.stream(EVENTS, [whole, Buffer.from('0aff', 'hex'), whole]);
    expect(end.code).toBe(status.INVALID_ARGUMENT);
    expect(end.details).toMatch(/^Cannot decode the message: /);
    expect(answers).toHaveLength(1);
    expect(detector.source.counts()).toMatchObject({ brokenMessages: 1, judged: 1 });
  });

  test('refuses a message that is too large', async () => {
    const { end } = await client.stream(EVENTS, [Buffer.alloc((1 << 20) + 1)]);
    expect(end.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('ends at the deadline that its caller set', async () => {
    const call = client.client.makeBidiStreamRequest<Buffer, Buffer>(
      EVENTS,
      (bytes) => bytes,
      (bytes) => bytes,
      { deadline: Date.now() + 200 },
    );
    const code = await new Promise((resolve) => {
      call.on('error', (error: Error & { code?: number }) => resolve(error.code));
      call.on('data', () => {});
    });
    expect(code).toBe(status.DEADLINE_EXCEEDED);
  });

  test('keeps serving when the judge throws', async () => {
    const errors: unknown[] = [];
    const source = await GrpcSource.listen({
      address: '127.0.0.1:0',
      onJudgeError: (error) => errors.push(error),
    });
    source.start({
      judge() {
        throw new Error('model gone');
      },
      onBatch() {},
    });
    using other = new DynamicClient(source.address, OURS);
    const event = other.encode('sentinel.v1.EventEnvelope', upstreamEvent('x'));
    const { answers } = await other.stream(EVENTS, [event, event]);
    expect(other.decode('sentinel.v1.DetectionResponse', answers[1] as Buffer)).toMatchObject({
      reason: 'Scoring error: model gone',
      anomaly: false,
      score: 0,
    });
    expect(errors).toHaveLength(2);
    await source.drain(0);
  });

  test('reads no faster than its answers are taken', async () => {
    const wide = client.encode('sentinel.v1.EventEnvelope', { ...upstreamEvent('w'.repeat(200_000)) });
    const call = client.client.makeBidiStreamRequest<Buffer, Buffer>(
      EVENTS,
      (bytes) => bytes,
      (bytes) => bytes,
    );
    call.on('error', () => {});
    call.once('data', () => call.pause());
    const messages = 400;
    for (let sent = 0; sent < messages; sent++) {
      call.write(wide);
    }
    call.end();
    await until(() => detector.seen.length > 10);
    let before = -1;
    while (before !== detector.seen.length) {
      before = detector.seen.length;
      await delay(300);
    }
    // Flow control lets a few megabytes of answers out; 400 would be 80 MB.
    expect(before).toBeLessThan(messages / 4);
    let answers = 1;
    call.on('data', () => answers++);
    call.resume();
    await until(() => answers === messages);
  }, 20_000);
});

describe('StreamBatches', () => {
  test('acknowledges batches with counts, and answers with the detections alone', async () => {
    const batch = (sequence: number, numbers: number[]) =>
      Buffer.concat([Buffer.from([0x08, sequence]), ...numbers.map(record)]);
    const broken = Buffer.from('12020aff', 'hex'); // an event that is no envelope
    const { answers, end } = await client.stream(BATCHES, [
      batch(0, [1, 2, 3]),
      Buffer.concat([batch(1, [4]), broken, record(6)]),
      batch(2, []),
    ]);
    expect(end.code).toBe(status.OK);
    const decoded = answers.map((answer) => client.decode('sentinel.v1.DetectionBatch', answer));
    expect(decoded).toMatchObject([
      {
        sequence: 0,
        accepted: 3,
        rejected: 0,
        detections: [{ event_id: 'event-1' }, { event_id: 'event-3' }],
      },
      { sequence: 1, accepted: 2, rejected: 1, detections: [] },
      { sequence: 2, accepted: 0, rejected: 0, detections: [] },
    ]);
    expect(decoded[0]).toMatchObject({ detections: [{}, {}] });
    const detections = decoded[0]?.['detections'] as object[] | undefined; // of the file's type
    expect(detections?.[0]).toMatchObject({ anomaly: true, reason: 'odd', score: 1, score_raw: 7 });
    expect(detector.source.counts()).toMatchObject({
      messages: 3,
      events: 6,
      judged: 5,
      unreadable: 1,
      detections: 2,
    });
  });

  test('judges nothing of a batch that has too many events, or is no batch', async () => {
    const many = Buffer.concat(Array.from({ length: 101 }, (_, index) => record(index)));
    expect((await client.stream(BATCHES, [many])).end.code).toBe(status.RESOURCE_EXHAUSTED);
    const torn = Buffer.concat([record(1), record(2).subarray(0, -1)]);
    expect((await client.stream(BATCHES, [torn])).end.code).toBe(status.INVALID_ARGUMENT);
    expect(detector.seen).toEqual([]);
    expect(detector.source.counts()).toMatchObject({ brokenMessages: 2, judged: 0 });
  });
});

test('ReportAnomaly hands the report on and returns nothing', async () => {
  const notices: unknown[] = [];
  const source = await GrpcSource.listen({
    address: '127.0.0.1:0',
    onReport: (notice) => notices.push(notice),
  });
  using other = new DynamicClient(source.address, UPSTREAM_PROTO);
  const report = { event_id: 'e', reason: 'seen elsewhere', score: 0.75, labels: { team: 'blue' } };
  const { answer, end } = await other.unary(REPORT, other.encode('sentinel.v1.AnomalyReport', report));
  expect(end.code).toBe(status.OK);
  expect(answer).toHaveLength(0);
  expect(notices).toEqual([
    { eventId: 'e', reason: 'seen elsewhere', score: 0.75, labels: { team: 'blue' } },
  ]);
  expect((await other.unary(REPORT, Buffer.from('0aff', 'hex'))).end.code).toBe(status.INVALID_ARGUMENT);
  await source.drain(0);
});

describe('limits', () => {
  test('turns streams away beyond its number, and takes them again when one has ended', async () => {
    const source = await GrpcSource.listen({ address: '127.0.0.1:0', maxStreams: 1 });
    source.start({ judge: () => ({ anomaly: false, reason: '', score: 0 }), onBatch() {} });
    using first = new DynamicClient(source.address, OURS);
    using second = new DynamicClient(source.address, OURS);
    const held = first.client.makeBidiStreamRequest<Buffer, Buffer>(
      EVENTS,
      (bytes) => bytes,
      (bytes) => bytes,
    );
    held.on('data', () => {});
    held.write(first.encode('sentinel.v1.EventEnvelope', upstreamEvent('x')));
    await until(() => source.counts().events === 1);
    expect((await second.stream(EVENTS, [])).end.code).toBe(status.UNAVAILABLE);
    const ended = new Promise((resolve) => held.on('status', resolve));
    held.end();
    await ended;
    await until(() => source.openStreams === 0);
    expect((await second.stream(EVENTS, [])).end.code).toBe(status.OK);
    expect(source.counts()).toMatchObject({ streams: 2, refusedStreams: 1 });
    await source.drain(0);
  });

  test('a broken client ends its own stream alone, 1,000 random and mutated messages long', async () => {
    const whole = client.encode('sentinel.v1.EventEnvelope', {
      ...upstreamEvent('m'),
      attributes: { 'user.name': 'root' },
    });
    using good = new DynamicClient(detector.source.address, OURS);
    const held = good.client.makeBidiStreamRequest<Buffer, Buffer>(
      EVENTS,
      (bytes) => bytes,
      (bytes) => bytes,
    );
    const heldAnswers: Buffer[] = [];
    held.on('data', (answer: Buffer) => heldAnswers.push(answer));
    held.on('error', () => {}); // its answers are counted
    const random = xorshift(20261121);
    const ends = new Map<number, number>();
    for (let round = 0; round < 1000; round++) {
      const bytes = round % 2 === 0 ? mutate(whole, random) : randomBytes(random);
      const path = round % 4 < 2 ? EVENTS : BATCHES;
      const { end } = await client.stream(path, [bytes]);
      ends.set(end.code, (ends.get(end.code) ?? 0) + 1);
      if (round % 100 === 0) {
        held.write(whole);
        await until(() => heldAnswers.length === 1 + round / 100);
      }
    }
    expect([...ends.keys()].sort()).toEqual([status.OK, status.INVALID_ARGUMENT]);
    const { brokenMessages, events, judged, unreadable } = detector.source.counts();
    expect(brokenMessages).toBe(ends.get(status.INVALID_ARGUMENT));
    expect(judged + unreadable).toBe(events);
    expect(heldAnswers).toHaveLength(10);
    held.end();
  }, 60_000);

  test.each(['0.0.0.0:0', '[::]:0', 'example.com:50051', '10.0.0.1:0'])(
    'does not listen on %s without TLS',
    async (address) => {
      await expect(GrpcSource.listen({ address })).rejects.toMatchObject({ code: 'SNT_CONFIG_INVALID' });
    },
  );

  test('listens anywhere without TLS when told to', async () => {
    const source = await GrpcSource.listen({ address: '0.0.0.0:0', allowPlaintext: true });
    await source.drain(0);
  });

  test('says what is wrong with an address', async () => {
    await expect(GrpcSource.listen({ address: 'nonsense' })).rejects.toMatchObject({
      code: 'SNT_CONFIG_INVALID',
    });
    await expect(GrpcSource.listen({ address: detector.source.address })).rejects.toMatchObject({
      code: 'SNT_CONFIG_INVALID',
      message: expect.stringContaining('EADDRINUSE'),
    });
  });
});

function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function mutate(bytes: Buffer, random: () => number): Buffer {
  const changed = Buffer.from(bytes);
  for (let change = 0; change <= random() % 5; change++) {
    changed[random() % changed.length] = random() & 0xff;
  }
  return changed.subarray(0, random() % 3 === 0 ? random() % changed.length : changed.length);
}

function randomBytes(random: () => number): Buffer {
  return Buffer.from(Array.from({ length: random() % 200 }, () => random() & 0xff));
}

test('an event of ours without attributes is still an event', async () => {
  const writer = new EventWriter();
  writer.writeEnvelope(makeEvent());
  const { end } = await client.stream(EVENTS, [Buffer.from(writer.bytes)]);
  expect(end.code).toBe(status.OK);
  expect(detector.seen).toEqual([GOLDEN_ENVELOPE]);
});
