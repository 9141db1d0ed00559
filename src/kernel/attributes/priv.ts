/** priv_*, sys_call and the heartbeat. */
import { bpfCommandName, bpfProgramTypeName } from '../../core/linux/bpf-commands.ts';
import { capabilityNames } from '../../core/linux/capabilities.ts';
import {
  cloneFlagNames,
  memfdFlagNames,
  mmapFlagNames,
  moduleFlagNames,
  protectionNames,
} from '../../core/linux/flags.ts';
import { ptraceRequestName } from '../../core/linux/ptrace.ts';
import { signalName } from '../../core/linux/signals.ts';
import { syscallName } from '../../core/linux/syscalls.ts';
import { NO_ID, RECORD_FLAG, RECORD_LAYOUT } from '../record-layout.ts';
import type { RecordView } from '../record-view.ts';
import type { Described, EventDescription } from './description.ts';
import type { AttributeWriter } from './writer.ts';

const H = RECORD_LAYOUT.record_header;
const V = RECORD_LAYOUT.priv_record;
const VALUE_BYTES = 8;
const COMM_BYTES = 16;

const value = (view: RecordView, index: number): number => view.u64(V.values + index * VALUE_BYTES);
const low32 = (view: RecordView, index: number): number => view.u32(V.values + index * VALUE_BYTES);
const hex = (view: RecordView, index: number): string => {
  const low = view.u32(V.values + index * VALUE_BYTES);
  const high = view.u32(V.values + index * VALUE_BYTES + 4);
  return high === 0 ? `0x${low.toString(16)}` : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
};

/** The call's own name, such as `setresuid`. */
export function syscallNameOf(view: RecordView): string | undefined {
  const number = view.u32(H.syscall);
  if (number === NO_ID) {
    return undefined;
  }
  const isCompat = (view.u16(H.flags) & RECORD_FLAG.compat32) !== 0;
  return syscallName(number, isCompat ? 'ia32' : 'x64');
}

/** Which of the real, effective and saved id each argument of a call sets. */
const ID_ARGUMENTS: Readonly<Record<string, readonly ('id' | 'effective.id' | 'saved.id')[]>> = {
  setuid: ['id'],
  setgid: ['id'],
  setreuid: ['id', 'effective.id'],
  setregid: ['id', 'effective.id'],
  setresuid: ['id', 'effective.id', 'saved.id'],
  setresgid: ['id', 'effective.id', 'saved.id'],
};

function writeIds(view: RecordView, out: AttributeWriter, family: 'user' | 'group'): void {
  const call = (syscallNameOf(view) ?? '').replace(/32$/, '');
  const names = ID_ARGUMENTS[call] ?? [];
  names.forEach((name, index) => {
    const id = low32(view, index);
    out.plain(`${family}.changes.${name}`, id === NO_ID ? undefined : id);
  });
}

const firstChangedId = ({ view }: Described): string => {
  const call = (syscallNameOf(view) ?? '').replace(/32$/, '');
  const count = ID_ARGUMENTS[call]?.length ?? 1;
  for (let index = 0; index < count; index++) {
    if (low32(view, index) !== NO_ID) {
      return String(low32(view, index));
    }
  }
  return '';
};
const callName = ({ view }: Described): string => syscallNameOf(view) ?? '';

const privSetuid: EventDescription = {
  object: firstChangedId,
  detail: callName,
  attributes(record, out) {
    const { view, host } = record;
    writeIds(view, out, 'user');
    const changed = firstChangedId(record);
    out.quoted('user.changes.name', changed === '' ? undefined : host.userName(Number(changed)));
  },
};

const privSetgid: EventDescription = {
  object: firstChangedId,
  detail: callName,
  attributes: ({ view }, out) => writeIds(view, out, 'group'),
};

function maskText(view: RecordView, index: number): string {
  return JSON.stringify(capabilityNames(view.bigU64(V.values + index * VALUE_BYTES)));
}

const privCapset: EventDescription = {
  object: ({ view }) => hex(view, 0),
  detail: () => '',
  attributes({ view }, out) {
    out.quoted('process.thread.capabilities.effective', maskText(view, 0));
    out.quoted('process.thread.capabilities.permitted', maskText(view, 1));
    out.quoted('process.thread.capabilities.inheritable', maskText(view, 2));
  },
};

function writeTarget({ view, host }: Described, out: AttributeWriter): void {
  const pid = view.s32(V.target_tgid);
  // 0 and negative numbers stand for groups of processes.
  if (pid <= 0) {
    return;
  }
  out.plain('target.process.pid', pid);
  const startTimeNs = view.u64(V.target_start_time_ns);
  if (startTimeNs === 0) {
    return;
  }
  const target = host.processes.lookup(pid, startTimeNs);
  const uid = view.u32(V.target_uid);
  out.plain('target.process.entity_id', target?.entityId);
  out.text('target.process.name', view.fixedText(V.target_comm, COMM_BYTES));
  out.quoted('target.process.executable', target?.executable);
  out.plain('target.user.id', uid);
  out.quoted('target.user.name', host.userName(uid));
}

const privPtrace: EventDescription = {
  object: ({ view }) => String(view.s32(V.target_tgid)),
  detail: ({ view }) => ptraceRequestName(low32(view, 0)),
  attributes(record, out) {
    out.plain('ptrace.request', ptraceRequestName(low32(record.view, 0)));
    writeTarget(record, out);
  },
};

const privSetns: EventDescription = {
  object: ({ view }) => view.text(V.path).text,
  detail: ({ view }) => cloneFlagNames(low32(view, 1)),
  attributes({ view }, out) {
    out.plain('namespace.flags', low32(view, 1) === 0 ? undefined : cloneFlagNames(low32(view, 1)));
    out.text('namespace.path', view.text(V.path));
    out.plain('file.inode', value(view, 2) || undefined);
  },
};

const privUnshare: EventDescription = {
  object: ({ view }) => cloneFlagNames(low32(view, 0)),
  detail: ({ view }) => String(low32(view, 0)),
  attributes: ({ view }, out) => out.plain('namespace.flags', cloneFlagNames(low32(view, 0))),
};

const privModuleLoad: EventDescription = {
  object: ({ view }) => view.text(V.path).text,
  detail: ({ view }) => view.text(V.name).text,
  attributes({ view }, out) {
    out.text('kernel.module.path', view.text(V.path));
    out.text('kernel.module.args', view.text(V.name));
    out.plain('kernel.module.size', value(view, 0) || undefined);
    const flags = low32(view, 1);
    out.plain('file.flags', flags === 0 ? undefined : moduleFlagNames(flags));
  },
};

const privBpfLoad: EventDescription = {
  object: ({ view }) => view.text(V.name).text,
  detail: ({ view }) => bpfProgramTypeName(low32(view, 1)),
  attributes({ view }, out) {
    out.plain('bpf.command', bpfCommandName(low32(view, 0)));
    out.text('bpf.name', view.text(V.name));
    out.plain('bpf.type', bpfProgramTypeName(low32(view, 1)));
    out.plain('bpf.instruction_count', low32(view, 2));
  },
};

const privMemfd: EventDescription = {
  object: ({ view }) => view.text(V.name).text,
  detail: ({ view }) => memfdFlagNames(low32(view, 1)),
  attributes({ view }, out) {
    const flags = low32(view, 1);
    out.text('memory.name', view.text(V.name));
    out.plain('memory.flags', flags === 0 ? undefined : memfdFlagNames(flags));
    out.plain('file.fd', view.s64(H.result) < 0 ? undefined : low32(view, 0));
  },
};

const privMmapExec: EventDescription = {
  object: ({ view }) => hex(view, 0),
  detail: ({ view }) => protectionNames(low32(view, 2)),
  attributes({ view }, out) {
    const flags = low32(view, 3);
    out.plain('memory.address', hex(view, 0));
    out.plain('memory.size', value(view, 1));
    out.plain('memory.protection', protectionNames(low32(view, 2)));
    out.plain('memory.flags', flags === 0 ? undefined : mmapFlagNames(flags));
  },
};

const privKill: EventDescription = {
  object: ({ view }) => String(view.s32(V.target_tgid)),
  detail: ({ view }) => signalName(low32(view, 0)),
  attributes(record, out) {
    out.plain('process.signal', signalName(low32(record.view, 0)));
    writeTarget(record, out);
  },
};

const ARGUMENTS = 6;

const sysCall: EventDescription = {
  object: callName,
  detail: ({ view }) => String(view.s64(H.result)),
  attributes({ view }, out) {
    let values = '';
    for (let index = 0; index < ARGUMENTS; index++) {
      values += `${index === 0 ? '' : '","'}${hex(view, index)}`;
    }
    out.quoted('syscall.args', `["${values}"]`);
  },
};

const agentHeartbeat: EventDescription = { object: () => '', detail: () => '', attributes: () => {} };

/** The priv family, single system calls, and the agent's heartbeat. */
export const PRIV_DESCRIPTIONS = {
  priv_setuid: privSetuid,
  priv_setgid: privSetgid,
  priv_capset: privCapset,
  priv_ptrace: privPtrace,
  priv_setns: privSetns,
  priv_unshare: privUnshare,
  priv_module_load: privModuleLoad,
  priv_bpf_load: privBpfLoad,
  priv_memfd: privMemfd,
  priv_mmap_exec: privMmapExec,
  priv_kill: privKill,
  sys_call: sysCall,
  agent_heartbeat: agentHeartbeat,
} as const;
