/** What the kernel programs saw is what came out, was filtered, dropped or lost: to the last event. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildDeeds } from './support/build-deeds.ts';
import { LiveProbe } from './support/live-probe.ts';

const THREADS = 2;
const STORM_EVENTS = Number(process.env['SENTINEL_STORM_EVENTS'] ?? 200_000);
const DEADLINE_MS = 60_000 + STORM_EVENTS / 20;
const MAX_PIPE_BYTES = 1 << 20;

jest.setTimeout(2 * DEADLINE_MS);

/** The numbers of the one line at the end. */
interface Account {
  readonly seen: number;
  readonly forwarded: number;
  readonly filtered: number;
  readonly lost: number;
  readonly dropped: number;
  readonly lostByReason: Readonly<Record<string, number>>;
}

function accountOf(stderr: string): Account {
  const number = (pattern: RegExp): number => Number(pattern.exec(stderr)?.[1] ?? 0);
  const reasons = /\d+ lost \(([^)]*)\)/.exec(stderr)?.[1] ?? '';
  return {
    seen: number(/^sentinel: (\d+) seen/m),
    forwarded: number(/ (\d+) forwarded/),
    filtered: number(/ (\d+) filtered/),
    lost: number(/ (\d+) lost/),
    dropped: number(/ (\d+) dropped by stdout/),
    lostByReason: Object.fromEntries(
      reasons.split(', ').flatMap((part) => {
        const [reason, count] = part.split(' ');
        return reason && count ? [[reason, Number(count)]] : [];
      }),
    ),
  };
}

/** Makes the storm's calls while the probe watches, ends the probe, and adds up. */
async function storm(
  args: readonly string[],
): Promise<{ account: Account; lines: number; stormLines: number }> {
  const byPid = new Map<string, number>();
  const probe = await LiveProbe.start(['sys_call'], ['--syscalls', 'getppid', ...args], (line) => {
    const pid = /"data":\["getppid","\d+","storm","(\d+)"/.exec(line)?.[1];
    if (pid !== undefined) {
      byPid.set(pid, (byPid.get(pid) ?? 0) + 1);
    }
  });
  const calls = STORM_EVENTS / THREADS;
  const running = promisify(execFile)(buildDeeds('storm'), [String(THREADS), String(calls)], {
    timeout: DEADLINE_MS,
    maxBuffer: MAX_PIPE_BYTES,
  });
  const pid = String(running.child.pid);
  const { stdout } = await running;
  expect(stdout).toMatch(new RegExp(`^calls=${STORM_EVENTS} `));
  const end = await probe.end('SIGTERM', DEADLINE_MS);
  expect({ code: end.code, signal: end.signal }).toEqual({ code: 0, signal: null });
  return { account: accountOf(end.stderr), lines: probe.lineCount, stormLines: byPid.get(pid) ?? 0 };
}

function expectBalance({ seen, forwarded, filtered, lost, lostByReason }: Account): void {
  expect(seen).toBeGreaterThanOrEqual(STORM_EVENTS);
  expect(seen).toBe(forwarded + filtered + lost);
  expect(lost).toBe(Object.values(lostByReason).reduce((sum, count) => sum + count, 0));
}

test(`${STORM_EVENTS} events at full speed: every one is in the output or in the account`, async () => {
  const { account, lines, stormLines } = await storm([]);

  expectBalance(account);
  expect(lines).toBe(account.forwarded - account.dropped);
  const missing = STORM_EVENTS - stormLines;
  expect(missing).toBeGreaterThanOrEqual(0);
  expect(missing).toBeLessThanOrEqual(account.lost + account.dropped);
});

test('what a filter keeps back is counted as filtered', async () => {
  const { account, lines, stormLines } = await storm(['--pid', String(process.pid)]);

  expectBalance(account);
  expect(lines).toBe(account.forwarded - account.dropped);
  expect(stormLines).toBe(0);
  expect(account.filtered + account.lost).toBeGreaterThanOrEqual(STORM_EVENTS);
});

test('a ring that is too small loses events, and each loss is counted', async () => {
  const { account, lines, stormLines } = await storm(['--ring-bytes', '64KiB']);

  expectBalance(account);
  expect(account.lostByReason['ring_full']).toBe(account.lost);
  expect(account.lost).toBeGreaterThan(0);
  expect(lines).toBe(account.forwarded - account.dropped);
  expect(STORM_EVENTS - stormLines).toBeLessThanOrEqual(account.lost + account.dropped);
});
