/** Nothing of ours stays in the kernel, however the agent ends. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HANDLERS } from '../../src/kernel/syscall-actions.ts';
import { LiveProbe } from './support/live-probe.ts';

jest.setTimeout(60_000);

const GONE_DEADLINE_MS = 10_000;
const POLL_MS = 50;
const KINDS = ['prog', 'link', 'map'] as const;
type Kind = (typeof KINDS)[number];

interface KernelObject {
  readonly id: number;
  readonly name?: string;
}

function inKernel(kind: Kind): KernelObject[] {
  return JSON.parse(execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8', maxBuffer: 64 << 20 }));
}

/** Ids of what a process holds in the kernel, from its descriptors. */
function heldBy(pid: number, kind: Kind): Set<number> {
  const directory = `/proc/${pid}/fdinfo`;
  const ids = readdirSync(directory).flatMap((fd) => {
    const id = new RegExp(`^${kind}_id:\\s*(\\d+)`, 'm').exec(readFileSync(join(directory, fd), 'utf8'))?.[1];
    return id === undefined ? [] : [Number(id)];
  });
  return new Set(ids);
}

test.each(['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGSEGV', 'SIGHUP'] as const)('after %s', async (signal) => {
  // Its output is of no interest, and ends in the middle of a line when the agent is killed.
  const probe = await LiveProbe.start(['process', 'file', 'net', 'priv'], [], () => {});
  const held = new Map(KINDS.map((kind) => [kind, heldBy(probe.pid, kind)]));
  const names = inKernel('prog')
    .filter(({ id }) => held.get('prog')?.has(id))
    .map(({ name }) => name);

  const end = await probe.end(signal);

  // It was there, or its absence would say nothing.
  expect(names).toEqual(expect.arrayContaining(['on_exec', 'on_syscall_exit', HANDLERS.open.program]));
  expect(held.get('link')?.size).toBeGreaterThanOrEqual(4);
  expect(held.get('map')?.size).toBeGreaterThanOrEqual(5);
  const deadline = Date.now() + GONE_DEADLINE_MS;
  const left = (): string[] =>
    KINDS.flatMap((kind) =>
      inKernel(kind)
        .filter(({ id }) => held.get(kind)?.has(id))
        .map(({ id, name }) => `${kind} ${id} ${name ?? ''}`),
    );
  while (left().length > 0 && Date.now() < deadline) {
    await sleep(POLL_MS);
  }
  expect(left()).toEqual([]);
  if (signal === 'SIGTERM' || signal === 'SIGINT') {
    expect(end).toMatchObject({ code: 0, signal: null });
  }
});
