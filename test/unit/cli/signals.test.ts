import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

// A real process, because what is tested is what the kernel does with a second signal.
const PROGRAM = `
const { watchSignals } = await import('./src/cli/signals.ts');
const watch = watchSignals(process.argv[1] === 'reload' ? { onReload: () => console.log('reload') } : {});
watch.signal.addEventListener('abort', () => {
  console.log('stop ' + watch.signal.reason.cause);
  if (process.argv[1] === 'drain') {
    watch[Symbol.dispose]();
    clearInterval(alive);
  } else if (process.argv[1] === 'stuck') {
    setTimeout(() => { for (;;); }, 200);
    setTimeout(() => console.log('stuck'), 150);
  }
});
const alive = setInterval(() => {}, 1000);
console.log('ready');
`;

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});

async function start(mode: 'drain' | 'stuck' | 'reload') {
  const started = spawn(
    process.execPath,
    ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--input-type=module', '-e', PROGRAM, mode],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  child = started;
  let output = '';
  started.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const saw = async (text: string): Promise<void> => {
    while (!output.includes(text)) {
      await once(started.stdout, 'data');
    }
  };
  await saw('ready');
  return { started, saw, exit: once(started, 'exit') };
}

describe('watchSignals()', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'lets the program drain and end with 0 on %s',
    async (name) => {
      const { started, saw, exit } = await start('drain');
      started.kill(name);
      await saw(`stop ${name}`);
      expect(await exit).toEqual([0, null]);
    },
  );

  it('ends at once on the second signal, even when the program is stuck', async () => {
    const { started, saw, exit } = await start('stuck');
    started.kill('SIGTERM');
    await saw('stop SIGTERM');
    await saw('stuck');
    await delay(100);
    started.kill('SIGINT');
    expect(await exit).toEqual([null, 'SIGINT']);
  });

  it('takes a copy of the same key press for the same press', async () => {
    const { started, saw } = await start('stuck');
    started.kill('SIGINT');
    started.kill('SIGINT');
    await saw('stuck');
    expect(started.exitCode ?? started.signalCode).toBeNull();
  });

  it('reloads on SIGHUP when there is something to reload', async () => {
    const { started, saw } = await start('reload');
    started.kill('SIGHUP');
    await saw('reload');
    started.kill('SIGHUP');
    await saw('reload\nreload');
  });
});
