/** An abort as something to await. */

/** Resolves when `signal` is aborted, at once if it is already; holds a listener until then, so ask once a run. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}
