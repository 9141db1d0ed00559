/** process_exec, process_fork, process_exit. */
import { capabilityNames } from '../../core/linux/capabilities.ts';
import { deviceText, modeText } from '../../core/linux/files.ts';
import { signalName } from '../../core/linux/signals.ts';
import { RECORD_FLAG, RECORD_LAYOUT } from '../record-layout.ts';
import type { Described, EventDescription } from './description.ts';

const H = RECORD_LAYOUT.record_header;
const EXEC = RECORD_LAYOUT.exec_record;
const FORK = RECORD_LAYOUT.fork_record;
const EXIT = RECORD_LAYOUT.exit_record;

function capabilities(record: Described, offset: number): string | undefined {
  const mask = record.view.bigU64(offset);
  return mask === 0n ? undefined : JSON.stringify(capabilityNames(mask));
}

const processExec: EventDescription = {
  object: ({ view }) => view.text(EXEC.executable).text || view.text(EXEC.given).text,
  detail: (record) => record.args().join(' '),
  attributes(record, out) {
    const { view } = record;
    out.text('process.executable.given', view.text(EXEC.given));
    out.text('process.interpreter', view.text(EXEC.interpreter));
    out.plain('process.session_leader.pid', view.u32(EXEC.sid));
    out.plain('process.group_leader.pid', view.u32(EXEC.pgid));
    if (view.hasText(EXEC.executable)) {
      out.plain('process.file.inode', view.u64(EXEC.inode));
      out.plain('process.file.device', deviceText(view.u32(EXEC.device)));
      out.plain('process.file.mode', modeText(view.u32(EXEC.mode)));
    }
    out.quoted('process.thread.capabilities.effective', capabilities(record, EXEC.cap_effective));
    out.quoted('process.thread.capabilities.permitted', capabilities(record, EXEC.cap_permitted));
    out.quoted('process.thread.capabilities.inheritable', capabilities(record, EXEC.cap_inheritable));
    out.text('cgroup.path', view.text(EXEC.cgroup));
    if (view.u16(H.flags) & RECORD_FLAG.pathDeleted) {
      out.plain('file.path.deleted', 'true');
    }
  },
};

const processFork: EventDescription = {
  object: ({ view }) => String(view.u32(FORK.child_tgid)),
  detail: () => '',
  attributes({ view, host }, out) {
    const child = host.processes.lookup(view.u32(FORK.child_tgid), view.u64(FORK.child_start_time_ns));
    out.plain('process.child.pid', view.u32(FORK.child_tgid));
    out.plain('process.child.entity_id', child?.entityId);
  },
};

const processExit: EventDescription = {
  object: ({ view }) => String(view.u32(EXIT.exit_code)),
  detail: ({ view }) => (view.u32(EXIT.signal) === 0 ? '' : signalName(view.u32(EXIT.signal))),
  attributes({ view }, out) {
    const signal = view.u32(EXIT.signal);
    out.plain('process.exit_code', signal === 0 ? view.u32(EXIT.exit_code) : undefined);
    out.plain('process.exit_signal', signal === 0 ? undefined : signalName(signal));
    out.plain('event.duration', Math.max(0, view.u64(H.time_ns) - view.u64(H.start_time_ns)));
  },
};

/** The process family. */
export const PROCESS_DESCRIPTIONS = {
  process_exec: processExec,
  process_fork: processFork,
  process_exit: processExit,
} as const;
