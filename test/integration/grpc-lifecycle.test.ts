/** Starting and stopping the detector service, and what health and reflection say meanwhile. */
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { GrpcSource } from '../../src/sources/grpc.ts';
import { DynamicClient, startDetector } from '../support/grpc-peer.ts';
import { until } from '../support/wait.ts';

const EVENTS = '/sentinel.v1.DetectorService/StreamEvents';
const CHECK = '/grpc.health.v1.Health/Check';
const WATCH = '/grpc.health.v1.Health/Watch';
const OURS = join(__dirname, '../../proto/sentinel/v1/detector.proto');
const HEALTH = join(__dirname, '../../proto/grpc/health/v1/health.proto');
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

const quiet = { judge: () => ({ anomaly: false, reason: '', score: 0 }), onBatch() {} };
const asIs = (bytes: Buffer) => bytes;

async function check(client: DynamicClient, service: string) {
  const { answer, end } = await client.unary(
    CHECK,
    client.encode('grpc.health.v1.HealthCheckRequest', { service }),
  );
  return answer === undefined
    ? end.code
    : client.decode('grpc.health.v1.HealthCheckResponse', answer)['status'];
}

/** Watches a service; `statuses` grows, `end` comes when the watch is over. */
function watch(client: DynamicClient, service: string) {
  const statuses: unknown[] = [];
  const request = client.encode('grpc.health.v1.HealthCheckRequest', { service });
  const call = client.client.makeServerStreamRequest<Buffer, Buffer>(WATCH, asIs, asIs, request);
  call.on('data', (answer: Buffer) =>
    statuses.push(client.decode('grpc.health.v1.HealthCheckResponse', answer)['status']),
  );
  call.on('error', () => {}); // the status has it too
  const end = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
  return { statuses, end };
}

test('takes no events and says NOT_SERVING until it is started', async () => {
  const source = await GrpcSource.listen({ address: '127.0.0.1:0' });
  using health = new DynamicClient(source.address, HEALTH);
  using client = new DynamicClient(source.address, OURS);
  const watched = watch(health, '');
  await until(() => watched.statuses.length === 1);
  expect(await check(health, '')).toBe(NOT_SERVING);
  expect((await client.stream(EVENTS, [])).end.code).toBe(status.UNAVAILABLE);

  source.start(quiet);
  await until(() => watched.statuses.length === 2);
  expect(await check(health, '')).toBe(SERVING);
  expect(await check(health, 'sentinel.v1.DetectorService')).toBe(SERVING);
  expect(await check(health, 'no.such.Service')).toBe(status.NOT_FOUND);
  expect((await client.stream(EVENTS, [])).end.code).toBe(status.OK);
  await source.drain(0);
  expect(watched.statuses.slice(0, 2)).toEqual([NOT_SERVING, SERVING]);
});

test('a watch of an unknown service says so and goes on', async () => {
  await using detector = await startDetector();
  using health = new DynamicClient(detector.source.address, HEALTH);
  const { statuses } = watch(health, 'no.such.Service');
  await until(() => statuses.length === 1);
  expect(statuses).toEqual([SERVICE_UNKNOWN]);
});

test('drains: says NOT_SERVING, answers what came, sends its peers elsewhere, closes the port', async () => {
  const detector = await startDetector();
  const { source, seen } = detector;
  using health = new DynamicClient(source.address, HEALTH);
  using client = new DynamicClient(source.address, OURS);
  const watched = watch(health, '');
  const call = client.client.makeBidiStreamRequest<Buffer, Buffer>(EVENTS, asIs, asIs);
  let answers = 0;
  call.on('data', () => answers++);
  call.on('error', () => {}); // the status has it too
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
  const event = client.encode('sentinel.v1.EventEnvelope', { event_type: 'file_open', data: ['/x'] });
  for (let sent = 0; sent < 2000; sent++) {
    call.write(event);
  }
  await until(() => seen.length > 0 && watched.statuses.length === 1);

  await source.drain(5000);

  expect(await ended).toBe(status.UNAVAILABLE);
  expect(answers).toBe(seen.length);
  expect(await watched.end).toBe(status.UNAVAILABLE);
  expect(watched.statuses).toEqual([SERVING, NOT_SERVING]);
  using late = new DynamicClient(source.address, OURS);
  expect((await late.stream(EVENTS, [])).end.code).toBe(status.UNAVAILABLE);
});

test('drains by force when a peer does not read, and only once', async () => {
  const { source } = await startDetector();
  using client = new DynamicClient(source.address, OURS);
  const call = client.client.makeBidiStreamRequest<Buffer, Buffer>(EVENTS, asIs, asIs);
  call.on('error', () => {}); // it is cut off
  call.once('data', () => call.pause());
  const wide = client.encode('sentinel.v1.EventEnvelope', {
    event_id: 'w'.repeat(100_000),
    event_type: 'file_open',
  });
  for (let sent = 0; sent < 100; sent++) {
    call.write(wide);
  }
  await until(() => source.counts().events > 5);
  const start = performance.now();
  await Promise.all([source.drain(300), source.drain(10_000)]);
  expect(performance.now() - start).toBeLessThan(3000);
});

test.each(['v1', 'v1alpha'])(
  'reflection %s lists services, gives files by name and symbol, and says what it has not',
  async (version) => {
    await using detector = await startDetector();
    using client = new DynamicClient(
      detector.source.address,
      join(__dirname, `../../proto/grpc/reflection/${version}/reflection.proto`),
    );
    const scope = `grpc.reflection.${version}`;
    const ask = async (request: object) => {
      const bytes = client.encode(`${scope}.ServerReflectionRequest`, { host: 'h', ...request });
      const { answers } = await client.stream(`/${scope}.ServerReflection/ServerReflectionInfo`, [bytes]);
      return client.decode(`${scope}.ServerReflectionResponse`, answers[0] as Buffer); // one for each request
    };
    expect(await ask({ list_services: '' })).toMatchObject({
      valid_host: 'h',
      list_services_response: {
        service: [
          { name: 'sentinel.v1.DetectorService' },
          { name: 'grpc.health.v1.Health' },
          { name: 'grpc.reflection.v1.ServerReflection' },
          { name: 'grpc.reflection.v1alpha.ServerReflection' },
        ],
      },
    });
    const byName = await ask({ file_by_filename: 'sentinel/v1/detector.proto' });
    const bySymbol = await ask({ file_containing_symbol: 'sentinel.v1.DetectorService.StreamBatches' });
    expect(byName['file_descriptor_response']).toEqual(bySymbol['file_descriptor_response']);
    const { file_descriptor_proto: files } = byName['file_descriptor_response'] as {
      file_descriptor_proto: Buffer[];
    };
    expect(files.map((file) => file.toString('latin1').slice(2, 40))).toEqual([
      expect.stringContaining('sentinel/v1/detector.proto'),
      expect.stringContaining('google/protobuf/empty.proto'),
      expect.stringContaining('google/protobuf/timestamp.proto'),
    ]);
    for (const missing of [
      { file_by_filename: '__proto__' },
      { file_containing_symbol: 'no.such.Symbol' },
      { file_containing_extension: { containing_type: 'sentinel.v1.EventEnvelope', extension_number: 100 } },
      { all_extension_numbers_of_type: 'no.such.Type' },
    ]) {
      expect(await ask(missing)).toMatchObject({ error_response: { error_code: status.NOT_FOUND } });
    }
    expect(await ask({ all_extension_numbers_of_type: 'sentinel.v1.EventEnvelope' })).toMatchObject({
      all_extension_numbers_response: { base_type_name: 'sentinel.v1.EventEnvelope', extension_number: [] },
    });
  },
);
