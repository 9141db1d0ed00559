/** Every setting there is: the one list that help, environment names and the README come from. */
import { z } from 'zod';
import { EVENT_FAMILIES, EVENT_TYPES, isEventType } from '../event-types.ts';
import { syscallNumber } from '../linux/syscalls.ts';
import { detectSchema, grpcSinkSchema, modelsSchema, sourcesSchema, stateSchema } from './detect-schema.ts';
import { nearestName } from './fault.ts';
import { type Leaf, leaf, leavesOf } from './leaf.ts';

const MIN_RING_BYTES = 64 * 1024;
const MAX_RING_BYTES = 2 ** 30;

/** The most items in any list of the configuration file. */
const MAX_ITEMS = 4096;
const MAX_TEXT = 4096;

const text = z
  .string()
  .max(MAX_TEXT)
  .regex(/^[^\0]*$/, 'must not contain a NUL byte');

const eventSelector = z.string().refine(isEventSelector, {
  error: (issue) => {
    const name = String(issue.input).replace(/^-/, '');
    const near = nearestName(name, [...EVENT_FAMILIES, ...EVENT_TYPES]);
    const hint = near === undefined ? `families are ${EVENT_FAMILIES.join(', ')}` : `did you mean ${near}`;
    return `names no event type or family: ${JSON.stringify(issue.input).slice(0, 80)}; ${hint}`;
  },
});

const syscallSelector = z
  .string()
  .refine((name) => syscallNumber(name, 'x64') !== undefined || syscallNumber(name, 'ia32') !== undefined, {
    error: (issue) => `names no system call: ${JSON.stringify(issue.input).slice(0, 80)}`,
  });

const probe = z.strictObject({
  events: leaf(
    'list',
    'event types and families to watch, a leading - takes one out; empty is all that are on by default',
    z.array(eventSelector).max(MAX_ITEMS).default([]),
  ),
  attach: leaf(
    'text',
    'how to attach: auto or tracepoint',
    z
      .enum(['auto', 'tracepoint'], {
        error: (issue) =>
          issue.input === 'kprobe'
            ? 'kprobe is not in this version: it attaches through tracepoints only; use auto or tracepoint'
            : 'expected auto or tracepoint',
      })
      .default('auto'),
  ),
  ring_bytes: leaf(
    'bytes',
    'size of the ring buffer, a power of two; by default max(32 MiB, CPUs x 4 MiB) rounded up to one',
    z
      .int()
      .min(MIN_RING_BYTES, 'must be at least 64 KiB')
      .max(MAX_RING_BYTES, 'must be at most 1 GiB')
      .refine((bytes) => Number.isInteger(Math.log2(bytes)), 'must be a power of two')
      .optional(),
  ),
  drain_interval_ms: leaf(
    'duration_ms',
    'longest wait between two reads of the ring buffer while events come',
    z.int().min(1).max(1000).default(5),
  ),
  process_table_entries: leaf(
    'count',
    'most processes that the process tree remembers, ended ones included',
    z.int().min(256).max(4_194_304).default(65_536),
  ),
  duration_ms: leaf(
    'duration_ms',
    'stop after this long; until a signal unless given',
    z.int().min(1).max(31_536_000_000).optional(),
  ),
  count_events: leaf('count', 'stop after this many forwarded events', z.int().min(1).optional()),
  all: leaf('boolean', 'forward every event and ignore the forwarding rules', z.boolean().default(false)),
  pids: leaf(
    'integer_list',
    'only events of these process ids; empty is any',
    z.array(z.int().min(0).max(4_194_304)).max(MAX_ITEMS).default([]),
  ),
  comms: leaf(
    'list',
    'only events of these command names, exact, at most 15 bytes; empty is any',
    z
      .array(
        z
          .string()
          .min(1)
          .refine(
            (comm) => Buffer.byteLength(comm) <= 15,
            'is longer than the 15 bytes that the kernel keeps',
          ),
      )
      .max(MAX_ITEMS)
      .default([]),
  ),
  uids: leaf(
    'integer_list',
    'only events of these numeric user ids, 0 is root; empty is any',
    z.array(z.int().min(0).max(4_294_967_295)).max(MAX_ITEMS).default([]),
  ),
  syscalls: leaf(
    'list',
    'system calls to report one by one as sys_call, by name',
    z.array(syscallSelector).max(512).default([]),
  ),
  hostname: leaf(
    'text',
    'name of this host in every event; the kernel is asked unless given',
    text.optional(),
  ),
  cluster_name: leaf('text', 'cluster that this host belongs to; empty is none', text.default('')),
  pod_name: leaf('text', 'Kubernetes pod that the probe runs in; empty is none', text.default('')),
  namespace: leaf('text', 'Kubernetes namespace that the probe runs in; empty is none', text.default('')),
  container_id: leaf('text', 'container id of events that have none of their own', text.default('')),
});

const rules = z.strictObject({
  forward_file: leaf(
    'text',
    'forwarding rules (YAML); the rules that ship unless given',
    text.min(1).optional(),
  ),
});

const sinks = z.strictObject({
  enabled: leaf(
    'list',
    'where events go: stdout, file, grpc, or several of them',
    z
      .array(z.enum(['stdout', 'file', 'grpc'], { error: 'expected stdout, file or grpc' }))
      .min(1, 'expected at least one sink')
      .refine((names) => new Set(names).size === names.length, 'names a sink twice')
      .default(['stdout']),
  ),
  stdout: z.strictObject({
    output: leaf(
      'text',
      'json, compact, or auto: compact on a terminal and json elsewhere',
      z.enum(['auto', 'json', 'compact'], { error: 'expected auto, json or compact' }).default('auto'),
    ),
  }),
  file: z.strictObject({
    path: leaf(
      'text',
      'EVT1 file that events are appended to',
      text.min(1).default('/var/log/sentinel/events.bin'),
    ),
    rotate: leaf('boolean', 'start a new file when the current one is full', z.boolean().default(true)),
    rotate_max_bytes: leaf(
      'bytes',
      'size on disk at which the file is rotated',
      z.int().min(4096, 'must be at least 4 KiB').default(52_428_800),
    ),
    rotate_max_files: leaf(
      'integer',
      'files to keep, the current one included, at least 2',
      z.int().min(2).max(1000).default(3),
    ),
    compress: leaf('boolean', 'compress the file with gzip', z.boolean().default(false)),
  }),
  grpc: grpcSinkSchema,
});

const log = z.strictObject({
  level: leaf(
    'text',
    'least serious message to log: trace, debug, info, warn, error, fatal or silent',
    z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
        error: 'expected trace, debug, info, warn, error, fatal or silent',
      })
      .default('info'),
  ),
  format: leaf(
    'text',
    'json, text, or auto: text on a terminal and json elsewhere',
    z.enum(['auto', 'json', 'text'], { error: 'expected auto, json or text' }).default('auto'),
  ),
});

/** The configuration of this version. Unknown keys are errors. */
export const configSchema = z.strictObject({
  probe,
  detect: detectSchema,
  rules,
  models: modelsSchema,
  sources: sourcesSchema,
  sinks,
  state: stateSchema,
  log,
});

/** Top-level keys that are reserved and have no content in this version. */
export const RESERVED_SECTIONS: readonly string[] = ['risk', 'alerts', 'http'];

/** The whole configuration, every default filled in. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;

/** The settings of `sentinel probe`. */
export type ProbeConfig = Config['probe'];

/** All settings, in the order of the schema. */
export const CONFIG_LEAVES: readonly Leaf[] = leavesOf(configSchema);

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

function isEventSelector(selector: string): boolean {
  const name = selector.startsWith('-') ? selector.slice(1) : selector;
  return isEventType(name) || EVENT_FAMILIES.some((family) => family === name);
}
