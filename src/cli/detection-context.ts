/** The process as detect and replay see it. */
import type { DetectionContext } from '../app/detection/detection-context.ts';
import type { Config } from '../core/config/schema.ts';
import type { Log } from '../core/log.ts';
import { type CliIo, mayColor } from './io.ts';

/** For lines that go into a file. */
const DEFAULT_COLUMNS = 160;

/** Streams, signal and the form that detections are written in. */
export async function openDetectionContext(config: Config, log: Log, io: CliIo): Promise<DetectionContext> {
  const { streamOutput } = await import('../app/byte-output.ts');
  const { notifyServiceManager } = await import('../app/notify.ts');
  return {
    signal: io.signal,
    log,
    stdin: io.stdin,
    output: streamOutput(io.stdout),
    stderr: io.stderr,
    render: await detectionRenderer(config, io),
    onState: (state) => {
      const message = state === 'ready' ? { isReady: true, status: 'detecting' } : { isStopping: true };
      notifyServiceManager(message, io.env).catch((error: unknown) => log.warn({ error }, 'service manager'));
    },
  };
}

/** JSON for programs, lines for people. */
export async function detectionRenderer(config: Config, io: CliIo): Promise<DetectionContext['render']> {
  const { output } = config.sinks.stdout;
  if (output === 'compact' || (output === 'auto' && io.stdout.isTTY === true)) {
    const { makeDetectionRenderer } = await import('./render/detection.ts');
    return makeDetectionRenderer({
      isColoured: mayColor(io.stdout, io.env),
      columns: () => io.stdout.columns ?? DEFAULT_COLUMNS,
    });
  }
  const { encodeDetection } = await import('../core/detection.ts');
  return encodeDetection;
}
