/** `sentinel probe`. */
import { detectionRenderer } from '../detection-context.ts';
import { type CliIo, mayColor } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { openSettings } from '../settings.ts';

/** For a compact line that goes into a file. */
const DEFAULT_COLUMNS = 160;

/** Watches the host until told to stop. Ends normally on a signal, a closed pipe, `--duration` and `--count`. */
export async function runProbeCommand(
  options: ParsedOptions,
  _args: readonly string[],
  io: CliIo,
): Promise<void> {
  const { loaded, log } = openSettings('probe', options, io);
  const { runProbe } = await import('../../app/probe.ts');
  const { makeCompactRenderer } = await import('../render/compact.ts');
  const { notifyServiceManager } = await import('../../app/notify.ts');
  await runProbe(loaded.config, {
    signal: io.signal,
    log,
    stdout: io.stdout,
    stderr: io.stderr,
    renderCompact: makeCompactRenderer({
      isColoured: mayColor(io.stdout, io.env),
      columns: () => io.stdout.columns ?? DEFAULT_COLUMNS,
    }),
    renderDetection: await detectionRenderer(loaded.config, io),
    onState: (state) => {
      const message = state === 'ready' ? { isReady: true, status: 'watching' } : { isStopping: true };
      notifyServiceManager(message, io.env).catch((error: unknown) => log.warn({ error }, 'service manager'));
    },
  });
}
