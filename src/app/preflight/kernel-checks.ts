/** Checks of the kernel: what it has, and what it lets this process do. */
import { SentinelError } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';
import { ATTACH_KINDS, type AttachKind, type KernelFacts, type Trial } from '../../kernel/facts.ts';
import type { Check, Finding, PreflightContext } from './check.ts';

/** Ring buffers and BTF tracepoint programs came with 5.8. */
const OLDEST_KERNEL = [5, 8] as const;

/** The oldest kernel that the programs were run on. */
const OLDEST_TESTED = [5, 10] as const;

const NEEDS_PRIVILEGES = 'could not be tried without privileges';

/** The checks, in the order in which one failure explains the next. */
export const KERNEL_CHECKS: readonly Check[] = [
  { id: 'kernel', title: 'Kernel', run: ({ host }) => kernelVersion(host.kernelRelease, host.architecture) },
  { id: 'addon', title: 'Addon', run: addon },
  { id: 'capabilities', title: 'Capabilities', run: capabilities },
  { id: 'btf', title: 'BTF', run: btf },
  { id: 'lockdown', title: 'Lockdown', run: lockdown },
  { id: 'memlock', title: 'Locked memory', run: memlock },
  { id: 'ring_buffer', title: 'Ring buffer', run: ringBuffer },
  { id: 'programs', title: 'Programs', run: programs },
  ...ATTACH_KINDS.map(
    (kind): Check => ({
      id: `attach_${kind.spec.kind}`,
      title: `Attach ${kind.spec.kind}`,
      run: (context) => attach(context, kind),
    }),
  ),
  { id: 'tracefs', title: 'tracefs', run: tracefs },
  { id: 'jit', title: 'BPF JIT', run: jit },
  { id: 'unprivileged_bpf', title: 'Unprivileged BPF', run: unprivilegedBpf },
  { id: 'bpf_stats', title: 'BPF statistics', run: bpfStats },
  { id: 'seccomp', title: 'Seccomp', run: seccomp },
];

/** Judges a kernel release such as `6.1.0-50-amd64`. */
export function kernelVersion(release: string, architecture: string): Finding {
  const match = /^(\d{1,4})\.(\d{1,4})/.exec(release);
  const version = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)] as const;
  const detail = `Linux ${release}, ${architecture}`;
  if (architecture !== 'x64' && architecture !== 'arm64') {
    return { status: 'fail', detail, fix: 'run on x86-64 or arm64' };
  }
  if (isOlder(version, OLDEST_KERNEL)) {
    return {
      status: 'fail',
      detail,
      fix: `run Linux ${OLDEST_KERNEL.join('.')} or later, which has ring buffers`,
    };
  }
  if (isOlder(version, OLDEST_TESTED)) {
    return {
      status: 'warn',
      detail: `${detail}, older than any that was tested`,
      fix: `run Linux ${OLDEST_TESTED.join('.')} or later`,
    };
  }
  return { status: 'ok', detail };
}

function isOlder(version: readonly [number, number], than: readonly [number, number]): boolean {
  return version[0] < than[0] || (version[0] === than[0] && version[1] < than[1]);
}

function addon({ kernel }: PreflightContext): Finding {
  if (kernel instanceof SentinelError) {
    return {
      status: 'fail',
      detail: kernel.message,
      ...(kernel.hint === undefined ? {} : { fix: kernel.hint }),
    };
  }
  return { status: 'ok', detail: `loaded, libbpf ${kernel.libbpfVersion.replace(/^v/, '')}` };
}

function capabilities({ kernel, host }: PreflightContext): Finding {
  if (kernel instanceof SentinelError) {
    return withoutAddon();
  }
  const held = kernel.capabilities();
  const isAdmin = held.includes('CAP_SYS_ADMIN');
  const missing = ['CAP_BPF', 'CAP_PERFMON'].filter((name) => !isAdmin && !held.includes(name));
  if (missing.length > 0) {
    return {
      status: 'fail',
      detail: `${missing.join(' and ')} missing (uid ${host.uid})`,
      fix: `run as root (sudo sentinel preflight); a service needs CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH`,
    };
  }
  const helpful = ['CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH'].filter((name) => !held.includes(name));
  if (helpful.length > 0) {
    return {
      status: 'warn',
      detail: `${helpful.join(' and ')} missing: less is known of processes that ran before the probe`,
      fix: 'grant them too',
    };
  }
  return {
    status: 'ok',
    detail: isAdmin
      ? 'CAP_SYS_ADMIN and what else is needed'
      : 'CAP_BPF, CAP_PERFMON and what else is needed',
  };
}

function btf({ kernel, host }: PreflightContext): Finding {
  const path = '/sys/kernel/btf/vmlinux';
  const isThere = kernel instanceof SentinelError ? host.exists(path) : kernel.hasBtf();
  return isThere
    ? { status: 'ok', detail: path }
    : {
        status: 'fail',
        detail: `no ${path}`,
        fix: 'run a kernel built with CONFIG_DEBUG_INFO_BTF=y, and mount /sys',
      };
}

function lockdown({ kernel, host }: PreflightContext): Finding {
  const line =
    kernel instanceof SentinelError ? host.read('/sys/kernel/security/lockdown') : kernel.lockdown();
  if (line === undefined) {
    return { status: 'skip', detail: '/sys/kernel/security/lockdown cannot be read' };
  }
  const mode = /\[(\w+)\]/.exec(line)?.[1] ?? line;
  return mode === 'confidentiality'
    ? {
        status: 'fail',
        detail: 'confidentiality: BPF programs cannot read kernel memory',
        fix: 'boot with lockdown=integrity, or without secure boot lockdown',
      }
    : { status: 'ok', detail: mode };
}

function memlock({ kernel, host }: PreflightContext): Finding {
  if (kernel instanceof SentinelError) {
    return withoutAddon();
  }
  const limit = kernel.raiseMemlock();
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(host.kernelRelease) ?? [];
  const isAccounted = isOlder([Number(major), Number(minor)], [5, 11]);
  if (limit === undefined) {
    return { status: 'ok', detail: 'no limit' };
  }
  const detail = formatBytes(Number(limit));
  return isAccounted
    ? {
        status: 'warn',
        detail: `${detail}, which this kernel counts maps against`,
        fix: 'set LimitMEMLOCK=infinity, or grant CAP_SYS_RESOURCE',
      }
    : { status: 'ok', detail: `${detail}; kernels since 5.11 do not count maps against it` };
}

function ringBuffer({ kernel, settings }: PreflightContext): Finding {
  if (kernel instanceof SentinelError) {
    return withoutAddon();
  }
  const size = ringBytes(kernel, settings);
  return ofTrial(kernel, kernel.tryRing(size), {
    detail: `created and mapped, ${formatBytes(size)}`,
    fix: 'give the host more memory, or set a smaller probe.ring_bytes',
  });
}

/** Bytes of the ring that `probe` would make. */
export function ringBytes(kernel: KernelFacts, settings: PreflightContext['settings']): number {
  const configured = settings instanceof SentinelError ? undefined : settings.config.probe.ring_bytes;
  return configured ?? kernel.defaultRingBytes();
}

function programs({ kernel, programs: outcome }: PreflightContext): Finding {
  if (kernel instanceof SentinelError) {
    return withoutAddon();
  }
  if (outcome === undefined) {
    return { status: 'skip', detail: NEEDS_PRIVILEGES };
  }
  const { trial, gaps, hint } = outcome;
  if (trial.ok && gaps.length > 0) {
    const lost = gaps.map(({ what, reason }) => `${what} (${reason})`);
    return { status: 'warn', detail: `loaded and attached; ${lost.join('; ')}` };
  }
  return ofTrial(kernel, trial, {
    detail: `all loaded and attached, sized for ${kernel.possibleCpus} CPUs`,
    fix: hint ?? 'report this with the output of sentinel --version and uname -a',
  });
}

function attach({ kernel }: PreflightContext, kind: AttachKind): Finding {
  if (kernel instanceof SentinelError) {
    return withoutAddon();
  }
  const trial = kernel.tryAttach(kind);
  if (!trial.ok && !kind.isNeeded && (kernel.isPrivileged || !isDenied(trial))) {
    return { status: 'skip', detail: `not here (${trial.reason}); not needed` };
  }
  return ofTrial(kernel, trial, {
    detail: `works (${kind.target})`,
    fix: 'run a kernel with CONFIG_BPF_EVENTS=y and CONFIG_DEBUG_INFO_BTF=y',
  });
}

function tracefs({ host }: PreflightContext): Finding {
  const mounts = host.read('/proc/self/mounts')?.split('\n') ?? [];
  const mount = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'tracefs');
  return mount === undefined
    ? { status: 'skip', detail: 'not mounted; not needed' }
    : { status: 'ok', detail: `mounted at ${mount[1]}` };
}

function jit({ host }: PreflightContext): Finding {
  const value = host.read('/proc/sys/net/core/bpf_jit_enable');
  if (value === undefined) {
    return { status: 'skip', detail: 'net.core.bpf_jit_enable cannot be read here' };
  }
  return value === '0'
    ? {
        status: 'warn',
        detail: 'off: every hook costs several times more',
        fix: 'sysctl -w net.core.bpf_jit_enable=1',
      }
    : { status: 'ok', detail: 'on' };
}

function unprivilegedBpf({ host }: PreflightContext): Finding {
  const value = host.read('/proc/sys/kernel/unprivileged_bpf_disabled');
  if (value === undefined) {
    return { status: 'skip', detail: 'kernel.unprivileged_bpf_disabled cannot be read' };
  }
  return value === '0'
    ? {
        status: 'warn',
        detail: 'any user may load BPF programs',
        fix: 'sysctl -w kernel.unprivileged_bpf_disabled=2',
      }
    : { status: 'ok', detail: `closed to other users (${value})` };
}

function bpfStats({ host }: PreflightContext): Finding {
  const value = host.read('/proc/sys/kernel/bpf_stats_enabled');
  if (value === undefined) {
    return { status: 'skip', detail: 'kernel.bpf_stats_enabled cannot be read' };
  }
  return value === '0'
    ? { status: 'ok', detail: 'off' }
    : {
        status: 'warn',
        detail: 'on: the kernel times every BPF program',
        fix: 'sysctl -w kernel.bpf_stats_enabled=0',
      };
}

function seccomp({ host }: PreflightContext): Finding {
  const mode = /^Seccomp:\s*(\d)/m.exec(host.read('/proc/self/status') ?? '')?.[1];
  if (mode === undefined) {
    return { status: 'skip', detail: '/proc/self/status does not say' };
  }
  return mode === '0'
    ? { status: 'ok', detail: 'no filter' }
    : {
        status: 'warn',
        detail: 'a filter is on, which may forbid bpf(2)',
        fix: 'if programs cannot be loaded, allow the bpf system call in the container profile',
      };
}

function ofTrial(
  kernel: KernelFacts,
  trial: Trial,
  texts: { readonly detail: string; readonly fix: string },
): Finding {
  if (trial.ok) {
    return { status: 'ok', detail: texts.detail };
  }
  return isDenied(trial) && !kernel.isPrivileged
    ? { status: 'skip', detail: `${NEEDS_PRIVILEGES} (${trial.code})` }
    : { status: 'fail', detail: trial.reason, fix: texts.fix };
}

function isDenied(trial: Trial): boolean {
  return !trial.ok && (trial.code === 'EPERM' || trial.code === 'EACCES');
}

function withoutAddon(): Finding {
  return { status: 'skip', detail: 'could not be tried without the addon' };
}
