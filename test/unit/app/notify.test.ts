import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { notifyServiceManager } from '../../../src/app/notify.ts';

// Node.js has no datagram sockets of the Unix domain: Python listens, and prints each message as a line of JSON.
const LISTENER = `
import array, json, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('"listening"', flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(4096, 64)
    for _, _, raw in ancillary:
        for fd in array.array('i', raw):
            os.close(fd)
    if not data.startswith(b'BARRIER=1'):
        print(json.dumps(data.decode()), flush=True)
`;

let folder: string;
let listener: ChildProcessByStdio<null, Readable, null>;
let messages: AsyncIterator<string>;
let env: { readonly NOTIFY_SOCKET: string };

async function nextMessage(): Promise<unknown> {
  const { value } = await messages.next();
  return JSON.parse(value);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'notify-'));
  env = { NOTIFY_SOCKET: join(folder, 'socket') };
  listener = spawn('python3', ['-c', LISTENER, env.NOTIFY_SOCKET], { stdio: ['ignore', 'pipe', 'inherit'] });
  messages = createInterface({ input: listener.stdout })[Symbol.asyncIterator]();
  expect(await nextMessage()).toBe('listening');
});

afterEach(async () => {
  listener.kill('SIGKILL');
  await once(listener, 'close');
  rmSync(folder, { recursive: true });
});

describe('notifyServiceManager()', () => {
  test('sends readiness and status in one message', async () => {
    expect(await notifyServiceManager({ isReady: true, status: 'watching 40 event types' }, env)).toBe(true);
    expect(await nextMessage()).toBe('READY=1\nSTATUS=watching 40 event types');
  });

  test('sends that the service ends', async () => {
    expect(await notifyServiceManager({ isStopping: true }, env)).toBe(true);
    expect(await nextMessage()).toBe('STOPPING=1');
  });

  test('lets no status say more than a status', async () => {
    await notifyServiceManager({ status: 'a\nREADY=1' }, env);
    expect(await nextMessage()).toBe('STATUS=a READY=1');
  });

  test('says why when nobody listens at the socket', async () => {
    const gone = { NOTIFY_SOCKET: join(folder, 'gone') };
    await expect(notifyServiceManager({ isReady: true }, gone)).rejects.toThrow(
      /Cannot tell systemd READY=1: /,
    );
  });

  test.each([{}, { NOTIFY_SOCKET: '' }])('does nothing with %j', async (without) => {
    expect(await notifyServiceManager({ isReady: true }, without)).toBe(false);
  });
});
