/** The program: runs the command line and sets the exit status. */
import type { CliIo } from './cli/io.ts';
import { runCli } from './cli/program.ts';
import { watchSignals } from './cli/signals.ts';
import { BUILD_INFO } from './core/build-info.ts';
import { ERROR_CODES, exitStatusOf, formatError } from './core/errors.ts';
import { escapeControls } from './core/terminal-text.ts';

/** After an error that nobody caught, how long the rest may take to drain before the kernel ends the process. */
const LAST_DRAIN_MS = 5000;

void main();

async function main(): Promise<void> {
  const watch = watchSignals();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (isClosedPipe(error)) {
        watch.stop('closed pipe');
      } else {
        fail(error);
      }
    });
  }
  const onUncaught = (error: unknown): void => {
    if (isClosedPipe(error)) {
      watch.stop('closed pipe');
      return;
    }
    fail(error);
    watch.stop('error');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_DRAIN_MS).unref();
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  const io: CliIo = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: watch.signal,
  };
  try {
    await runCli(process.argv.slice(2), io);
  } catch (error) {
    fail(error);
  } finally {
    watch[Symbol.dispose]();
  }
}

/** Sets the status and says why, once; an ended pipe is an ordinary end. */
function fail(error: unknown): void {
  if (isClosedPipe(error) || (process.exitCode ?? 0) !== 0) {
    return;
  }
  process.exitCode = exitStatusOf(error);
  const isBug = process.exitCode === ERROR_CODES.SNT_INTERNAL.exit;
  const text = isBug && error instanceof Error ? (error.stack ?? error.message) : formatError(error);
  const lines = text.split('\n').map((line) => escapeControls(line));
  if (isBug) {
    const { version, commit, runtime } = BUILD_INFO;
    lines.push(`This is a bug in sentinel ${version} (commit ${commit}, node ${runtime})`);
  }
  process.stderr.write(`sentinel: ${lines.join('\n')}\n`);
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
