/** priv_*, sys_call and the heartbeat. */
import { bpfCommandName, bpfProgramTypeName } from '../../core/linux/bpf-commands.ts';
import {
  cloneFlagNames,
  memfdFlagNames,
  mmapFlagNames,
  moduleFlagNames,
  protectionNames,
} from '../../core/linux/flags.ts';
import { ptraceRequestName } from '../../core/linux/ptrace.ts';
import { signalName } from '../../core/linux/signals.ts';
import { keepTexts } from '../../core/number-texts.ts';
import type { ProcessInfo } from '../../core/process-info.ts';
import { NO_ID, RECORD_LAYOUT } from '../record-layout.ts';
import type { RecordView } from '../record-view.ts';
import { capabilitiesText } from './capabilities.ts';
import {
  type AttributeDefinition,
  type Described,
  type EventDescription,
  plain,
  quoted,
  text,
} from './description.ts';
import { syscallNameOf } from './header.ts';

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

/** Which of the real, effective and saved id each argument of a call sets. */
const ID_ARGUMENTS: Readonly<Record<string, readonly ('id' | 'effective.id' | 'saved.id')[]>> = {
  setuid: ['id'],
  setgid: ['id'],
  setreuid: ['id', 'effective.id'],
  setregid: ['id', 'effective.id'],
  setresuid: ['id', 'effective.id', 'saved.id'],
  setresgid: ['id', 'effective.id', 'saved.id'],
};

const NO_NAMES: readonly never[] = [];

function idArgumentsOf(view: RecordView): readonly string[] {
  const call = syscallNameOf(view) ?? '';
  return ID_ARGUMENTS[call.endsWith('32') ? call.slice(0, -2) : call] ?? NO_NAMES;
}

function changedId(family: 'user' | 'group', which: 'id' | 'effective.id' | 'saved.id'): AttributeDefinition {
  return plain(`${family}.changes.${which}`, ({ view }) => {
    const index = idArgumentsOf(view).indexOf(which);
    const id = index < 0 ? NO_ID : low32(view, index);
    return id === NO_ID ? undefined : id;
  });
}

function changedIds(family: 'user' | 'group'): AttributeDefinition[] {
  return [changedId(family, 'id'), changedId(family, 'effective.id'), changedId(family, 'saved.id')];
}

/** The first id that the call sets; {@link NO_ID} when it keeps them all. */
function firstChangedId(view: RecordView): number {
  const count = idArgumentsOf(view).length || 1;
  for (let index = 0; index < count; index++) {
    if (low32(view, index) !== NO_ID) {
      return low32(view, index);
    }
  }
  return NO_ID;
}

const firstChangedIdText = ({ view }: Described): string => {
  const id = firstChangedId(view);
  return id === NO_ID ? '' : String(id);
};
const callName = ({ view }: Described): string => syscallNameOf(view) ?? '';

/** What `namesOf` says of the flags at `index`; left out when there are none. */
function flags(
  name: 'namespace.flags' | 'file.flags' | 'memory.flags',
  index: number,
  namesOf: (flags: number) => string,
): AttributeDefinition {
  const namesOfKnown = keepTexts(namesOf);
  return plain(name, ({ view }) => {
    const value = low32(view, index);
    return value === 0 ? undefined : namesOfKnown(value);
  });
}

const privSetuid: EventDescription = {
  object: firstChangedIdText,
  detail: callName,
  attributes: [
    ...changedIds('user'),
    quoted('user.changes.name', ({ view, host }) => {
      const id = firstChangedId(view);
      return id === NO_ID ? undefined : host.userName(id);
    }),
  ],
};

const privSetgid: EventDescription = {
  object: firstChangedIdText,
  detail: callName,
  attributes: changedIds('group'),
};

const capabilities =
  (index: number) =>
  ({ view }: Described): string =>
    capabilitiesText(view, V.values + index * VALUE_BYTES);

const privCapset: EventDescription = {
  object: ({ view }) => hex(view, 0),
  detail: () => '',
  attributes: [
    quoted('process.thread.capabilities.effective', capabilities(0)),
    quoted('process.thread.capabilities.permitted', capabilities(1)),
    quoted('process.thread.capabilities.inheritable', capabilities(2)),
  ],
};

/** True when the record says which process is meant, and not only a number: then the kernel found it. */
function hasTarget(view: RecordView): boolean {
  return view.s32(V.target_tgid) > 0 && view.u64(V.target_start_time_ns) !== 0;
}

function targetOf({ view, host }: Described): ProcessInfo | undefined {
  return hasTarget(view)
    ? host.processes.lookup(view.s32(V.target_tgid), view.u64(V.target_start_time_ns))
    : undefined;
}

const TARGET: readonly AttributeDefinition[] = [
  plain('target.process.pid', ({ view }) => {
    const pid = view.s32(V.target_tgid);
    // 0 and negative numbers stand for groups of processes.
    return pid > 0 ? pid : undefined;
  }),
  plain('target.process.entity_id', (record) => targetOf(record)?.entityId),
  text('target.process.name', ({ view }) =>
    hasTarget(view) ? view.fixedText(V.target_comm, COMM_BYTES) : undefined,
  ),
  quoted('target.process.executable', (record) => targetOf(record)?.executable),
  plain('target.user.id', ({ view }) => (hasTarget(view) ? view.u32(V.target_uid) : undefined)),
  quoted('target.user.name', ({ view, host }) =>
    hasTarget(view) ? host.userName(view.u32(V.target_uid)) : undefined,
  ),
];

const ptraceRequest = ({ view }: Described): string => ptraceRequestName(low32(view, 0));

const privPtrace: EventDescription = {
  object: ({ view }) => String(view.s32(V.target_tgid)),
  detail: ptraceRequest,
  attributes: [plain('ptrace.request', ptraceRequest), ...TARGET],
};

const privSetns: EventDescription = {
  object: ({ view }) => view.text(V.path).text,
  detail: ({ view }) => cloneFlagNames(low32(view, 1)),
  attributes: [
    flags('namespace.flags', 1, cloneFlagNames),
    text('namespace.path', ({ view }) => view.text(V.path)),
    plain('file.inode', ({ view }) => value(view, 2) || undefined),
  ],
};

const privUnshare: EventDescription = {
  object: ({ view }) => cloneFlagNames(low32(view, 0)),
  detail: ({ view }) => String(low32(view, 0)),
  attributes: [plain('namespace.flags', ({ view }) => cloneFlagNames(low32(view, 0)))],
};

const privModuleLoad: EventDescription = {
  object: ({ view }) => view.text(V.path).text,
  detail: ({ view }) => view.text(V.name).text,
  attributes: [
    text('kernel.module.path', ({ view }) => view.text(V.path)),
    text('kernel.module.args', ({ view }) => view.text(V.name)),
    plain('kernel.module.size', ({ view }) => value(view, 0) || undefined),
    flags('file.flags', 1, moduleFlagNames),
  ],
};

const bpfType = ({ view }: Described): string => bpfProgramTypeName(low32(view, 1));

const privBpfLoad: EventDescription = {
  object: ({ view }) => view.text(V.name).text,
  detail: bpfType,
  attributes: [
    plain('bpf.command', ({ view }) => bpfCommandName(low32(view, 0))),
    text('bpf.name', ({ view }) => view.text(V.name)),
    plain('bpf.type', bpfType),
    plain('bpf.instruction_count', ({ view }) => low32(view, 2)),
  ],
};

const privMemfd: EventDescription = {
  object: ({ view }) => view.text(V.name).text,
  detail: ({ view }) => memfdFlagNames(low32(view, 1)),
  attributes: [
    text('memory.name', ({ view }) => view.text(V.name)),
    flags('memory.flags', 1, memfdFlagNames),
    plain('file.fd', ({ view }) => (view.s64(H.result) < 0 ? undefined : low32(view, 0))),
  ],
};

const protection = keepTexts(protectionNames);

const privMmapExec: EventDescription = {
  object: ({ view }) => hex(view, 0),
  detail: ({ view }) => protection(low32(view, 2)),
  attributes: [
    plain('memory.address', ({ view }) => hex(view, 0)),
    plain('memory.size', ({ view }) => value(view, 1)),
    plain('memory.protection', ({ view }) => protection(low32(view, 2))),
    flags('memory.flags', 3, mmapFlagNames),
  ],
};

const signal = ({ view }: Described): string => signalName(low32(view, 0));

const privKill: EventDescription = {
  object: ({ view }) => String(view.s32(V.target_tgid)),
  detail: signal,
  attributes: [plain('process.signal', signal), ...TARGET],
};

const ARGUMENTS = 6;

const sysCall: EventDescription = {
  object: callName,
  detail: ({ view }) => String(view.s64(H.result)),
  attributes: [
    quoted('syscall.args', ({ view }) => {
      let values = '';
      for (let index = 0; index < ARGUMENTS; index++) {
        values += `${index === 0 ? '' : '","'}${hex(view, index)}`;
      }
      return `["${values}"]`;
    }),
  ],
};

const agentHeartbeat: EventDescription = { object: () => '', detail: () => '', attributes: [] };

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
