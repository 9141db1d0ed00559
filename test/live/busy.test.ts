/** What only goes wrong when much happens at once, or when other events are not watched. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildDeeds } from './support/build-deeds.ts';
import { LiveProbe, sentinelCommand, type WatchedEvent } from './support/live-probe.ts';

jest.setTimeout(90_000);

const run = promisify(execFile);

/** Does one deed under a probe of its own; what it printed, and its processes' events. */
async function watch(
  types: readonly string[],
  ...words: readonly string[]
): Promise<{ result: number; events: readonly WatchedEvent[]; all: readonly WatchedEvent[] }> {
  const program = buildDeeds('busy');
  const probe = await LiveProbe.start(types);
  try {
    probe.forget();
    const { stdout } = await run(program, words);
    await probe.catchUp();
    const all = probe.events;
    return { result: Number(stdout), events: all.filter(({ data }) => data[2] === 'busy'), all };
  } finally {
    await probe.end('SIGTERM');
  }
}

test('a process whose threads end together is told to end once', async () => {
  const { result, events } = await watch(['process_exit'], 'threads');

  const pids = events.map(({ data }) => data[3]);
  expect(pids).toHaveLength(result + 1); // and the first process
  expect(new Set(pids).size).toBe(pids.length);
});

test('the signal of a timer is no kill by whoever ran when it expired', async () => {
  const { result, all } = await watch(['priv_kill'], 'timer');

  expect(result).toBe(200);
  expect(all.filter(({ data }) => data[1].startsWith('SIGRT'))).toEqual([]);
});

test('a datagram to an address of another family is told with its peer', async () => {
  const { result, events } = await watch(['net_send'], 'datagrams');

  expect(result).toBe(2);
  expect(events.map(({ attributes }) => attributes['destination.ip'])).toEqual(['127.0.0.1', '127.0.0.1']);
  expect(events.map(({ data }) => data[0])).toEqual(['127.0.0.1:4242', '127.0.0.1:4242']);
});

test('each open file is read and written a first time, also when opens are not watched', async () => {
  const path = buildDeeds('busy');
  const { result, events } = await watch(['file_read', 'file_write'], 'files', path);

  const told = events.map(({ event_type, data }) => `${event_type} ${data[0]}`);
  expect(result).toBe(8);
  expect(told).toEqual([
    ...new Array<string>(5).fill(`file_read ${path}`),
    ...new Array<string>(3).fill('file_write memfd:busy'),
  ]);
});

test('an open without a path that can be read is told without one', async () => {
  const { events } = await watch(['file_open'], 'nowhere');

  expect(events.map(({ data }) => data[0])).toEqual(['', '']);
  expect(events.map(({ attributes }) => attributes['error.code'])).toEqual(['ENOENT', 'EFAULT']);
  expect(events.map(({ attributes }) => attributes['file.path'])).toEqual([undefined, undefined]);
});

test('memory made executable is told while another thread changes the memory map', async () => {
  const { result, events } = await watch(['priv_mmap_exec'], 'protect');

  expect(result).toBe(2000);
  expect(events.filter(({ attributes }) => attributes['syscall.name'] === 'mprotect')).toHaveLength(result);
});

test('a pid namespace of its own is refused with what would help', async () => {
  const command = ['--pid', '--fork', '--mount-proc', ...sentinelCommand(), 'probe', '--duration', '1s'];

  const error = await run('unshare', command).catch((reason: unknown) => reason);

  expect(error).toMatchObject({ code: 5, stderr: expect.stringContaining('hostPID: true') });
});
