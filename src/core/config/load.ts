/** The configuration: `defaults < file < environment < flags`, merged and checked once. */
import { statSync } from 'node:fs';
import type { z } from 'zod';
import { SentinelError } from '../errors.ts';
import { configFileFromEnvironment, type Environment, readEnvironment } from './env-layer.ts';
import { settingFault } from './fault.ts';
import { type FileLayer, readConfigFile } from './file-layer.ts';
import type { Leaf } from './leaf.ts';
import type { Layer, LayerValue, Origin } from './origin.ts';
import { CONFIG_LEAVES, type Config } from './schema.ts';
import { UNUSED_UPSTREAM_ENVIRONMENT } from './upstream.ts';

/** The file that is read when nobody names one; it need not exist. */
export const DEFAULT_CONFIG_FILE = '/etc/sentinel/sentinel.yaml';

/** Where the layers come from. */
export interface ConfigSources {
  /** The file that a flag names; it must exist. */
  readonly file?: string | undefined;
  readonly env: Environment;
  readonly flags?: Layer;
  /** Stands in for {@link DEFAULT_CONFIG_FILE}. */
  readonly defaultFile?: string;
}

/** A checked configuration and how it came about. */
export interface LoadedConfig {
  /** Deeply frozen. */
  readonly config: Config;
  /** The origin of every setting by dotted path. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** The file that was read, undefined when there was none. */
  readonly file: string | undefined;
  /** Sentences about settings that were understood and have no effect. */
  readonly warnings: readonly string[];
}

/**
 * Merges the layers and checks every value against the schema.
 *
 * @throws {SentinelError} SNT_CONFIG_INVALID, or SNT_USAGE for a value that a flag gave; names the setting, its
 *   origin and, for a file, the place.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const file = chooseFile(sources);
  const fileLayer: FileLayer =
    file === undefined ? { values: new Map(), warnings: [] } : readConfigFile(file);
  const layers: Layer[] = [fileLayer.values, readEnvironment(sources.env), sources.flags ?? new Map()];
  const config: Record<string, unknown> = {};
  const origins = new Map<string, Origin>();
  const faults: SentinelError[] = [];
  for (const leaf of CONFIG_LEAVES) {
    const given = layers.findLast((layer) => layer.has(leaf.path))?.get(leaf.path);
    origins.set(leaf.path, given?.origin ?? { kind: 'default' });
    const checked = leaf.schema.safeParse(given === undefined ? undefined : given.value);
    if (checked.success) {
      assign(config, leaf.path, checked.data);
    } else {
      faults.push(valueFault(leaf, given, checked.error));
    }
  }
  const [first] = faults;
  if (first !== undefined) {
    throw faults.length === 1 ? first : withRemainder(first, faults.length - 1);
  }
  // Every leaf of the schema was parsed by its own schema and put at its own path: that is the schema's output.
  const warnings = [...fileLayer.warnings, ...unusedVariables(sources.env)];
  return { config: deepFreeze(config) as unknown as Config, origins, file, warnings };
}

function unusedVariables(env: Environment): string[] {
  return UNUSED_UPSTREAM_ENVIRONMENT.filter((name) => (env[name] ?? '') !== '').map(
    (name) => `${name} has no effect: upstream never used it`,
  );
}

function chooseFile({ file, env, defaultFile = DEFAULT_CONFIG_FILE }: ConfigSources): string | undefined {
  if (file !== undefined) {
    return file;
  }
  const named = configFileFromEnvironment(env);
  if (named !== undefined) {
    return named.path;
  }
  return statSync(defaultFile, { throwIfNoEntry: false }) === undefined ? undefined : defaultFile;
}

function valueFault(leaf: Leaf, given: LayerValue | undefined, error: z.ZodError): SentinelError {
  const issue = error.issues[0];
  const index = issue?.path[0];
  const origin = (typeof index === 'number' ? given?.items?.[index] : undefined) ??
    given?.origin ?? { kind: 'default' };
  const message = issue?.message ?? 'is invalid';
  const isClause = /^(is|must|has|names) /.test(message);
  const value = typeof index === 'number' && Array.isArray(given?.value) ? given.value[index] : given?.value;
  const shown = JSON.stringify(value)?.slice(0, 80) ?? 'nothing';
  return settingFault(
    origin,
    leaf.path,
    isClause ? message : `cannot be ${shown}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
  );
}

function withRemainder(first: SentinelError, more: number): SentinelError {
  const note = `${more} more ${more === 1 ? 'setting is' : 'settings are'} wrong`;
  return new SentinelError(first.code, first.message, {
    ...(first.place === undefined ? {} : { place: first.place }),
    hint: first.hint === undefined ? note : `${first.hint}; ${note}`,
  });
}

function assign(target: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop();
  let section = target;
  for (const key of keys) {
    section[key] ??= {};
    section = section[key] as Record<string, unknown>; // only this function writes sections
  }
  if (last !== undefined && value !== undefined) {
    section[last] = value;
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
