/** process_exec, process_fork, process_exit. */
import { deviceText, modeText } from '../../core/linux/files.ts';
import { signalName } from '../../core/linux/signals.ts';
import { RECORD_FLAG, RECORD_LAYOUT } from '../record-layout.ts';
import { capabilitiesText } from './capabilities.ts';
import { type Described, type EventDescription, plain, quoted, text } from './description.ts';

const H = RECORD_LAYOUT.record_header;
const EXEC = RECORD_LAYOUT.exec_record;
const FORK = RECORD_LAYOUT.fork_record;
const EXIT = RECORD_LAYOUT.exit_record;

/** `read` where the kernel knew the executable. */
const ofExecutable =
  <T>(read: (record: Described) => T) =>
  (record: Described): T | undefined =>
    record.view.hasText(EXEC.executable) ? read(record) : undefined;

const capabilities =
  (offset: number) =>
  ({ view }: Described): string | undefined =>
    view.u32(offset) === 0 && view.u32(offset + 4) === 0 ? undefined : capabilitiesText(view, offset);

const processExec: EventDescription = {
  object: ({ view }) => view.text(EXEC.executable).text || view.text(EXEC.given).text,
  detail: (record) => record.args().join(' '),
  attributes: [
    text('process.executable.given', ({ view }) => view.text(EXEC.given)),
    text('process.interpreter', ({ view }) => view.text(EXEC.interpreter)),
    plain('process.session_leader.pid', ({ view }) => view.u32(EXEC.sid)),
    plain('process.group_leader.pid', ({ view }) => view.u32(EXEC.pgid)),
    plain(
      'process.file.inode',
      ofExecutable(({ view }) => view.u64(EXEC.inode)),
    ),
    plain(
      'process.file.device',
      ofExecutable(({ view }) => deviceText(view.u32(EXEC.device))),
    ),
    plain(
      'process.file.mode',
      ofExecutable(({ view }) => modeText(view.u32(EXEC.mode))),
    ),
    quoted('process.thread.capabilities.effective', capabilities(EXEC.cap_effective)),
    quoted('process.thread.capabilities.permitted', capabilities(EXEC.cap_permitted)),
    quoted('process.thread.capabilities.inheritable', capabilities(EXEC.cap_inheritable)),
    text('cgroup.path', ({ view }) => view.text(EXEC.cgroup)),
    plain('file.path.deleted', ({ view }) =>
      view.u16(H.flags) & RECORD_FLAG.pathDeleted ? 'true' : undefined,
    ),
  ],
};

const processFork: EventDescription = {
  object: ({ view }) => String(view.u32(FORK.child_tgid)),
  detail: () => '',
  attributes: [
    plain('process.child.pid', ({ view }) => view.u32(FORK.child_tgid)),
    plain(
      'process.child.entity_id',
      ({ view, host }) =>
        host.processes.lookup(view.u32(FORK.child_tgid), view.u64(FORK.child_start_time_ns))?.entityId,
    ),
  ],
};

const signalOf = ({ view }: Described): string | undefined =>
  view.u32(EXIT.signal) === 0 ? undefined : signalName(view.u32(EXIT.signal));

const processExit: EventDescription = {
  object: ({ view }) => String(view.u32(EXIT.exit_code)),
  detail: (record) => signalOf(record) ?? '',
  attributes: [
    plain('process.exit_code', ({ view }) =>
      view.u32(EXIT.signal) === 0 ? view.u32(EXIT.exit_code) : undefined,
    ),
    plain('process.exit_signal', signalOf),
    plain('event.duration', ({ view }) => Math.max(0, view.u64(H.time_ns) - view.u64(H.start_time_ns))),
  ],
};

/** The process family. */
export const PROCESS_DESCRIPTIONS = {
  process_exec: processExec,
  process_fork: processFork,
  process_exit: processExit,
} as const;
