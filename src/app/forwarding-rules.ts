/** The forwarding rules that the configuration asks for. */
import { closeSync, openSync, readSync } from 'node:fs';
import { readAsset } from '../core/assets.ts';
import type { Config } from '../core/config/schema.ts';
import { messageOf, SentinelError } from '../core/errors.ts';
import { compileForwardingRules, type ForwardingRules } from '../pipeline/rules/forwarding.ts';

/** The rules that ship with the program. */
const SHIPPED_RULES = 'rules/forward.yaml';

const MAX_RULE_FILE_BYTES = 4 * 1024 * 1024;

/** The name under which {@link loadForwardingRules} reports its rules: a path, or `the rules that ship`. */
export function forwardingRulesName(config: Config): string {
  return config.rules.forward_file ?? 'the rules that ship';
}

/**
 * Reads and compiles the configured forwarding rules, or those that ship.
 *
 * @throws {SentinelError} SNT_RULE_INVALID when the file cannot be read or has a fault.
 */
export function loadForwardingRules(config: Config): ForwardingRules {
  const path = config.rules.forward_file;
  const text =
    path === undefined ? Buffer.from(readAsset(SHIPPED_RULES)).toString('utf8') : readBounded(path);
  return compileForwardingRules([{ file: path ?? SHIPPED_RULES, text }]);
}

function readBounded(path: string): string {
  const buffer = Buffer.allocUnsafe(MAX_RULE_FILE_BYTES + 1);
  let length = 0;
  try {
    const fd = openSync(path, 'r');
    try {
      for (let got = -1; got !== 0 && length < buffer.length; length += got) {
        got = readSync(fd, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const reason = messageOf(error);
    throw new SentinelError('SNT_RULE_INVALID', `Cannot read the rules ${path}: ${reason}`, { cause: error });
  }
  if (length > MAX_RULE_FILE_BYTES) {
    throw new SentinelError('SNT_RULE_INVALID', `${path} is larger than ${MAX_RULE_FILE_BYTES} bytes`);
  }
  return buffer.toString('utf8', 0, length);
}
