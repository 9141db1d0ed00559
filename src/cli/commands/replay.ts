/** `sentinel replay`. */
import type { OpenRecording } from '../../app/detection/recorded-run.ts';
import { SentinelError } from '../../core/errors.ts';
import { parseQuantity, quantityExpectation } from '../../core/units.ts';
import { openDetectionContext } from '../detection-context.ts';
import type { CliIo } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { ProgressBar } from '../progress-bar.ts';
import { openSettings } from '../settings.ts';

const PROGRESS_FROM_BYTES = 16_000_000;

/** Replays one recording. */
export async function runReplayCommand(
  options: ParsedOptions,
  [file = '-']: readonly string[],
  io: CliIo,
): Promise<void> {
  const { loaded, log } = openSettings('replay', options, io);
  const { runReplay } = await import('../../app/replay.ts');
  const progress = new Progress(io);
  const context = await openDetectionContext(loaded.config, log, io);
  try {
    const { detections, difference } = await runReplay(
      loaded.config,
      {
        file,
        skip: count(options, 'skip') ?? 0,
        maxEvents: count(options, 'maxEvents') ?? Number.POSITIVE_INFINITY,
        target: text(options, 'target'),
        expect: text(options, 'expect'),
        onProgress: (recording) => progress.update(recording),
      },
      context,
    );
    progress.clear();
    if (difference !== undefined) {
      throw new SentinelError('SNT_FOUND', difference);
    }
    if (options['failOnDetection'] === true && detections > 0) {
      throw new SentinelError('SNT_FOUND', `${detections} detections`);
    }
  } finally {
    progress.clear();
  }
}

/** A bar for long files on a terminal. */
class Progress {
  readonly #io: CliIo;
  #bar: ProgressBar | undefined;

  constructor(io: CliIo) {
    this.#io = io;
  }

  update({ file }: OpenRecording): void {
    const { stderr } = this.#io;
    if (file === undefined || stderr.isTTY !== true || file.stats.size < PROGRESS_FROM_BYTES) {
      return;
    }
    this.#bar ??= new ProgressBar(stderr, 'replaying', file.stats.size);
    this.#bar.update(file.readBytes);
  }

  clear(): void {
    this.#bar?.clear();
  }
}

function text(options: ParsedOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

function count(options: ParsedOptions, name: string): number | undefined {
  const given = text(options, name);
  if (given === undefined) {
    return undefined;
  }
  const value = parseQuantity(given, 'count');
  if (value === undefined) {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new SentinelError(
      'SNT_USAGE',
      `${flag} must be ${quantityExpectation('count')}: ${JSON.stringify(given.slice(0, 80))}`,
    );
  }
  return value;
}
