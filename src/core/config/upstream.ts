/**
 * The names that the upstream probe's configuration has for our settings.
 *
 * A file is taken for upstream's when it has a top-level key of theirs and none of ours.
 */

/** Environment variables of the upstream probe and the setting of ours that each is. */
export const UPSTREAM_ENVIRONMENT: Readonly<Record<string, string>> = {
  CLUSTER_NAME: 'probe.cluster_name',
  NODE_NAME: 'probe.hostname',
  POD_NAME: 'probe.pod_name',
  POD_NAMESPACE: 'probe.namespace',
  CONTAINER_ID: 'probe.container_id',
  DETECTOR_PORT: 'sources.grpc.port',
  DETECTOR_MODEL_ALGORITHM: 'detect.models',
  DETECTOR_THRESHOLD: 'detect.threshold',
  DETECTOR_MODEL_SEED: 'models.seed',
  DETECTOR_HST_N_TREES: 'models.halfspacetrees.trees',
  DETECTOR_HST_HEIGHT: 'models.halfspacetrees.height',
  DETECTOR_HST_WINDOW_SIZE: 'models.halfspacetrees.window_events',
  DETECTOR_LODA_PROJECTIONS: 'models.loda_compat.projections',
  DETECTOR_LODA_BINS: 'models.loda_compat.bins',
  DETECTOR_LODA_RANGE: 'models.loda_compat.range',
  DETECTOR_LODA_EMA_ALPHA: 'models.loda_compat.ema_alpha',
  DETECTOR_LODA_HIST_DECAY: 'models.loda_compat.hist_decay',
  DETECTOR_MEMSTREAM_HIDDEN_DIM: 'models.memstream_compat.hidden',
  DETECTOR_MEMSTREAM_LATENT_DIM: 'models.memstream_compat.latent',
  DETECTOR_MEMSTREAM_MEMORY_SIZE: 'models.memstream_compat.memory',
  DETECTOR_MEMSTREAM_LR: 'models.memstream_compat.learning_rate',
};

/** Environment variables of the upstream detector that it parses and never uses. */
export const UNUSED_UPSTREAM_ENVIRONMENT: readonly string[] = [
  'DETECTOR_HIGH_WRITE_BYTES',
  'DETECTOR_SENSITIVE_PREFIXES',
  'DETECTOR_ALLOWED_COMMS',
];

/** Environment variable that names the upstream probe's configuration file. */
export const UPSTREAM_CONFIG_VARIABLE = 'PROBE_CONFIG';

/** What an upstream setting means here. */
export interface UpstreamMeaning {
  /** Values of ours by dotted path, not yet checked by the schema. */
  readonly settings: ReadonlyArray<readonly [path: string, value: unknown]>;
  /** Why the setting has no effect; follows its name. */
  readonly warning?: string;
  /** Why the setting cannot be honoured; follows its name. */
  readonly fault?: string;
}

type Translate = (value: unknown) => UpstreamMeaning;

const NO_SERVER = 'has no effect: this version serves no HTTP';

const TRANSLATIONS: Readonly<Record<string, Translate>> = {
  logLevel: to('log.level', (value) => (value === 'warning' ? 'warn' : value)),
  rulesFile: to('rules.forward_file'),
  'health.port': without(NO_SERVER),
  'metrics.enabled': without(NO_SERVER),
  'metrics.port': without(NO_SERVER),
  'grpc.endpoint': to('sinks.grpc.endpoint'),
  'grpc.tlsEnabled': to('sinks.grpc.tls'),
  'grpc.caSecret': without('has no effect: upstream never used it, see sinks.grpc.tls_ca'),
  'stream.endpoint': to('sinks.grpc.endpoint'),
  'stream.mode': streamMode,
  'stream.batchSize': without('has no effect: upstream never used it'),
  'stream.queueLength': without('has no effect: events wait in the ring buffer, see probe.ring_bytes'),
  'stream.ringBufferPages': without('has no effect: upstream sizes lose events, see probe.ring_bytes'),
  'stream.file.path': to('sinks.file.path'),
  'stream.file.rotateMaxBytes': rotateMaxBytes,
  'stream.file.rotateMaxFiles': rotateMaxFiles,
  'stream.file.compress': to('sinks.file.compress'),
  'probes.fileWrites.enabled': without('has no effect: choose events with probe.events'),
  'probes.fileWrites.pathPrefixes': without('has no effect: upstream never used it'),
};

/** Dotted names of every upstream setting that is understood. */
export function upstreamSettingNames(): string[] {
  return Object.keys(TRANSLATIONS);
}

/** True when a file with these top-level keys is the upstream probe's. */
export function isUpstreamFile(keys: ReadonlyArray<string | undefined>): boolean {
  const theirs = new Set(upstreamSettingNames().map((name) => name.split('.')[0]));
  return keys.length > 0 && keys.every((key) => key !== undefined && theirs.has(key));
}

/**
 * Translates one upstream setting.
 *
 * @param name A dotted name out of {@link upstreamSettingNames}.
 * @throws {RangeError} If `name` is none of them.
 */
export function upstreamSetting(name: string, value: unknown): UpstreamMeaning {
  const translate = TRANSLATIONS[name];
  if (translate === undefined) {
    throw new RangeError(`No upstream setting ${name}`);
  }
  return translate(value);
}

function to(path: string, convert: (value: unknown) => unknown = (value) => value): Translate {
  return (value) => ({ settings: [[path, convert(value)]] });
}

function without(warning: string): Translate {
  return () => ({ settings: [], warning });
}

function streamMode(value: unknown): UpstreamMeaning {
  return { settings: [['sinks.enabled', [value]]] };
}

// Upstream never rotates when rotateMaxBytes is 0 or rotateMaxFiles is at most 1.
function rotateMaxBytes(value: unknown): UpstreamMeaning {
  return { settings: [value === 0 ? ['sinks.file.rotate', false] : ['sinks.file.rotate_max_bytes', value]] };
}

function rotateMaxFiles(value: unknown): UpstreamMeaning {
  return {
    settings: [
      typeof value === 'number' && value <= 1
        ? ['sinks.file.rotate', false]
        : ['sinks.file.rotate_max_files', value],
    ],
  };
}
