/** `sentinel probe`. */
import type { CliIo } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { openSettings } from '../settings.ts';

/** Watches the host until told to stop. Ends normally on a signal, a closed pipe, `--duration` and `--count`. */
export async function runProbeCommand(
  options: ParsedOptions,
  _args: readonly string[],
  io: CliIo,
): Promise<void> {
  const { loaded, log } = openSettings('probe', options, io);
  const { runProbe } = await import('../../app/probe.ts');
  await runProbe(loaded.config, { signal: io.signal, log, io });
}
