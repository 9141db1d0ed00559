/** Every option of every command: the one table that the parser, the configuration and the README come from. */
import { textValue } from '../core/config/env-layer.ts';
import type { Leaf } from '../core/config/leaf.ts';
import type { LayerValue } from '../core/config/origin.ts';
import { CONFIG_LEAVES } from '../core/config/schema.ts';
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
    description: 'exit 7 when the input ends in the middle of a record',
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

const LEAF_BY_PATH: ReadonlyMap<string, Leaf> = new Map(CONFIG_LEAVES.map((leaf) => [leaf.path, leaf]));

/** The options of a command, in the order of the table. */
export function optionsOf(command: CommandName): OptionSpec[] {
  return OPTIONS.filter(({ commands }) => commands.includes(command));
}

/** What help and README say of an option. */
export function optionDescription(option: OptionSpec): string {
  const leaf = option.setting === undefined ? undefined : leafOf(option.setting);
  const description = option.description ?? leaf?.description;
  if (description === undefined) {
    throw new TypeError(`Option ${option.flags} has no description`);
  }
  return description;
}

/** The long name of an option: `--events`. */
export function longFlag(option: OptionSpec): string {
  const match = /--[a-z0-9-]+/.exec(option.flags);
  if (match === null) {
    throw new TypeError(`Option ${option.flags} has no long name`);
  }
  return match[0];
}

/** True when giving the option twice adds to a list. */
export function isListOption(option: OptionSpec): boolean {
  const kind = option.setting === undefined ? undefined : leafOf(option.setting).kind;
  return kind === 'list' || kind === 'integer_list';
}

/**
 * The settings that the command line gives.
 *
 * @param parsed Texts, true for a flag without value, false for one that begins with `--no-`.
 * @throws {SentinelError} SNT_USAGE for a text that is no value.
 */
export function flagSettings(command: CommandName, parsed: ParsedOptions): ReadonlyMap<string, LayerValue> {
  const settings = new Map<string, LayerValue>();
  for (const option of optionsOf(command)) {
    const flag = longFlag(option);
    const given = parsed[propertyOf(flag)];
    // Commander sets what --no-x negates to true when nobody wrote it.
    if (option.setting === undefined || given === undefined || (flag.startsWith('--no-') && given === true)) {
      continue;
    }
    const origin = { kind: 'flag', flag } as const;
    const leaf = leafOf(option.setting);
    settings.set(
      leaf.path,
      typeof given === 'string' ? textValue(leaf, given, origin) : { value: given, origin },
    );
  }
  const file = settings.get('sinks.file.path');
  if (file !== undefined && !settings.has('sinks.enabled')) {
    settings.set('sinks.enabled', { value: ['file'], origin: file.origin });
  }
  return settings;
}

function propertyOf(flag: string): string {
  return flag.replace(/^--(no-)?/, '').replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function leafOf(path: string): Leaf {
  const leaf = LEAF_BY_PATH.get(path);
  if (leaf === undefined) {
    throw new TypeError(`No setting ${path}`);
  }
  return leaf;
}
