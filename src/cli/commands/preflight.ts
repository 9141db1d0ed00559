/** `sentinel preflight`. */
import { runPreflight } from '../../app/preflight/preflight.ts';
import type { LoadedConfig } from '../../core/config/load.ts';
import { SentinelError } from '../../core/errors.ts';
import { type CliIo, mayColor } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { renderPreflight } from '../preflight-table.ts';
import { openSettings } from '../settings.ts';

/**
 * Writes the report to standard output.
 *
 * @throws {SentinelError} When `probe` could not do its job, with the code of the gravest failure.
 */
export async function runPreflightCommand(
  options: ParsedOptions,
  _args: readonly string[],
  io: CliIo,
): Promise<void> {
  const report = await runPreflight(settingsOrFault(options, io));
  const output = options['output'] ?? 'auto';
  const isTable = output === 'table' || (output === 'auto' && io.stdout.isTTY === true);
  io.stdout.write(
    isTable ? renderPreflight(report, mayColor(io.stdout, io.env)) : `${JSON.stringify(report, null, 2)}\n`,
  );
  if (report.error_code !== undefined) {
    const failed = report.checks.filter(({ status }) => status === 'fail');
    const [first] = failed;
    throw new SentinelError(
      report.error_code,
      `probe could not do its job: ${failed.map(({ title }) => title).join(', ')}`,
      first?.fix === undefined ? {} : { hint: first.fix },
    );
  }
}

function settingsOrFault(options: ParsedOptions, io: CliIo): LoadedConfig | SentinelError {
  try {
    return openSettings('preflight', options, io).loaded;
  } catch (error) {
    if (error instanceof SentinelError && error.code === 'SNT_CONFIG_INVALID') {
      return error;
    }
    throw error;
  }
}
