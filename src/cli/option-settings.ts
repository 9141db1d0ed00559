/** Options as settings of the configuration. Apart from the table because it loads the schema, which decode can do without. */
import { textValue } from '../core/config/env-layer.ts';
import type { Leaf } from '../core/config/leaf.ts';
import type { LayerValue } from '../core/config/origin.ts';
import { CONFIG_LEAVES } from '../core/config/schema.ts';
import type { CommandName } from './command-table.ts';
import { longFlag, type OptionSpec, optionsOf, type ParsedOptions } from './options.ts';

const LEAF_BY_PATH: ReadonlyMap<string, Leaf> = new Map(CONFIG_LEAVES.map((leaf) => [leaf.path, leaf]));

/** What help and README say of an option. */
export function optionDescription(option: OptionSpec): string {
  const leaf = option.setting === undefined ? undefined : leafOf(option.setting);
  const description = option.description ?? leaf?.description;
  if (description === undefined) {
    throw new TypeError(`Option ${option.flags} has no description`);
  }
  return description;
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
  implySetting(settings, 'sinks.file.path', 'sinks.enabled', ['file']);
  implySetting(settings, 'detect.file', 'detect.source', 'file');
  implySetting(settings, 'sinks.grpc.endpoint', 'sinks.enabled', ['grpc']);
  return settings;
}

/** Who names a file or a peer wants it used. */
function implySetting(
  settings: Map<string, LayerValue>,
  given: string,
  implied: string,
  value: unknown,
): void {
  const cause = settings.get(given);
  if (cause !== undefined && !settings.has(implied)) {
    settings.set(implied, { value, origin: cause.origin });
  }
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
