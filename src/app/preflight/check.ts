/** What a preflight check is, and how a list of them is run. */
import type { LoadedConfig } from '../../core/config/load.ts';
import { type ErrorCode, messageOf, type SentinelError } from '../../core/errors.ts';
import type { KernelFacts, ProgramTrial } from '../../kernel/facts.ts';
import type { HostView } from './host-view.ts';

/** `warn` costs something and `fail` keeps `probe` from its job; `skip` could not be tried, or does not matter here. */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skip';

/** What a check found. */
export interface Finding {
  readonly status: CheckStatus;
  /** One clause: what is so. */
  readonly detail: string;
  /** One clause: what would make it right. */
  readonly fix?: string;
}

/** A finding with the check that it is of. */
export interface CheckResult extends Finding {
  /** Lasting name, for machines. */
  readonly id: string;
  readonly title: string;
}

/** One check. */
export interface Check {
  readonly id: string;
  readonly title: string;
  /** The error that its failure amounts to; SNT_KERNEL_UNSUPPORTED unless given. */
  readonly code?: ErrorCode;
  run(context: PreflightContext): Finding | Promise<Finding>;
}

/** What the checks look at. */
export interface PreflightContext {
  readonly host: HostView;
  /** The kernel, or why the addon could not be loaded. */
  readonly kernel: KernelFacts | SentinelError;
  /** The configuration, or what is wrong with it. */
  readonly settings: LoadedConfig | SentinelError;
  /** Outcome of loading the real programs; undefined when it was not tried. */
  readonly programs: ProgramTrial | undefined;
}

/** Runs the checks one after another. One that throws has failed; the others go on. */
export async function runChecks(checks: readonly Check[], context: PreflightContext): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    results.push({ id: check.id, title: check.title, ...(await findingOf(check, context)) });
  }
  return results;
}

async function findingOf(check: Check, context: PreflightContext): Promise<Finding> {
  try {
    return await check.run(context);
  } catch (error) {
    return {
      status: 'fail',
      detail: `the check itself failed: ${messageOf(error)}`,
    };
  }
}
