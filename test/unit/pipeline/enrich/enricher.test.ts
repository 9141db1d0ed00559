import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { HostEnricher } from '../../../../src/pipeline/enrich/enricher.ts';
import { ProcReader } from '../../../../src/pipeline/enrich/proc-snapshot.ts';
import { TICK_NS } from '../../../../src/pipeline/enrich/process-node.ts';
import { fakeClock } from './fake-clock.ts';

test('takeSnapshot() knows this process, its parent and its user', () => {
  const enricher = new HostEnricher({ clock: fakeClock() });
  enricher.takeSnapshot();
  const own = new ProcReader().read(process.pid);
  const info = enricher.processes.lookup(process.pid, (own?.startTicks ?? 0) * TICK_NS + 1234);
  expect(info?.executable).toBe(process.execPath);
  expect(info?.parent?.pid).toBe(process.ppid);
  expect(info?.userName).toBe(enricher.userName(process.getuid?.() ?? -1));
  expect(info?.attribute('process.parent.pid')).toBe(String(process.ppid));
});

test('a process that no snapshot has is read when an event names it', async () => {
  const enricher = new HostEnricher({ clock: fakeClock() });
  const child = spawn('sleep', ['30']);
  try {
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const ticks = new ProcReader().read(pid)?.startTicks ?? 0;
    const info = enricher.processes.resolve(pid, ticks * TICK_NS, process.pid, 0, 0, 'sleep');
    expect(info.args).toEqual(['sleep', '30']);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});

test('misses read /proc a bounded number of times a second', () => {
  const clock = fakeClock();
  const enricher = new HostEnricher({ clock, processCapacity: 8 });
  for (let pid = 5_000_000; pid < 5_000_500; pid++) {
    enricher.processes.resolve(pid, 1, 0, 0, 0, 'x');
  }
  expect(enricher.skippedReads).toBe(300);
  clock.advance(1000);
  enricher.processes.resolve(6_000_000, 1, 0, 0, 0, 'x');
  expect(enricher.skippedReads).toBe(300);
  expect(enricher.stores().find(({ store }) => store === 'processes')).toMatchObject({
    entries: 8,
    capacity: 8,
    evictions: 493,
  });
});
