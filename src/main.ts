/** The program: runs the command line and sets the exit status. */
import { setFlagsFromString } from 'node:v8';
import type { CliIo } from './cli/io.ts';
import { runCli } from './cli/program.ts';
import { watchSignals } from './cli/signals.ts';
import { BUILD_INFO } from './core/build-info.ts';
import { exitStatusOf, formatError, SentinelError } from './core/errors.ts';
import { escapeControls } from './core/terminal-text.ts';

/** After an error that nobody caught, how long the rest may take to drain before the kernel ends the process. */
const LAST_DRAIN_MS = 5000;

/** How much the heap may grow over what is alive, in percent, before it is collected. */
const HEAP_GROWTH_PERCENT = 40;

void main();

async function main(): Promise<void> {
  // An agent shares its host: left alone, V8 lets 35 MB of live objects become 125 MB where a machine has the memory.
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const watch = watchSignals();
  for (const [name, stream] of [
    ['output', process.stdout],
    ['error', process.stderr],
  ] as const) {
    stream.on('error', (error) => {
      if (isClosedPipe(error)) {
        watch.stop('closed pipe');
      } else {
        fail(
          new SentinelError('SNT_INTERNAL', `Cannot write to standard ${name}: ${error.message}`, {
            cause: error,
          }),
        );
        watch.stop('error');
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
  // What we throw on purpose explains itself; anything else is a surprise, and its stack says where.
  const isBug = !(error instanceof SentinelError);
  const text = formatError(error);
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
