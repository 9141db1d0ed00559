/** The settings of detection: where its events come from, its models, and when it fires. */
import { z } from 'zod';
import { ENSEMBLE, MODEL_NAMES } from '../model-names.ts';
import { leaf } from './leaf.ts';

const MAX_PATH = 4096;
const path = z
  .string()
  .min(1)
  .max(MAX_PATH)
  .regex(/^[^\0]*$/, 'must not contain a NUL byte');
const modelName = z.enum([...MODEL_NAMES, 'ensemble'], {
  error: `expected one of ${[...MODEL_NAMES, 'ensemble'].join(', ')}`,
});
const unixMs = z.int().min(0).optional();

/** `detect`. */
export const detectSchema = z.strictObject({
  enabled: leaf(
    'boolean',
    'let probe run the models on what it sees, and write detections instead of events',
    z.boolean().default(false),
  ),
  source: leaf(
    'text',
    'where events come from: grpc, stdin or file',
    z.enum(['grpc', 'stdin', 'file'], { error: 'expected grpc, stdin or file' }).default('grpc'),
  ),
  file: leaf('text', 'EVT1 or NDJSON file to read events from', path.optional()),
  models: leaf(
    'list',
    `models: ${MODEL_NAMES.join(', ')}, or ensemble for ${ENSEMBLE.join('+')}`,
    z
      .array(modelName)
      .min(1, 'expected at least one model')
      .refine((names) => new Set(names).size === names.length, 'names a model twice')
      .default(['ecod']),
  ),
  features: leaf(
    'text',
    "what models see of an event: host, or compat for upstream's ten features",
    z.enum(['host', 'compat'], { error: 'expected host or compat' }).default('host'),
  ),
  alert_budget_per_day: leaf(
    'rate_per_day',
    'about how many detections a day you want to look at, such as 5/day',
    z.number().positive().max(1e6).default(5),
  ),
  threshold: leaf(
    'number',
    "fire from this score on instead, on the model's own scale; needs a single model",
    z.number().optional(),
  ),
  warmup_events: leaf(
    'count',
    'events of each group to see before anything is reported',
    z.int().min(100).max(10_000_000).default(1000),
  ),
  alert_during_warmup: leaf(
    'boolean',
    'with a threshold: report also during warm-up',
    z.boolean().default(false),
  ),
  accept_after: leaf(
    'count',
    'reports of the same thing after which it is taken for normal',
    z.int().min(1).max(1_000_000).default(3),
  ),
  replay_log: leaf('text', 'recorded events to run through the models before the source', path.optional()),
  replay_pace: leaf(
    'text',
    'how fast recorded events come: fast, or realtime for their own pace',
    z.enum(['fast', 'realtime'], { error: 'expected fast or realtime' }).default('fast'),
  ),
  replay_start_ms: leaf(
    'integer',
    'leave out recorded events before this time, milliseconds since 1970',
    unixMs,
  ),
  replay_end_ms: leaf(
    'integer',
    'leave out recorded events after this time, milliseconds since 1970',
    unixMs,
  ),
});

/** `models`. */
export const modelsSchema = z.strictObject({
  seed: leaf('integer', 'seed of whatever the models draw', z.int().min(0).max(0xffff_ffff).default(42)),
  halfspacetrees: z.strictObject({
    trees: leaf('integer', 'trees', z.int().min(1).max(1000).default(25)),
    height: leaf('integer', 'height of a tree', z.int().min(1).max(18).default(15)),
    window_events: leaf('count', 'events in a window', z.int().min(2).max(65_535).default(250)),
  }),
  loda: z.strictObject({
    projections: leaf('integer', 'random projections', z.int().min(2).max(4096).default(32)),
  }),
  loda_compat: z.strictObject({
    projections: leaf('integer', 'random projections', z.int().min(1).max(4096).default(20)),
    bins: leaf('integer', 'bins of a histogram', z.int().min(2).max(65_536).default(64)),
    range: leaf('number', 'standard deviations that a histogram covers', z.number().positive().default(3)),
    ema_alpha: leaf(
      'number',
      'weight of a new value in mean and variance',
      z.number().positive().max(1).default(0.01),
    ),
    hist_decay: leaf('number', 'factor on all counts at each event', z.number().positive().max(1).default(1)),
  }),
  memstream: z.strictObject({
    memory: leaf('integer', 'events kept in memory', z.int().min(16).max(8192).default(256)),
    k: leaf('integer', 'nearest memories that count', z.int().min(1).max(16).default(16)),
  }),
  memstream_compat: z.strictObject({
    hidden: leaf('integer', 'width of the hidden layer', z.int().min(1).max(1024).default(32)),
    latent: leaf('integer', 'width of the code', z.int().min(1).max(256).default(8)),
    memory: leaf('integer', 'codes kept in memory', z.int().min(1).max(8192).default(128)),
    learning_rate: leaf('number', 'learning rate', z.number().positive().max(1).default(0.001)),
  }),
  ngram: z.strictObject({
    order: leaf('integer', 'length of the longest sequence counted', z.int().min(2).max(8).default(5)),
  }),
});

/** `sources`. */
export const sourcesSchema = z.strictObject({
  grpc: z.strictObject({
    host: leaf('text', 'address to listen on', z.string().min(1).max(255).default('127.0.0.1')),
    port: leaf(
      'integer',
      'port to listen on, 0 for any that is free',
      z.int().min(0).max(65_535).default(50_051),
    ),
    tls_cert: leaf('text', 'certificate of this server (PEM)', path.optional()),
    tls_key: leaf('text', 'key of this server (PEM)', path.optional()),
    tls_ca: leaf('text', 'authority whose certificates clients must have (PEM)', path.optional()),
    allow_plaintext: leaf('boolean', 'listen beyond this host without TLS', z.boolean().default(false)),
    max_message_bytes: leaf(
      'bytes',
      'largest message taken',
      z
        .int()
        .min(65_536)
        .max(1 << 28)
        .default(4 * 1024 * 1024),
    ),
  }),
});

/** `state`. */
export const stateSchema = z.strictObject({
  dir: leaf('text', 'folder that what was learnt is kept in; nothing is kept unless given', path.optional()),
  save_interval_ms: leaf(
    'duration_ms',
    'how often it is saved',
    z.int().min(1000).max(86_400_000).default(60_000),
  ),
});

/** `sinks.grpc`. */
export const grpcSinkSchema = z.strictObject({
  endpoint: leaf(
    'text',
    'detector to stream events to, host:port',
    z.string().min(1).max(1024).default('127.0.0.1:50051'),
  ),
  tls: leaf('boolean', 'speak TLS', z.boolean().default(false)),
  tls_ca: leaf(
    'text',
    "authority of the detector's certificate (PEM); the system's unless given",
    path.optional(),
  ),
  tls_cert: leaf('text', 'our certificate (PEM), for a detector that asks for one', path.optional()),
  tls_key: leaf('text', 'its key (PEM)', path.optional()),
});
