import { type Check, type PreflightContext, runChecks } from '../../../../src/app/preflight/check.ts';
import { HOST_CHECKS } from '../../../../src/app/preflight/host-checks.ts';
import type { HostView } from '../../../../src/app/preflight/host-view.ts';
import { KERNEL_CHECKS, kernelVersion } from '../../../../src/app/preflight/kernel-checks.ts';
import { SETTINGS_CHECKS } from '../../../../src/app/preflight/settings-checks.ts';
import { loadConfig } from '../../../../src/core/config/load.ts';
import { SentinelError } from '../../../../src/core/errors.ts';

/** Another machine: only its files are made up. */
function host(files: Readonly<Record<string, string>>, other: Partial<HostView> = {}): HostView {
  return {
    kernelRelease: '6.1.0-50-amd64',
    architecture: 'x64',
    uid: 0,
    read: (path) => files[path],
    exists: (path) => path === '/' || path in files,
    isSocket: (path) => files[path] === 'socket',
    isDirectory: (path) => path === '/' || files[path] === 'directory',
    mayWrite: () => true,
    link: (path) => files[path],
    freeBytes: () => 2 ** 40,
    clockReadNs: () => 50,
    ...other,
  };
}

const NO_ADDON = new SentinelError('SNT_KERNEL_UNSUPPORTED', 'Cannot load the eBPF addon (/tmp: noexec)', {
  hint: 'mount one of them without noexec',
});

function context(view: HostView, env: Readonly<Record<string, string>> = {}): PreflightContext {
  const settings = loadConfig({ env, defaultFile: '/nonexistent/sentinel.yaml' });
  return { host: view, kernel: NO_ADDON, settings, programs: undefined };
}

async function find(checks: readonly Check[], id: string, given: PreflightContext) {
  const found = (await runChecks(checks, given)).find((result) => result.id === id);
  if (found === undefined) {
    throw new Error(`no check ${id}`);
  }
  return found;
}

describe('kernelVersion()', () => {
  it.each([
    ['6.18.44-generic', 'x64', 'ok'],
    ['5.10.262', 'arm64', 'ok'],
    ['5.9.0', 'x64', 'warn'],
    ['5.8.0-1-amd64', 'x64', 'warn'],
    ['5.7.19', 'x64', 'fail'],
    ['4.18.0-553.el8', 'x64', 'fail'],
    ['10.0.0', 'x64', 'ok'],
    ['6.1.0', 'ia32', 'fail'],
    ['garbage', 'x64', 'fail'],
  ])('judges %s on %s: %s', (release, architecture, status) => {
    const finding = kernelVersion(release, architecture);
    expect(finding.status).toBe(status);
    expect(finding.fix === undefined).toBe(status === 'ok');
  });
});

describe('KERNEL_CHECKS without the addon', () => {
  it('fails the addon with its reason and skips what needs it', async () => {
    const results = await runChecks(KERNEL_CHECKS, context(host({})));
    expect(results.find(({ id }) => id === 'addon')).toMatchObject({
      status: 'fail',
      detail: NO_ADDON.message,
      fix: NO_ADDON.hint,
    });
    const skipped = results.filter(({ detail }) => detail === 'could not be tried without the addon');
    expect(skipped.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['capabilities', 'memlock', 'ring_buffer', 'programs', 'attach_tp_btf']),
    );
  });

  it.each([
    ['btf', {}, 'fail'],
    ['btf', { '/sys/kernel/btf/vmlinux': '' }, 'ok'],
    ['lockdown', {}, 'skip'],
    ['lockdown', { '/sys/kernel/security/lockdown': '[none] integrity confidentiality' }, 'ok'],
    ['lockdown', { '/sys/kernel/security/lockdown': 'none [integrity] confidentiality' }, 'ok'],
    ['lockdown', { '/sys/kernel/security/lockdown': 'none integrity [confidentiality]' }, 'fail'],
    ['jit', { '/proc/sys/net/core/bpf_jit_enable': '0' }, 'warn'],
    ['jit', { '/proc/sys/net/core/bpf_jit_enable': '1' }, 'ok'],
    ['unprivileged_bpf', { '/proc/sys/kernel/unprivileged_bpf_disabled': '0' }, 'warn'],
    ['unprivileged_bpf', { '/proc/sys/kernel/unprivileged_bpf_disabled': '2' }, 'ok'],
    ['bpf_stats', { '/proc/sys/kernel/bpf_stats_enabled': '1' }, 'warn'],
    ['seccomp', { '/proc/self/status': 'Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1' }, 'warn'],
    ['seccomp', { '/proc/self/status': 'Name:\tx\nSeccomp:\t0\nSeccomp_filters:\t0' }, 'ok'],
    ['tracefs', { '/proc/self/mounts': 'proc /proc proc rw 0 0' }, 'skip'],
    ['tracefs', { '/proc/self/mounts': 'tracefs /sys/kernel/tracing tracefs rw 0 0' }, 'ok'],
  ])('%s with %p is %s', async (id, files, status) => {
    expect((await find(KERNEL_CHECKS, id, context(host(files)))).status).toBe(status);
  });
});

describe('HOST_CHECKS', () => {
  it.each([
    ['cgroup', { '/sys/fs/cgroup/cgroup.controllers': 'cpu' }, 'ok'],
    ['cgroup', { '/sys/fs/cgroup/unified/cgroup.procs': '' }, 'warn'],
    ['cgroup', {}, 'warn'],
    ['pid_namespace', { '/proc/self/ns/pid': 'pid:[4026531836]' }, 'ok'],
    ['pid_namespace', { '/proc/self/ns/pid': 'pid:[4026532301]' }, 'warn'],
    ['pid_namespace', {}, 'warn'],
  ])('%s with %p is %s', async (id, files, status) => {
    expect((await find(HOST_CHECKS, id, context(host(files)))).status).toBe(status);
  });

  it('names the container runtimes whose sockets it sees', async () => {
    const files = { '/run/docker.sock': 'socket', '/run/crio/crio.sock': 'a file' };
    expect((await find(HOST_CHECKS, 'container_runtimes', context(host(files)))).detail).toBe('Docker');
  });

  it.each([
    ['tsc', 50, 'ok'],
    ['hpet', 50, 'warn'],
    ['tsc', 1500, 'warn'],
  ])('clock %s at %p ns a read is %s', async (source, costNs, status) => {
    const files = { '/sys/devices/system/clocksource/clocksource0/current_clocksource': source };
    const view = host(files, { clockReadNs: () => costNs });
    expect((await find(HOST_CHECKS, 'clock', context(view))).status).toBe(status);
  });

  const TO_FILE = { SENTINEL_SINKS__ENABLED: 'file', SENTINEL_SINKS__FILE__PATH: '/var/log/s/e.bin' };

  it('judges the nearest directory that exists for a file that does not', async () => {
    const asked: string[] = [];
    const view = host(
      { '/var': 'directory' },
      { mayWrite: (path) => asked.push(path) > 0, freeBytes: (path) => 2 ** 40 + asked.push(path) },
    );
    expect((await find(HOST_CHECKS, 'disk', context(view, TO_FILE))).status).toBe('ok');
    expect(asked).toEqual(['/var', '/var']);
  });

  it.each([
    ['not writable', { mayWrite: () => false }, 'fail'],
    ['a directory', { isDirectory: () => true }, 'fail'],
    ['short of space', { freeBytes: () => 52_428_800 * 3 - 1 }, 'warn'],
    ['just enough', { freeBytes: () => 52_428_800 * 3 }, 'ok'],
  ])('event file %s', async (_, other, status) => {
    expect((await find(HOST_CHECKS, 'disk', context(host({}, other), TO_FILE))).status).toBe(status);
  });

  it('skips the event file when nothing is written to it', async () => {
    expect((await find(HOST_CHECKS, 'disk', context(host({})))).status).toBe('skip');
  });
});

describe('SETTINGS_CHECKS', () => {
  it('takes the rules that ship', async () => {
    expect(await find(SETTINGS_CHECKS, 'rules', context(host({})))).toMatchObject({ status: 'ok' });
  });

  it.each([
    [
      'events',
      { SENTINEL_PROBE__EVENTS: 'net_burst' },
      /^Cannot watch net_burst: .* \(env SENTINEL_PROBE__EVENTS\)$/,
    ],
    [
      'rules',
      { SENTINEL_RULES__FORWARD_FILE: '/nonexistent/r.yaml' },
      /^Cannot read the rules \/nonexistent\/r\.yaml: ENOENT/,
    ],
  ])('fails %s with the reason', async (id, env, detail) => {
    expect(await find(SETTINGS_CHECKS, id, context(host({}), env))).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(detail),
    });
  });

  it('fails a wrong configuration and skips what depends on it', async () => {
    const settings = new SentinelError('SNT_CONFIG_INVALID', 'probe.x is no setting', {
      place: { file: 's.yaml', line: 2, column: 3, text: '  x: 1' },
    });
    const results = await runChecks(SETTINGS_CHECKS, { ...context(host({})), settings });
    expect(results.map(({ status }) => status)).toEqual(['fail', 'skip', 'skip']);
    expect(results[0]?.detail).toBe('s.yaml:2:3: probe.x is no setting\n    x: 1\n    ^');
  });
});

describe('runChecks()', () => {
  it('reports a check that throws as failed and goes on', async () => {
    const broken: Check = {
      id: 'broken',
      title: 'Broken',
      run: () => {
        throw new Error('boom');
      },
    };
    const results = await runChecks([broken, ...SETTINGS_CHECKS], context(host({})));
    expect(results[0]).toMatchObject({
      id: 'broken',
      status: 'fail',
      detail: 'the check itself failed: boom',
    });
    expect(results).toHaveLength(1 + SETTINGS_CHECKS.length);
  });

  it('gives every check its own id', () => {
    const ids = [...KERNEL_CHECKS, ...HOST_CHECKS, ...SETTINGS_CHECKS].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
