/** Keeps what a detector learnt over restarts. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SentinelError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { StateReader, StateWriter } from '../../core/state-codec.ts';
import { readStateFile, writeStateFile } from '../../core/state-file.ts';
import type { Detector } from '../../pipeline/detector/detector.ts';

const FILE = 'detector.state';

/** Where the state is and how often it is saved. */
export interface StateKeeperOptions {
  readonly dir: string;
  readonly intervalMs: number;
  readonly log: Log;
}

/**
 * Restores a detector from the state folder, or makes one that begins anew and says why: there was no state, it was made
 * by other models, or it is damaged (then it is kept beside, as `detector.state.damaged`).
 *
 * @param make Makes a detector with nothing learnt.
 */
export async function restoreDetector(
  make: () => Detector,
  { dir, log }: StateKeeperOptions,
): Promise<Detector> {
  const path = join(dir, FILE);
  const detector = make();
  try {
    const payload = await readStateFile(path);
    if (payload === undefined) {
      log.info({ path }, 'no saved state: models begin to learn');
      return detector;
    }
    if (detector.restore(new StateReader(payload))) {
      log.info({ path, bytes: payload.length }, 'state restored');
      return detector;
    }
    log.warn({ path }, 'saved state is of other models, features or parameters: models begin to learn');
    return make();
  } catch (error) {
    if (!(error instanceof SentinelError) || error.code !== 'SNT_INPUT_CORRUPT') {
      throw new SentinelError('SNT_CONFIG_INVALID', `Cannot read the state in ${path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    const aside = `${path}.damaged`;
    await rename(path, aside);
    log.warn({ error, aside }, 'saved state is damaged: put aside, models begin to learn');
    return make();
  }
}

/** Saves a detector now and then, and at the end. */
export class StateKeeper implements AsyncDisposable {
  readonly #detector: Detector;
  readonly #options: StateKeeperOptions;
  readonly #timer: NodeJS.Timeout;
  #saving: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(detector: Detector, options: StateKeeperOptions) {
    this.#detector = detector;
    this.#options = options;
    this.#timer = setInterval(() => {
      this.save().catch((error: unknown) => options.log.warn({ error }, 'cannot save the state'));
    }, options.intervalMs);
    this.#timer.unref();
  }

  /**
   * Saves what is learnt by now. Saves are written one after the other.
   *
   * @throws {SentinelError} `SNT_CONFIG_INVALID` if the folder does not take it.
   */
  save(): Promise<void> {
    const state = new StateWriter();
    this.#detector.save(state);
    const payload = state.bytes();
    this.#saving = this.#saving
      .catch(() => {}) // whoever asked for that save heard of it
      .then(() => write(join(this.#options.dir, FILE), payload));
    return this.#saving;
  }

  /** Saves a last time. May be called again. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (!this.#isClosed) {
      this.#isClosed = true;
      await this.save();
    }
  }
}

async function write(path: string, payload: Uint8Array): Promise<void> {
  try {
    await writeStateFile(path, payload);
  } catch (error) {
    throw new SentinelError('SNT_CONFIG_INVALID', `Cannot save the state in ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
