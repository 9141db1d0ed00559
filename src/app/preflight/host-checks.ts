/** Checks of the host around the kernel: containers, clock, disk. */
import { dirname } from 'node:path';
import { SentinelError } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';
import type { Check, Finding, PreflightContext } from './check.ts';

// include/linux/proc_ns.h: PROC_PID_INIT_INO
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/** Clock sources that are read without a system call. */
const FAST_CLOCKS = ['tsc', 'kvm-clock', 'hyperv_clocksource_tsc_page', 'arch_sys_counter', 'xen'];

/** A clock read beyond this makes time stamps a large part of each event's cost. */
const SLOW_CLOCK_NS = 1000;

const RUNTIME_SOCKETS: ReadonlyArray<readonly [runtime: string, path: string]> = [
  ['Docker', '/run/docker.sock'],
  ['containerd', '/run/containerd/containerd.sock'],
  ['CRI-O', '/run/crio/crio.sock'],
  ['Podman', '/run/podman/podman.sock'],
  ['k3s', '/run/k3s/containerd/containerd.sock'],
];

/** The checks. */
export const HOST_CHECKS: readonly Check[] = [
  { id: 'cgroup', title: 'Control groups', run: cgroup },
  { id: 'pid_namespace', title: 'PID namespace', run: pidNamespace },
  { id: 'container_runtimes', title: 'Container runtimes', run: containerRuntimes },
  { id: 'clock', title: 'Clock', run: clock },
  { id: 'disk', title: 'Event file', code: 'SNT_CONFIG_INVALID', run: disk },
];

function cgroup({ host }: PreflightContext): Finding {
  if (host.exists('/sys/fs/cgroup/cgroup.controllers')) {
    return { status: 'ok', detail: 'version 2' };
  }
  if (host.exists('/sys/fs/cgroup/unified/cgroup.procs')) {
    return {
      status: 'warn',
      detail: 'hybrid: only containers in the version 2 hierarchy are told apart',
      fix: 'boot with systemd.unified_cgroup_hierarchy=1',
    };
  }
  return host.exists('/sys/fs/cgroup')
    ? {
        status: 'warn',
        detail: 'version 1, or not mounted: containers cannot be told apart',
        fix: 'boot with systemd.unified_cgroup_hierarchy=1, or mount cgroup2 at /sys/fs/cgroup',
      }
    : {
        status: 'warn',
        detail: 'no /sys/fs/cgroup: containers cannot be told apart',
        fix: 'mount cgroup2 at /sys/fs/cgroup',
      };
}

function pidNamespace({ host }: PreflightContext): Finding {
  const namespace = host.link('/proc/self/ns/pid');
  if (namespace === undefined) {
    return {
      status: 'warn',
      detail: '/proc is not mounted: running processes cannot be named',
      fix: 'mount /proc',
    };
  }
  return namespace === INITIAL_PID_NAMESPACE
    ? { status: 'ok', detail: "the host's" }
    : {
        status: 'warn',
        detail: "a container's: /proc has other pids than the events",
        fix: 'run with the host pid namespace (docker run --pid=host, hostPID: true)',
      };
}

function containerRuntimes({ host }: PreflightContext): Finding {
  const found = RUNTIME_SOCKETS.filter(([, path]) => host.isSocket(path)).map(([name]) => name);
  return { status: 'ok', detail: found.length === 0 ? 'none found' : found.join(', ') };
}

function clock({ host }: PreflightContext): Finding {
  const source =
    host.read('/sys/devices/system/clocksource/clocksource0/current_clocksource') ?? 'unknown source';
  const costNs = host.clockReadNs();
  const detail = `${source}, ${costNs} ns a read`;
  const isSlow = costNs > SLOW_CLOCK_NS || (source !== 'unknown source' && !FAST_CLOCKS.includes(source));
  return isSlow
    ? {
        status: 'warn',
        detail: `${detail}: every event pays for it`,
        fix: 'boot with clocksource=tsc if the CPU allows it',
      }
    : { status: 'ok', detail };
}

function disk({ host, settings }: PreflightContext): Finding {
  if (settings instanceof SentinelError) {
    return { status: 'skip', detail: 'the configuration has to be right first' };
  }
  const { enabled, file } = settings.config.sinks;
  if (!enabled.includes('file')) {
    return { status: 'skip', detail: 'the file sink is off' };
  }
  if (host.isDirectory(file.path)) {
    return { status: 'fail', detail: `${file.path} is a directory`, fix: 'name a file in sinks.file.path' };
  }
  const existing = nearestExisting(file.path, (path) => host.exists(path));
  if (!host.mayWrite(existing)) {
    return {
      status: 'fail',
      detail: `${existing} cannot be written to`,
      fix: 'change its owner, or sinks.file.path',
    };
  }
  const free = host.freeBytes(existing);
  const need = file.rotate_max_bytes * file.rotate_max_files;
  const detail = `${file.path}, ${free === undefined ? 'unknown' : formatBytes(free)} free`;
  if (free !== undefined && file.rotate && free < need) {
    return {
      status: 'warn',
      detail: `${detail}, rotation may take ${formatBytes(need)}`,
      fix: 'free space, or lower sinks.file.rotate_max_bytes',
    };
  }
  return { status: 'ok', detail };
}

function nearestExisting(path: string, exists: (path: string) => boolean): string {
  let candidate = path;
  while (!exists(candidate) && candidate !== dirname(candidate)) {
    candidate = dirname(candidate);
  }
  return candidate;
}
