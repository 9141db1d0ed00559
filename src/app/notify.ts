/** Tells systemd how the service fares: the other end of `Type=notify`. */
import { execFile } from 'node:child_process';

/** What can be told; several things go in one message. */
export interface ServiceState {
  /** Every program is attached: the service has started. */
  readonly isReady?: boolean;
  /** The service ends. */
  readonly isStopping?: boolean;
  /** One line that `systemctl status` shows. */
  readonly status?: string;
}

// How long systemd may take to say that it has read the message.
const TIMEOUT_MS = 5000;

const MAX_STATUS_CHARS = 500;

/**
 * Sends `state` to the service manager and waits until it has been read. Does nothing without `$NOTIFY_SOCKET`.
 *
 * The manager listens on a datagram socket of the Unix domain, which Node.js cannot open; systemd's own
 * `systemd-notify`, there wherever such a manager is, sends the message instead.
 *
 * @param env Where `NOTIFY_SOCKET` is looked up.
 * @returns False when no service manager listens.
 * @throws {Error} When the message could not be sent; the service can go on.
 */
export async function notifyServiceManager(
  state: ServiceState,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const socket = env['NOTIFY_SOCKET'];
  const lines = messageLines(state);
  if (socket === undefined || socket === '' || lines.length === 0) {
    return false;
  }
  await new Promise<void>((resolve, reject) => {
    const options = { env: { NOTIFY_SOCKET: socket, PATH: '/usr/bin:/bin' }, timeout: TIMEOUT_MS };
    execFile('systemd-notify', lines, options, (error, _stdout, stderr) => {
      if (error === null) {
        resolve();
      } else {
        const reason = stderr.trim() || error.message;
        reject(new Error(`Cannot tell systemd ${lines.join(', ')}: ${reason}`, { cause: error }));
      }
    });
  });
  return true;
}

function messageLines({ isReady, isStopping, status }: ServiceState): string[] {
  return [
    ...(isReady === true ? ['READY=1'] : []),
    ...(isStopping === true ? ['STOPPING=1'] : []),
    // A line break would begin another assignment.
    ...(status === undefined ? [] : [`STATUS=${status.replace(/[\r\n]+/g, ' ').slice(0, MAX_STATUS_CHARS)}`]),
  ];
}
