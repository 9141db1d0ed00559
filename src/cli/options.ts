/** Every option of every command: the one table that the parser, the configuration and the README come from. */
import type { CommandName } from './command-table.ts';

/** What an option is about; help shows the groups in this order. */
export const OPTION_GROUPS = [
  'What to watch',
  'Where events come from',
  'Models',
  'Where events go',
  'When to stop',
  'How it works',
  'Reading',
  'General',
] as const;

/** One option. */
export interface OptionSpec {
  /** As commander reads it: `-e, --events <list>`. */
  readonly flags: string;
  readonly group: (typeof OPTION_GROUPS)[number];
  readonly commands: readonly CommandName[];
  /** Dotted path of the setting that it sets; its description is the setting's. */
  readonly setting?: string;
  /** One clause, no full stop; required without a setting. */
  readonly description?: string;
  /** The only values there are, for an option without a setting. */
  readonly choices?: readonly string[];
}

const PROBE: readonly CommandName[] = ['probe'];
const HOST: readonly CommandName[] = ['probe', 'preflight'];
const DETECT: readonly CommandName[] = ['detect'];
const REPLAY: readonly CommandName[] = ['replay'];
const RECORDED: readonly CommandName[] = ['detect', 'replay'];
const DETECTING: readonly CommandName[] = ['probe', 'detect', 'replay'];
const CONFIGURED: readonly CommandName[] = ['probe', 'detect', 'replay', 'preflight'];

/** The table. */
export const OPTIONS: readonly OptionSpec[] = [
  { flags: '-e, --events <list>', group: 'What to watch', commands: PROBE, setting: 'probe.events' },
  { flags: '-r, --rules <file>', group: 'What to watch', commands: HOST, setting: 'rules.forward_file' },
  { flags: '-a, --all', group: 'What to watch', commands: PROBE, setting: 'probe.all' },
  { flags: '--pid <list>', group: 'What to watch', commands: PROBE, setting: 'probe.pids' },
  { flags: '--comm <list>', group: 'What to watch', commands: PROBE, setting: 'probe.comms' },
  { flags: '--uid <list>', group: 'What to watch', commands: PROBE, setting: 'probe.uids' },
  { flags: '--syscalls <list>', group: 'What to watch', commands: PROBE, setting: 'probe.syscalls' },
  {
    flags: '-o, --output <format>',
    group: 'Where events go',
    commands: DETECTING,
    setting: 'sinks.stdout.output',
  },
  { flags: '--sink <list>', group: 'Where events go', commands: HOST, setting: 'sinks.enabled' },
  {
    flags: '-f, --file <path>',
    group: 'Where events go',
    commands: HOST,
    setting: 'sinks.file.path',
    description: 'EVT1 file that events are appended to; selects the file sink unless --sink is given',
  },
  { flags: '--compress', group: 'Where events go', commands: PROBE, setting: 'sinks.file.compress' },
  {
    flags: '--rotate-max-bytes <size>',
    group: 'Where events go',
    commands: PROBE,
    setting: 'sinks.file.rotate_max_bytes',
  },
  {
    flags: '--rotate-max-files <count>',
    group: 'Where events go',
    commands: PROBE,
    setting: 'sinks.file.rotate_max_files',
  },
  {
    flags: '--no-rotate',
    group: 'Where events go',
    commands: PROBE,
    setting: 'sinks.file.rotate',
    description: 'let the file grow without bound',
  },
  {
    flags: '--endpoint <address>',
    group: 'Where events go',
    commands: PROBE,
    setting: 'sinks.grpc.endpoint',
  },
  { flags: '--tls', group: 'Where events go', commands: PROBE, setting: 'sinks.grpc.tls' },
  { flags: '--tls-ca <file>', group: 'Where events go', commands: PROBE, setting: 'sinks.grpc.tls_ca' },
  { flags: '--tls-cert <file>', group: 'Where events go', commands: PROBE, setting: 'sinks.grpc.tls_cert' },
  { flags: '--tls-key <file>', group: 'Where events go', commands: PROBE, setting: 'sinks.grpc.tls_key' },
  {
    flags: '-s, --source <kind>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'detect.source',
  },
  {
    flags: '-f, --file <path>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'detect.file',
    description: 'EVT1 or NDJSON file to read events from; selects the file source unless --source is given',
  },
  {
    flags: '--host <address>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'sources.grpc.host',
  },
  {
    flags: '-p, --port <port>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'sources.grpc.port',
  },
  {
    flags: '--tls-cert <file>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'sources.grpc.tls_cert',
  },
  {
    flags: '--tls-key <file>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'sources.grpc.tls_key',
  },
  {
    flags: '--tls-ca <file>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'sources.grpc.tls_ca',
  },
  {
    flags: '--allow-plaintext',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'sources.grpc.allow_plaintext',
  },
  {
    flags: '--replay-log <file>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'detect.replay_log',
  },
  {
    flags: '--replay-pace <pace>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'detect.replay_pace',
  },
  {
    flags: '--replay-start-ms <time>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'detect.replay_start_ms',
  },
  {
    flags: '--replay-end-ms <time>',
    group: 'Where events come from',
    commands: DETECT,
    setting: 'detect.replay_end_ms',
  },
  {
    flags: '--pace <pace>',
    group: 'Where events come from',
    commands: REPLAY,
    setting: 'detect.replay_pace',
  },
  {
    flags: '--start-ms <time>',
    group: 'Where events come from',
    commands: REPLAY,
    setting: 'detect.replay_start_ms',
  },
  {
    flags: '--end-ms <time>',
    group: 'Where events come from',
    commands: REPLAY,
    setting: 'detect.replay_end_ms',
  },
  {
    flags: '--skip <count>',
    group: 'Where events come from',
    commands: REPLAY,
    description: 'leave out this many events at the beginning',
  },
  {
    flags: '--max-events <count>',
    group: 'Where events come from',
    commands: REPLAY,
    description: 'stop after this many events',
  },
  { flags: '--detect', group: 'Models', commands: PROBE, setting: 'detect.enabled' },
  { flags: '-m, --model <list>', group: 'Models', commands: DETECTING, setting: 'detect.models' },
  { flags: '--features <set>', group: 'Models', commands: DETECTING, setting: 'detect.features' },
  {
    flags: '--alert-budget <rate>',
    group: 'Models',
    commands: DETECTING,
    setting: 'detect.alert_budget_per_day',
  },
  { flags: '--threshold <score>', group: 'Models', commands: DETECTING, setting: 'detect.threshold' },
  { flags: '--warmup <events>', group: 'Models', commands: DETECTING, setting: 'detect.warmup_events' },
  {
    flags: '--alert-during-warmup',
    group: 'Models',
    commands: DETECTING,
    setting: 'detect.alert_during_warmup',
  },
  { flags: '--seed <number>', group: 'Models', commands: DETECTING, setting: 'models.seed' },
  {
    flags: '--hst-n-trees <count>',
    group: 'Models',
    commands: DETECTING,
    setting: 'models.halfspacetrees.trees',
  },
  {
    flags: '--hst-height <levels>',
    group: 'Models',
    commands: DETECTING,
    setting: 'models.halfspacetrees.height',
  },
  {
    flags: '--hst-window-size <events>',
    group: 'Models',
    commands: DETECTING,
    setting: 'models.halfspacetrees.window_events',
  },
  { flags: '--state-dir <folder>', group: 'Models', commands: DETECTING, setting: 'state.dir' },
  {
    flags: '--target <address>',
    group: 'Where events go',
    commands: REPLAY,
    description: 'send the events to the detector at host:port instead of running the models here',
  },
  {
    flags: '--expect <file>',
    group: 'Where events go',
    commands: REPLAY,
    description: 'compare the detections with this NDJSON file; exit 1 with the difference',
  },
  {
    flags: '--fail-on-detection',
    group: 'Where events go',
    commands: RECORDED,
    description: 'exit 1 if anything was detected',
  },
  { flags: '-d, --duration <time>', group: 'When to stop', commands: PROBE, setting: 'probe.duration_ms' },
  { flags: '-n, --count <count>', group: 'When to stop', commands: PROBE, setting: 'probe.count_events' },
  { flags: '--attach <way>', group: 'How it works', commands: HOST, setting: 'probe.attach' },
  { flags: '--ring-bytes <size>', group: 'How it works', commands: HOST, setting: 'probe.ring_bytes' },
  {
    flags: '--strict',
    group: 'Reading',
    commands: ['decode'],
    description: 'exit 7 when the input ends in the middle of a record, or a record holds no event',
  },
  {
    flags: '-o, --output <format>',
    group: 'General',
    commands: ['preflight'],
    description: 'table, json, or auto: table on a terminal and json elsewhere',
    choices: ['auto', 'table', 'json'],
  },
  {
    flags: '-c, --config <file>',
    group: 'General',
    commands: CONFIGURED,
    description: 'configuration (YAML); /etc/sentinel/sentinel.yaml when it exists',
  },
  { flags: '--log-level <level>', group: 'General', commands: CONFIGURED, setting: 'log.level' },
];

/** The values that commander parsed, by its camel-case names. */
export type ParsedOptions = Readonly<Record<string, unknown>>;

/** The options of a command, in the order of the table. */
export function optionsOf(command: CommandName): OptionSpec[] {
  return OPTIONS.filter(({ commands }) => commands.includes(command));
}

/** The long name of an option: `--events`. */
export function longFlag(option: OptionSpec): string {
  const match = /--[a-z0-9-]+/.exec(option.flags);
  if (match === null) {
    throw new TypeError(`Option ${option.flags} has no long name`);
  }
  return match[0];
}
