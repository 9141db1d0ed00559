import { readEnvironment } from '../../../../src/core/config/env-layer.ts';
import { parseConfigText } from '../../../../src/core/config/file-layer.ts';
import { CONFIG_LEAVES } from '../../../../src/core/config/schema.ts';
import {
  UPSTREAM_ENVIRONMENT,
  upstreamSetting,
  upstreamSettingNames,
} from '../../../../src/core/config/upstream.ts';

const PATHS = CONFIG_LEAVES.map(({ path }) => path);

// The upstream chart's file in file mode, every key that upstream reads.
const UPSTREAM_FILE = `logLevel: debug
rulesFile: /etc/sentinel-ebpf/rules.yaml
health:
  port: 9101
metrics:
  enabled: true
  port: 9102
grpc:
  endpoint: localhost:50051
  tlsEnabled: false
  caSecret: ""
stream:
  mode: file
  batchSize: 64
  queueLength: 1024
  ringBufferPages: 64
  file:
    path: /var/log/sentinel-ebpf/events.bin
    rotateMaxBytes: 1000000
    rotateMaxFiles: 5
    compress: true
probes:
  fileWrites:
    enabled: true
    pathPrefixes: []
`;

describe('parseConfigText() of the upstream probe file', () => {
  it('takes over what has a counterpart and warns of the rest', () => {
    const { values, warnings } = parseConfigText(UPSTREAM_FILE, 'probe-config.yaml');
    expect(Object.fromEntries([...values].map(([path, { value }]) => [path, value]))).toEqual({
      'log.level': 'debug',
      'rules.forward_file': '/etc/sentinel-ebpf/rules.yaml',
      'sinks.enabled': ['file'],
      'sinks.file.path': '/var/log/sentinel-ebpf/events.bin',
      'sinks.file.rotate_max_bytes': 1_000_000,
      'sinks.file.rotate_max_files': 5,
      'sinks.file.compress': true,
      'sinks.grpc.endpoint': 'localhost:50051',
      'sinks.grpc.tls': false,
    });
    expect(warnings).toHaveLength(9);
    expect(warnings.every((warning) => warning.includes(' has no effect: '))).toBe(true);
  });

  it('keeps the upstream name and place of a value', () => {
    const { values } = parseConfigText(UPSTREAM_FILE, 'probe-config.yaml');
    expect(values.get('sinks.file.path')?.origin).toMatchObject({ line: 18, alias: 'stream.file.path' });
  });

  it('takes the gRPC mode for the gRPC sink', () => {
    const { values } = parseConfigText('stream:\n  mode: grpc\n', 'f');
    expect(values.get('sinks.enabled')?.value).toEqual(['grpc']);
  });

  it('refuses a file that mixes upstream names and ours', () => {
    expect(() => parseConfigText('stream:\n  mode: file\nlog:\n  level: info\n', 'f')).toThrow(
      'stream is no setting',
    );
  });

  it.each([
    ['stream.file.rotateMaxBytes', 0],
    ['stream.file.rotateMaxFiles', 1],
    ['stream.file.rotateMaxFiles', 0],
  ])('turns %s %p into no rotation', (name, value) => {
    expect(upstreamSetting(name, value).settings).toEqual([['sinks.file.rotate', false]]);
  });

  it('maps every name to settings that exist', () => {
    const targets = upstreamSettingNames().flatMap((name) =>
      upstreamSetting(name, 1).settings.map(([path]) => path),
    );
    expect(targets.length).toBeGreaterThan(5);
    expect(targets.filter((path) => !PATHS.includes(path))).toEqual([]);
  });
});

describe('readEnvironment() of upstream names', () => {
  it('sets the identity that each stands for', () => {
    expect(Object.values(UPSTREAM_ENVIRONMENT).filter((path) => !PATHS.includes(path))).toEqual([]);
    const env = Object.fromEntries(Object.keys(UPSTREAM_ENVIRONMENT).map((name) => [name, '1']));
    const values = readEnvironment(env);
    expect(values.get('probe.pod_name')).toEqual({ value: '1', origin: { kind: 'env', name: 'POD_NAME' } });
    expect(values.size).toBe(21);
  });

  it("reads the detector's variables as what they are", () => {
    const values = readEnvironment({
      DETECTOR_PORT: '50052',
      DETECTOR_MODEL_ALGORITHM: 'halfspacetrees',
      DETECTOR_THRESHOLD: '0.5',
      DETECTOR_LODA_RANGE: '3.0',
    });
    expect(Object.fromEntries([...values].map(([path, { value }]) => [path, value]))).toEqual({
      'sources.grpc.port': 50_052,
      'detect.models': ['halfspacetrees'],
      'detect.threshold': 0.5,
      'models.loda_compat.range': 3,
    });
    expect(() => readEnvironment({ DETECTOR_THRESHOLD: 'half' })).toThrow(
      /DETECTOR_THRESHOLD must be a number/,
    );
  });

  it('prefers our own name and skips empty aliases', () => {
    const values = readEnvironment({ NODE_NAME: 'theirs', SENTINEL_PROBE__HOSTNAME: 'ours', POD_NAME: '' });
    expect(values.get('probe.hostname')?.value).toBe('ours');
    expect(values.has('probe.pod_name')).toBe(false);
  });
});
