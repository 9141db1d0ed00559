/** `sentinel detect`. */
import { SentinelError } from '../../core/errors.ts';
import { openDetectionContext } from '../detection-context.ts';
import type { CliIo } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { openSettings } from '../settings.ts';

/** Detects until told to stop or the input ends. */
export async function runDetectCommand(
  options: ParsedOptions,
  _args: readonly string[],
  io: CliIo,
): Promise<void> {
  const { loaded, log } = openSettings('detect', options, io);
  const { runDetect } = await import('../../app/detect.ts');
  const detections = await runDetect(loaded.config, await openDetectionContext(loaded.config, log, io));
  if (options['failOnDetection'] === true && detections > 0) {
    throw new SentinelError('SNT_FOUND', `${detections} detections`);
  }
}
