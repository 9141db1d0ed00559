/** What the header of every record says. */
import { errorCodeOf } from '../../core/linux/errno.ts';
import { syscallName } from '../../core/linux/syscalls.ts';
import { NO_ID, RECORD_FLAG, RECORD_LAYOUT } from '../record-layout.ts';
import type { RecordView } from '../record-view.ts';
import { type AttributeDefinition, type Described, plain, quoted } from './description.ts';

const H = RECORD_LAYOUT.record_header;
const EINPROGRESS = -115;

/** The call's own name, such as `setresuid`. */
export function syscallNameOf(view: RecordView): string | undefined {
  const number = view.u32(H.syscall);
  return number === NO_ID
    ? undefined
    : syscallName(number, hasFlag(view, RECORD_FLAG.compat32) ? 'ia32' : 'x64');
}

/** What the call was and how it ended; of the result only the error counts. */
export const CALL_ATTRIBUTES: readonly AttributeDefinition[] = [
  plain('event.outcome', (record) => (hasOutcome(record) ? outcomeOf(record.view.s64(H.result)) : undefined)),
  plain('error.code', (record) => (hasOutcome(record) ? errorCodeOf(record.view.s64(H.result)) : undefined)),
  plain('event.via', ({ view }) => (hasFlag(view, RECORD_FLAG.compat32) ? 'compat32' : undefined)),
  plain('syscall.name', ({ view }) => syscallNameOf(view)),
];

/** Who acted and where, in ids. */
export const IDENTITY_ATTRIBUTES: readonly AttributeDefinition[] = [
  plain('process.namespace.mount', ({ view }) => view.u32(H.mnt_ns) || undefined),
  plain('process.namespace.pid', ({ view }) => view.u32(H.pid_ns) || undefined),
  plain('process.is_kernel_thread', ({ view }) =>
    hasFlag(view, RECORD_FLAG.kernelThread) ? 'true' : undefined,
  ),
  plain('user.effective.id', ({ view }) => view.u32(H.euid)),
  plain('user.login.id', ({ view }) => idOf(view.u32(H.loginuid))),
  plain('user.session.id', ({ view }) => idOf(view.u32(H.sessionid))),
  plain('group.id', ({ view }) => view.u32(H.gid)),
  plain('cgroup.id', ({ view }) => view.u64(H.cgroup_id)),
];

/** What could not be read of the caller's text, and the deployment. */
export const REST_ATTRIBUTES: readonly AttributeDefinition[] = [
  plain('event.given', ({ view }) => {
    if (hasFlag(view, RECORD_FLAG.givenFault)) {
      return 'fault';
    }
    return hasFlag(view, RECORD_FLAG.givenTruncated) ? 'truncated' : undefined;
  }),
  quoted('cluster', ({ labels }) => labels.cluster),
  quoted('node', ({ labels }) => labels.node),
];

function hasFlag(view: RecordView, flag: number): boolean {
  return (view.u16(H.flags) & flag) !== 0;
}

function idOf(id: number): number | undefined {
  return id === NO_ID ? undefined : id;
}

/** What no call made has no outcome; an exec has one whatever made it. */
function hasOutcome({ view, type }: Described): boolean {
  return type === 'process_exec' || view.u32(H.syscall) !== NO_ID;
}

function outcomeOf(result: number): string {
  if (result >= 0 || result <= -4096) {
    return 'success';
  }
  return result === EINPROGRESS ? 'unknown' : 'failure';
}
