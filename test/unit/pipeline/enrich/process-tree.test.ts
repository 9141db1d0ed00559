import fc from 'fast-check';
import type { ExecFacts } from '../../../../src/core/host-context.ts';
import type { SnapshotEntry } from '../../../../src/pipeline/enrich/proc-snapshot.ts';
import { ProcessTree, type ProcessTreeOptions } from '../../../../src/pipeline/enrich/process-tree.ts';

const MS = 1_000_000;

function makeTree(options: Partial<ProcessTreeOptions> = {}): ProcessTree {
  return new ProcessTree({
    bootId: 'b-1',
    userName: (uid) => (uid === 0 ? 'root' : undefined),
    containerOf: (path) => (path === '/c' ? { id: 'cid', runtime: 'docker', podUid: undefined } : undefined),
    ...options,
  });
}

function exec(pid: number, startTimeNs: number, more: Partial<ExecFacts> = {}): ExecFacts {
  return {
    pid,
    startTimeNs,
    parentPid: 1,
    parentStartTimeNs: 0,
    timeNs: startTimeNs + MS,
    uid: 0,
    loginUid: 0xffffffff,
    comm: 'sh',
    executable: '/bin/sh',
    args: ['sh'],
    argsCount: 1,
    argsTruncated: false,
    workingDirectory: '/',
    ttyName: undefined,
    cgroupPath: undefined,
    ...more,
  };
}

function entry(pid: number, startTicks: number, more: Partial<SnapshotEntry> = {}): SnapshotEntry {
  return {
    pid,
    startTicks,
    parentPid: 1,
    comm: 'proc',
    uid: 0,
    loginUid: 0xffffffff,
    executable: '/bin/proc',
    args: ['proc'],
    argsTruncated: false,
    workingDirectory: '/',
    ttyName: undefined,
    cgroupPath: undefined,
    ...more,
  };
}

test('a reused pid is another process with another entity id', () => {
  const tree = makeTree();
  const first = tree.onExec(exec(100, 50 * MS, { executable: '/bin/first' }));
  tree.onExit(100, 50 * MS, 60 * MS);
  const second = tree.onExec(exec(100, 90 * MS, { executable: '/bin/second' }));
  expect(second.entityId).not.toBe(first.entityId);
  expect(tree.lookup(100, 50 * MS)?.executable).toBe('/bin/first');
  expect(tree.lookup(100, 90 * MS)?.executable).toBe('/bin/second');
  expect(tree.lookup(100, 70 * MS)).toBeUndefined();
});

test('entityId depends on boot, pid and start tick only, so that a restart of the agent keeps it', () => {
  const exact = makeTree().onExec(exec(100, 12_345_678_901)).entityId;
  const tree = makeTree();
  tree.snapshot([entry(100, 1234)]);
  expect(tree.lookup(100, 12_345_678_901)?.entityId).toBe(exact);
  expect(exact).toMatch(/^[A-Za-z0-9_-]{16}$/);
  expect(makeTree({ bootId: 'b-2' }).onExec(exec(100, 12_345_678_901)).entityId).not.toBe(exact);
});

test('lookup() finds a process of the snapshot by its exact start time, and not by the neighbouring tick', () => {
  const tree = makeTree();
  tree.snapshot([entry(7, 100)]);
  expect(tree.lookup(7, 1_009_999_999)?.startTimeNs).toBe(1_009_999_999n);
  expect(tree.lookup(7, 1_010_000_000)).toBeUndefined();
});

test('onExec() replaces the program and keeps the entity; exec_id changes', () => {
  const tree = makeTree();
  const before = tree.onExec(exec(5, 10 * MS));
  const [entity, execId] = [before.entityId, before.attribute('process.exec_id')];
  const after = tree.onExec(exec(5, 10 * MS, { timeNs: 30 * MS, executable: '/bin/ls', comm: 'ls' }));
  expect(after.entityId).toBe(entity);
  expect(after.executable).toBe('/bin/ls');
  expect(after.attribute('process.exec_id')).not.toBe(execId);
  expect(after.attribute('process.exec_id')).toContain(entity);
});

test('onFork() gives the child the program, user and container of its parent, and the ancestry', () => {
  const tree = makeTree();
  tree.onExec(exec(10, 10 * MS, { comm: 'sshd', executable: '/usr/sbin/sshd' }));
  tree.onFork(11, 20 * MS, 10, 10 * MS);
  tree.onExec(
    exec(11, 20 * MS, { parentPid: 10, parentStartTimeNs: 10 * MS, comm: 'bash', cgroupPath: '/c' }),
  );
  const child = tree.onFork(12, 30 * MS, 11, 20 * MS);
  expect(child.executable).toBe('/bin/sh');
  expect(child.containerId).toBe('cid');
  expect(child.parent?.pid).toBe(11);
  expect(child.attribute('process.ancestors')).toBe('["bash","sshd"]');
  expect(child.attribute('process.parent.pid')).toBe('11');
});

test("a child keeps its parent's program of the time of the fork", () => {
  const tree = makeTree();
  tree.onExec(exec(10, 10 * MS, { executable: '/bin/bash', comm: 'bash' }));
  const child = tree.onFork(11, 20 * MS, 10, 10 * MS);
  tree.onExec(exec(10, 10 * MS, { timeNs: 30 * MS, executable: '/bin/other', comm: 'other' }));
  expect(child.attribute('process.parent.executable')).toBe('/bin/bash');
  expect(child.attributesJson).toContain('"process.parent.name":"bash"');
});

test('onExit() keeps the process for late events and for its children', () => {
  const tree = makeTree();
  tree.onExec(exec(10, 10 * MS));
  tree.onFork(11, 20 * MS, 10, 10 * MS);
  expect(tree.onExit(10, 10 * MS, 40 * MS)?.endTimeNs).toBe(40_000_000n);
  expect(tree.lookup(10, 10 * MS)?.executable).toBe('/bin/sh');
  expect(tree.lookup(11, 20 * MS)?.parent?.executable).toBe('/bin/sh');
  expect(tree.onExit(99, 1, 2)).toBeUndefined();
});

test('attributesJson equals what visitAttributes() visits, and attribute() answers the same', () => {
  const tree = makeTree();
  const node = tree.onExec(
    exec(10, 10 * MS, { args: ['sh', '-c', 'echo "ä\n"'], argsCount: 3, ttyName: 'pts3' }),
  );
  const visited: Record<string, string> = {};
  node.visitAttributes((name, value) => {
    visited[name] = value;
    expect(node.attribute(name)).toBe(value);
  });
  expect(JSON.parse(`{${node.attributesJson.slice(1)}}`)).toEqual(visited);
  expect(node.attributesJson).toMatch(/^,[ -~]*$/);
  expect(visited).toMatchObject({
    'process.command_line': 'sh -c echo "ä\n"',
    'process.tty.name': 'pts/3',
    'user.name': 'root',
  });
  expect(visited['process.args']).toBeUndefined();
});

test('execAttributesJson has every argument, attributesJson a bounded part', () => {
  const tree = makeTree();
  const args = ['sh', '-c', `${'x'.repeat(30_000)}tell-tale`];
  const node = tree.onExec(exec(10, 10 * MS, { args, argsCount: 3 }));
  const full = JSON.parse(`{${node.execAttributesJson.slice(1)}}`);
  expect(JSON.parse(full['process.args'])).toEqual(args);
  expect(full['process.command_line']).toBe(args.join(' '));
  expect(full['process.args_truncated']).toBeUndefined();
  expect(node.execAttribute('process.command_line')).toBe(args.join(' '));
  const kept = JSON.parse(`{${node.attributesJson.slice(1)}}`);
  expect(kept['process.command_line'].length).toBeLessThanOrEqual(2048);
  expect(kept['process.args_truncated']).toBe('true');
  tree.onExec(exec(11, 20 * MS));
  expect(JSON.parse(`{${node.execAttributesJson.slice(1)}}`)['process.args_truncated']).toBe('true');
});

test('process.args_truncated on the exec itself says that the kernel cut', () => {
  const node = makeTree().onExec(exec(10, 10 * MS, { args: ['sh', 'a'], argsCount: 9, argsTruncated: true }));
  expect(node.execAttribute('process.args_truncated')).toBe('true');
  expect(node.execAttribute('process.args_count')).toBe('9');
});

test('resolve() reads a missed process from /proc, and only the one that started then', () => {
  const tree = makeTree({ readProcess: (pid) => entry(pid, 100, { executable: '/bin/found' }) });
  expect(tree.resolve(9, 1_001_000_000, 1, 0, 0, 'x').executable).toBe('/bin/found');
  const other = tree.resolve(8, 9_000_000_000, 1, 0, 33, 'late');
  expect([other.executable, other.comm, other.uid]).toEqual([undefined, 'late', 33]);
  expect(tree.stats().misses).toBe(2);
});

test('resolve() takes a changed user id', () => {
  const tree = makeTree();
  tree.onExec(exec(10, 10 * MS, { uid: 1000 }));
  expect(tree.lookup(10, 10 * MS)?.attributesJson).not.toContain('user.name');
  expect(tree.resolve(10, 10 * MS, 1, 0, 0, '').attributesJson).toContain('"user.name":"root"');
});

test('snapshot() does not undo what events told, and links parents that it names later', () => {
  const tree = makeTree();
  tree.onExec(exec(20, 50 * MS, { executable: '/bin/new' }));
  tree.snapshot([
    entry(20, 5, { executable: '/bin/stale' }),
    entry(30, 7, { parentPid: 2 }),
    entry(2, 6, { comm: 'two' }),
    entry(20, 1, { executable: '/bin/older' }),
  ]);
  expect(tree.lookup(20, 50 * MS)?.executable).toBe('/bin/new');
  expect(tree.lookup(30, 70 * MS)?.parent?.comm).toBe('two');
});

test('evicts ended processes first, then the running one that was quiet longest', () => {
  const tree = makeTree({ capacity: 3 });
  tree.onExec(exec(1, 1 * MS));
  tree.onExec(exec(2, 20 * MS));
  tree.onExec(exec(3, 30 * MS));
  tree.onExit(2, 20 * MS, 35 * MS);
  tree.onExec(exec(4, 40 * MS));
  expect(tree.lookup(2, 20 * MS)).toBeUndefined();
  tree.lookup(1, 1 * MS);
  tree.onExec(exec(5, 50 * MS));
  expect(tree.lookup(3, 30 * MS)).toBeUndefined();
  expect(tree.lookup(1, 1 * MS)?.pid).toBe(1);
  expect(tree.stats()).toMatchObject({ entries: 3, capacity: 3, evictions: 2 });
});

test('an evicted parent keeps its name for its children and nothing above it', () => {
  const tree = makeTree({ capacity: 2 });
  tree.onExec(exec(1, 1 * MS, { executable: '/bin/one' }));
  tree.onFork(2, 20 * MS, 1, 1 * MS);
  tree.onExit(1, 1 * MS, 21 * MS);
  const third = tree.onFork(3, 30 * MS, 2, 20 * MS);
  expect(tree.lookup(1, 1 * MS)).toBeUndefined();
  const parent = third.parent;
  expect(parent?.parent?.executable).toBe('/bin/one');
  expect(parent?.parent?.parent).toBeUndefined();
});

test('text is bounded: long command lines evict before the number of processes does', () => {
  const tree = makeTree({ maxTextChars: 20_000 });
  for (let pid = 1; pid <= 100; pid++) {
    tree.onExec(exec(pid, pid * 10 * MS, { args: ['a'.repeat(1900)], executable: '/bin/x' }));
  }
  expect(tree.stats().textChars).toBeLessThanOrEqual(20_000);
  expect(tree.stats().entries).toBeLessThan(10);
  for (let pid = 1; pid <= 100; pid++) {
    tree.onExit(pid, pid * 10 * MS, 1e12);
  }
  for (let pid = 1; pid <= 100; pid++) {
    tree.onExec(
      exec(pid, 1e12 + pid * 10 * MS, {
        args: undefined,
        executable: undefined,
        workingDirectory: undefined,
      }),
    );
  }
  expect(tree.stats().textChars).toBeLessThanOrEqual(20_000);
});

test('cached JSON is bounded', () => {
  const tree = makeTree({ maxCachedChars: 10_000 });
  for (let pid = 1; pid <= 200; pid++) {
    tree.onExec(exec(pid, pid * 10 * MS));
    expect(tree.resolve(pid, pid * 10 * MS, 1, 0, 0, '').attributesJson.length).toBeGreaterThan(50);
  }
  expect(tree.stats().cachedChars).toBeLessThan(11_000);
});

test('a loop of parents ends', () => {
  const tree = makeTree();
  tree.onFork(2, 10 * MS, 1, 10 * MS);
  tree.onFork(1, 10 * MS, 2, 10 * MS);
  tree.onFork(2, 10 * MS, 1, 10 * MS);
  expect(tree.lookup(2, 10 * MS)?.attributesJson.length).toBeGreaterThan(0);
});

test('a process that ended at time 0 counts as ended', () => {
  const tree = makeTree({ capacity: 2, maxTextChars: 100 });
  tree.onFork(5, 15 * MS, 1, 0);
  tree.resolve(5, 0, 1, 0, 0, 'x'); // ends the other one at its own start, 0
  for (let pid = 6; pid < 12; pid++) {
    tree.resolve(5, 15 * MS, 1, 0, 0, 'x');
    tree.onExec(exec(pid, 15 * MS, { args: ['x'.repeat(90)] }));
  }
  expect(tree.stats().entries).toBeLessThanOrEqual(2);
});

test('any order of forks, execs and exits keeps the bounds and the sums', () => {
  const step = fc.record({
    kind: fc.constantFrom('fork', 'exec', 'exit', 'resolve', 'snapshot'),
    pid: fc.integer({ min: 1, max: 12 }),
    parent: fc.integer({ min: 1, max: 12 }),
    start: fc.integer({ min: 0, max: 5 }).map((n) => n * 15 * MS),
    parentStart: fc.integer({ min: 0, max: 5 }).map((n) => n * 15 * MS),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const tree = makeTree({ capacity: 8, maxTextChars: 100, maxCachedChars: 500 });
      for (const { kind, pid, parent, start, parentStart } of steps) {
        if (kind === 'fork') tree.onFork(pid, start, parent, parentStart);
        if (kind === 'exec')
          tree.onExec(exec(pid, start, { parentPid: parent, parentStartTimeNs: parentStart }));
        if (kind === 'exit') tree.onExit(pid, start, start + MS);
        if (kind === 'snapshot') tree.snapshot([entry(pid, start / 10 / MS, { parentPid: parent })]);
        if (kind === 'resolve') {
          const node = tree.resolve(pid, start, parent, parentStart, 0, 'x');
          expect(JSON.parse(`{${node.attributesJson.slice(1)}}`)['process.entity_id']).toBe(node.entityId);
          expect(tree.lookup(pid, start)).toBe(node);
        }
        const { entries, textChars, cachedChars } = tree.stats();
        expect(entries).toBeLessThanOrEqual(8);
        expect(textChars).toBeGreaterThanOrEqual(0);
        expect(cachedChars).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 300 },
  );
});

test('a storm of a million processes stays within its bound, and its memory flat', () => {
  const tree = makeTree({ capacity: 1000 });
  tree.onExec(exec(1, MS, { executable: '/sbin/init' }));
  const heapMb: number[] = [];
  let longestJson = 0;
  let parentPid = 1;
  let parentStart = MS;
  for (let i = 1; i <= 1_000_000; i++) {
    const pid = 2 + (i % 30_000);
    const start = i * 11 * MS;
    tree.onFork(pid, start, parentPid, parentStart);
    if (i % 20 === 0) {
      tree.onExec(
        exec(pid, start, { args: ['sh', '-c', `run ${i}`], parentPid, parentStartTimeNs: parentStart }),
      );
      const json = tree.resolve(pid, start, parentPid, parentStart, 0, '').attributesJson;
      longestJson = Math.max(longestJson, json.length);
    }
    tree.onExit(parentPid, parentStart, start); // each generation ends once it has forked: the longest chain there is
    parentPid = pid;
    parentStart = start;
    if (i % 100_000 === 0) {
      heapMb.push(process.memoryUsage().heapUsed / 1e6);
    }
  }
  expect(longestJson).toBeGreaterThan(100);
  expect(longestJson).toBeLessThan(2000);
  expect(tree.stats().entries).toBeLessThanOrEqual(1000);
  expect(tree.stats().evictions).toBeGreaterThan(990_000);
  // Garbage that was not collected yet is in these figures; a leak of 100 bytes a process would add 80 MB.
  expect(Math.min(...heapMb.slice(7))).toBeLessThan(Math.min(...heapMb.slice(0, 3)) + 40);
}, 60_000);
