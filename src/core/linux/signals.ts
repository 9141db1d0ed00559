/** Signals, as x86-64 and arm64 number them (asm-generic/signal.h). */

const NAMES =
  'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS'.split(
    ' ',
  );

const FIRST_REALTIME = 32;
const LAST_REALTIME = 64;

/** Name of a signal: `SIGKILL`, `SIGRT_2` (kernel numbering, from 32), `SIG0` for the probe of existence. */
export function signalName(number: number): string {
  if (number >= FIRST_REALTIME && number <= LAST_REALTIME) {
    return `SIGRT_${number - FIRST_REALTIME}`;
  }
  return NAMES[number - 1] ?? `SIG${number}`;
}
