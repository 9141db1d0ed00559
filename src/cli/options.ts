/** Every option of every command: the one table that the parser, the configuration and the README come from. */
import type { CommandName } from './command-table.ts';

/** What an option is about; help shows the groups in this order. */
export const OPTION_GROUPS = [
  'What to watch',
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
    commands: PROBE,
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
    commands: HOST,
    description: 'configuration (YAML); /etc/sentinel/sentinel.yaml when it exists',
  },
  { flags: '--log-level <level>', group: 'General', commands: HOST, setting: 'log.level' },
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
