/** The environment as a layer. */
import { SentinelError } from '../errors.ts';
import { nearestName, settingFault } from './fault.ts';
import { type Leaf, readText } from './leaf.ts';
import type { LayerValue, Origin } from './origin.ts';
import { CONFIG_LEAVES } from './schema.ts';
import { UPSTREAM_CONFIG_VARIABLE, UPSTREAM_ENVIRONMENT } from './upstream.ts';

/** Environment variables as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'SENTINEL_';

/** The mechanical name of a setting: `probe.ring_bytes` is `SENTINEL_PROBE__RING_BYTES`. */
export function environmentName(path: string): string {
  return PREFIX + path.replaceAll('.', '__').toUpperCase();
}

/** The configuration file that the environment names, ours before upstream's. */
export function configFileFromEnvironment(env: Environment): { path: string; name: string } | undefined {
  for (const name of [`${PREFIX}CONFIG`, UPSTREAM_CONFIG_VARIABLE]) {
    const path = env[name];
    if (path !== undefined && path !== '') {
      return { path, name };
    }
  }
  return undefined;
}

/**
 * The settings that the environment gives. Our own names win over upstream's.
 *
 * Upstream's aliases are ignored when empty, as a pod without that field has them. `SENTINEL_` names without a
 * double underscore are left alone: Kubernetes makes such variables for a service called sentinel.
 *
 * @throws {SentinelError} SNT_CONFIG_INVALID for a name of ours that is no setting, or a text that is no value.
 */
export function readEnvironment(env: Environment): ReadonlyMap<string, LayerValue> {
  const values = new Map<string, LayerValue>();
  const leafByPath = new Map(CONFIG_LEAVES.map((leaf) => [leaf.path, leaf]));
  for (const [name, path] of Object.entries(UPSTREAM_ENVIRONMENT)) {
    const text = env[name];
    const leaf = leafByPath.get(path);
    if (text !== undefined && text !== '' && leaf !== undefined) {
      values.set(path, textValue(leaf, text, { kind: 'env', name }));
    }
  }
  const leafByName = new Map(CONFIG_LEAVES.map((leaf) => [environmentName(leaf.path), leaf]));
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(PREFIX) || !name.includes('__')) {
      continue;
    }
    const leaf = leafByName.get(name);
    if (leaf === undefined) {
      throw unknownName(name, [...leafByName.keys()]);
    }
    values.set(leaf.path, textValue(leaf, text, { kind: 'env', name }));
  }
  return values;
}

/**
 * Reads a text as a setting's value.
 *
 * @throws {SentinelError} When it cannot be one; the code depends on the origin.
 */
export function textValue(leaf: Leaf, text: string, origin: Origin): LayerValue {
  const read = readText(leaf.kind, text);
  if ('expected' in read) {
    throw settingFault(origin, leaf.path, `must be ${read.expected}: ${JSON.stringify(text.slice(0, 80))}`);
  }
  return { value: read.value, origin };
}

function unknownName(name: string, known: readonly string[]): SentinelError {
  const near = nearestName(name, known);
  return new SentinelError(
    'SNT_CONFIG_INVALID',
    `Environment variable ${name.slice(0, 200)} sets nothing`,
    near === undefined
      ? { hint: 'unset it, or see the settings table in the README' }
      : { hint: `did you mean ${near}` },
  );
}
