/** Preflight: everything that `probe` would need, tried without starting it. */
import { BUILD_INFO } from '../../core/build-info.ts';
import type { LoadedConfig } from '../../core/config/load.ts';
import { describeOrigin } from '../../core/config/origin.ts';
import { type ErrorCode, SentinelError } from '../../core/errors.ts';
import { type EventPlanRow, eventPlan, KernelFacts } from '../../kernel/facts.ts';
import { type Check, type CheckResult, type PreflightContext, runChecks } from './check.ts';
import { HOST_CHECKS } from './host-checks.ts';
import { type HostView, liveHost } from './host-view.ts';
import { KERNEL_CHECKS, ringBytes } from './kernel-checks.ts';
import { SETTINGS_CHECKS } from './settings-checks.ts';

/** One setting that is not at its default. */
export interface SettingRow {
  readonly setting: string;
  readonly value: unknown;
  /** `/etc/sentinel/sentinel.yaml:3`, `env NODE_NAME`, `flag --all`. */
  readonly origin: string;
}

/** What preflight found; the shape of `--output json`. Keys are added, never renamed. */
export interface PreflightReport {
  /** Whether `probe` would start. */
  readonly ok: boolean;
  /** What keeps it from starting, undefined when nothing does. */
  readonly error_code?: ErrorCode;
  readonly version: string;
  readonly kernel: string;
  readonly checks: readonly CheckResult[];
  readonly events: readonly EventPlanRow[];
  readonly settings: readonly SettingRow[];
}

const CHECKS: readonly Check[] = [...KERNEL_CHECKS, ...HOST_CHECKS, ...SETTINGS_CHECKS];

/** When several things fail, the exit status is that of the first of these. */
const GRAVEST_FIRST: readonly ErrorCode[] = [
  'SNT_KERNEL_UNSUPPORTED',
  'SNT_CONFIG_INVALID',
  'SNT_RULE_INVALID',
];

/**
 * Runs every check. Loads and attaches the kernel programs for a moment, and changes nothing else.
 *
 * @param settings The configuration, or why there is none; the other checks then use the defaults.
 */
export async function runPreflight(
  settings: LoadedConfig | SentinelError,
  host: HostView = liveHost(),
): Promise<PreflightReport> {
  const kernel = openKernel();
  const isTriable = !(kernel instanceof SentinelError) && kernel.isPrivileged;
  const programs = isTriable ? kernel.tryPrograms(ringBytes(kernel, settings)) : undefined;
  const context: PreflightContext = { host, kernel, settings, programs };
  const checks = await runChecks(CHECKS, context);
  const code = failureCode(checks);
  return {
    ok: code === undefined,
    ...(code === undefined ? {} : { error_code: code }),
    version: BUILD_INFO.version,
    kernel: host.kernelRelease,
    checks,
    events: eventPlan(programs),
    settings: settings instanceof SentinelError ? [] : settingRows(settings),
  };
}

function openKernel(): KernelFacts | SentinelError {
  try {
    return new KernelFacts();
  } catch (error) {
    if (error instanceof SentinelError) {
      return error;
    }
    throw error;
  }
}

function failureCode(results: readonly CheckResult[]): ErrorCode | undefined {
  const failed = new Set(results.filter(({ status }) => status === 'fail').map(({ id }) => id));
  const codes = CHECKS.filter(({ id }) => failed.has(id)).map(({ code }) => code ?? 'SNT_KERNEL_UNSUPPORTED');
  return GRAVEST_FIRST.find((code) => codes.includes(code));
}

function settingRows({ config, origins }: LoadedConfig): SettingRow[] {
  return [...origins]
    .filter(([, { kind }]) => kind !== 'default')
    .map(([setting, origin]) => ({
      setting,
      value: valueAt(config, setting),
      origin: describeOrigin(origin),
    }));
}

function valueAt(config: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (section, key) =>
        typeof section === 'object' && section !== null ? Reflect.get(section, key) : undefined,
      config,
    );
}
