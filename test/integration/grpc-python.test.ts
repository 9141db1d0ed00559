/** A stock client in another language, generated from upstream's field numbers, gets what it expects. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeCertificates } from '../support/certificates.ts';
import { startDetector, UPSTREAM_PROTO } from '../support/grpc-peer.ts';
import { testWith } from '../support/needs.ts';
import { pythonWithGrpc } from '../support/python-grpc.ts';
import { withTempFolder } from '../support/temp-folder.ts';

const need = pythonWithGrpc();
const CLIENT = join(__dirname, 'grpc-python-client.py');
const run = promisify(execFile);

async function runClient(...args: string[]) {
  const { stdout } = await run(need.python, [CLIENT, ...args], { timeout: 60_000 });
  return JSON.parse(stdout);
}

testWith(
  need,
  'a Python client streams events, reports, asks for health and reflects',
  () =>
    withTempFolder(async (folder) => {
      await using detector = await startDetector((event) => event.pid % 100 === 7);
      const got = await runClient(detector.source.address, UPSTREAM_PROTO, folder);

      expect(got.ids).toEqual(Array.from({ length: 300 }, (_, number) => `py-${number}`));
      expect(got.anomalies).toEqual(['py-7', 'py-107', 'py-207']);
      expect(got.scores).toEqual([0.25, 1]);
      expect(got.reasons).toEqual(['', 'odd']);
      expect(Math.abs(got.seconds - Date.now() / 1000)).toBeLessThan(120);
      expect(got).toMatchObject({ empty: 'Empty', broken: 'INVALID_ARGUMENT' });
      expect(got.health).toEqual({
        '': 'SERVING',
        'sentinel.v1.DetectorService': 'SERVING',
        nobody: 'NOT_FOUND',
      });
      expect(detector.seen[42]).toEqual({
        event_id: 'py-42',
        ts_unix_nano: 1795229900442000043n,
        hostname: 'python-host',
        pod: 'pod-1',
        namespace: 'default',
        container_id: '',
        event_type: 'file_open',
        data: ['/tmp/ünïcode 42', '577', 'python3', '42', '42', '1000'],
        attributes: { open_flags: 'O_WRONLY|O_CREAT', cluster: 'blue' },
      });
      expect(detector.source.counts()).toMatchObject({
        events: 300,
        judged: 300,
        reports: 1,
        brokenMessages: 1,
      });

      expect(got.reflection.services).toEqual([
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
        'sentinel.v1.DetectorService',
      ]);
      expect(got.reflection.methods).toEqual(['StreamEvents', 'ReportAnomaly', 'StreamBatches']);
      expect(got.reflection.fields).toMatchObject({
        event_type: 9,
        data: 10,
        attributes: 20,
        ts_unix_nano: 30,
      });
      expect(got.reflection).toMatchObject({ is_map: true, batched: 'sentinel.v1.EventEnvelope' });
    }),
  90_000,
);

testWith(
  need,
  'a Python client with a certificate of its own speaks to a detector that asks for one',
  () =>
    withTempFolder(async (folder) => {
      const server = makeCertificates(folder, 'server');
      const client = makeCertificates(folder, 'client');
      await using detector = await startDetector(() => false, { tls: { ...server, ca: client.ca } });
      const address = detector.source.address.replace('127.0.0.1', 'localhost');
      const got = await runClient(address, UPSTREAM_PROTO, folder, server.ca, client.cert, client.key);

      expect(got.ids).toHaveLength(300);
      expect(detector.seen).toHaveLength(300);
    }),
  90_000,
);
