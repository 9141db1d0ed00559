/** Signals: the first asks for an orderly end, the second ends at once. */

/** Why the program was asked to stop; the `reason` of the abort signal. */
export interface StopRequest {
  readonly cause: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'closed pipe' | 'error';
}

/** A watch over the process's signals. */
export interface SignalWatch extends Disposable {
  /** Aborted by the first signal, with a {@link StopRequest} as reason. */
  readonly signal: AbortSignal;
  /** Asks for the same orderly end for another cause. */
  stop(cause: StopRequest['cause']): void;
}

/**
 * Signals that come this soon after the first one are the same one: a key press reaches the whole process group, and
 * sudo, npm and make pass on another copy.
 */
const SAME_PRESS_MS = 100;

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Watches SIGINT, SIGTERM and SIGHUP until disposed.
 *
 * The first one aborts `signal`; the caller drains and returns. After {@link SAME_PRESS_MS} the listeners are
 * removed, which gives the signals back to the kernel: the second one then ends the process at once, even when
 * JavaScript is stuck, with the signal as its status (130 or 143 in a shell) and the BPF links closed by the kernel.
 *
 * @param options.onReload What SIGHUP does instead of stopping. Without it a closed terminal drains like SIGTERM.
 */
export function watchSignals(options: { readonly onReload?: () => void } = {}): SignalWatch {
  const controller = new AbortController();
  const { onReload } = options;
  let grace: NodeJS.Timeout | undefined;

  const stop = (cause: StopRequest['cause']): void => {
    if (!controller.signal.aborted) {
      controller.abort({ cause } satisfies StopRequest);
      grace = setTimeout(release, SAME_PRESS_MS).unref();
    }
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (name === 'SIGHUP' && onReload !== undefined) {
      onReload();
    } else if (name === 'SIGINT' || name === 'SIGTERM' || name === 'SIGHUP') {
      stop(name);
    }
  };
  const release = (): void => {
    clearTimeout(grace);
    for (const name of STOP_SIGNALS) {
      process.removeListener(name, onSignal);
    }
  };
  for (const name of STOP_SIGNALS) {
    process.on(name, onSignal);
  }
  return { signal: controller.signal, stop, [Symbol.dispose]: release };
}
