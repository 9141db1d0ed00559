/** From a command's options to its checked configuration and its log. */

import { type LoadedConfig, loadConfig } from '../core/config/load.ts';
import { describeOrigin } from '../core/config/origin.ts';
import { createLog, type Log } from '../core/log.ts';
import type { CommandName } from './command-table.ts';
import { type CliIo, mayColor } from './io.ts';
import { flagSettings } from './option-settings.ts';
import type { ParsedOptions } from './options.ts';

/** What a command that has a configuration starts with. */
export interface Settings {
  readonly loaded: LoadedConfig;
  readonly log: Log;
}

/**
 * Merges the configuration of a command and opens its log, which gets a warning for each setting without effect.
 *
 * @throws {SentinelError} SNT_CONFIG_INVALID or SNT_USAGE.
 */
export function openSettings(command: CommandName, options: ParsedOptions, io: CliIo): Settings {
  const file = options['config'];
  const loaded = loadConfig({
    file: typeof file === 'string' ? file : undefined,
    env: io.env,
    flags: flagSettings(command, options),
  });
  const { level, format } = loaded.config.log;
  const log = createLog({
    level,
    format,
    fd: io.stderr.fd ?? 2,
    isTerminal: io.stderr.isTTY === true,
    useColor: mayColor(io.stderr, io.env),
  });
  for (const warning of loaded.warnings) {
    log.warn({ file: loaded.file }, warning);
  }
  for (const [path, origin] of loaded.origins) {
    if (origin.kind !== 'default') {
      log.debug({ setting: path, origin: describeOrigin(origin) }, 'setting');
    }
  }
  return { loaded, log };
}
