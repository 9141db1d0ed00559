/**
 * The one table of field names: what our JSON calls an attribute (ECS, and where ECS has no word, in its manner) and
 * what Sigma, Falco and OCSF call the same thing. Nothing else spells a synonym.
 */

/** What other vocabularies call a field. */
export interface FieldSynonyms {
  readonly sigma?: string;
  readonly falco?: string;
  readonly ocsf?: string;
  /** Held by the event's envelope: `get()` answers it, `attributes` does not repeat it. */
  readonly inEnvelope?: true;
}

/** Every attribute by its ECS name, in the order in which attributes are written. Names last: add, never rename. */
export const FIELDS = {
  // The event
  'event.id': { ocsf: 'metadata.uid', inEnvelope: true },
  'event.action': { sigma: 'EventType', falco: 'evt.type', ocsf: 'activity_name', inEnvelope: true },
  /** `success`, `failure`, or `unknown` for a connect that goes on in the background. */
  'event.outcome': { falco: 'evt.failed', ocsf: 'status' },
  /** `EACCES`, `ENOENT`, … */
  'error.code': { falco: 'evt.res', ocsf: 'status_code' },
  'host.name': { sigma: 'ComputerName', falco: 'evt.hostname', ocsf: 'device.hostname', inEnvelope: true },
  /** Of what another call replaced or did on top: `io_uring`, `compat32`. */
  'event.via': {},
  'syscall.name': { sigma: 'SYSCALL', falco: 'syscall.type', ocsf: 'actor.process.system_call' },
  'syscall.number': {},
  /** Six hexadecimal arguments as a JSON array. */
  'syscall.args': { falco: 'evt.args' },
  /** What the call returned when it succeeded, if that says something (a descriptor, a pid, a size). */
  'syscall.return': { sigma: 'exit', falco: 'evt.rawres' },

  // The process that acted
  'process.pid': { sigma: 'ProcessId', falco: 'proc.pid', ocsf: 'process.pid', inEnvelope: true },
  'process.thread.id': { falco: 'thread.tid', ocsf: 'process.tid', inEnvelope: true },
  /** The kernel's `comm`, at most 15 bytes. */
  'process.name': { sigma: 'comm', falco: 'proc.name', ocsf: 'process.name', inEnvelope: true },
  /** Host-unique, survives pid reuse, stays over an exec. */
  'process.entity_id': { sigma: 'ProcessGuid', ocsf: 'process.uid' },
  /** The entity id, `.` and the time of the exec: changes with every program. Left out until an exec was seen. */
  'process.exec_id': {},
  /** As the kernel resolved it. */
  'process.executable': { sigma: 'Image', falco: 'proc.exepath', ocsf: 'process.file.path' },
  /** As the caller of exec gave it. */
  'process.executable.given': { falco: 'proc.exe' },
  /** Of a script: the program that runs it. */
  'process.interpreter': {},
  /** JSON array text; in full on `process_exec` only, see `process-info.ts`. */
  'process.args': { falco: 'proc.args' },
  'process.args_count': { falco: 'proc.cmdnargs' },
  /** `true` when arguments are missing at the end. */
  'process.args_truncated': {},
  /** Arguments joined by single spaces, as rules written for other systems expect; `process.args` keeps them apart. */
  'process.command_line': { sigma: 'CommandLine', falco: 'proc.cmdline', ocsf: 'process.cmd_line' },
  'process.working_directory': {
    sigma: 'CurrentDirectory',
    falco: 'proc.cwd',
    ocsf: 'process.working_directory',
  },
  'process.tty.name': { sigma: 'tty', falco: 'proc.tty' },
  'process.session_leader.pid': { falco: 'proc.sid', ocsf: 'process.session.uid' },
  'process.group_leader.pid': { falco: 'proc.vpgid' },
  'process.file.inode': { falco: 'proc.exe_ino' },
  /** `major:minor`. */
  'process.file.device': {},
  /** Four octal digits: `0755`, `4755`. */
  'process.file.mode': {},
  'process.exit_code': { falco: 'proc.exit.code', ocsf: 'exit_code' },
  /** Name of the signal that ended the process. */
  'process.exit_signal': { falco: 'evt.arg.sig' },
  /** Capability names as a JSON array. */
  'process.thread.capabilities.effective': { falco: 'thread.cap_effective' },
  'process.thread.capabilities.permitted': { falco: 'thread.cap_permitted' },
  'process.thread.capabilities.inheritable': { falco: 'thread.cap_inheritable' },
  'process.namespace.mount': {},
  'process.namespace.pid': {},
  /** `true` for a task without a user-space program. */
  'process.is_kernel_thread': {},
  'process.parent.pid': { sigma: 'ParentProcessId', falco: 'proc.ppid', ocsf: 'process.parent_process.pid' },
  'process.parent.entity_id': { sigma: 'ParentProcessGuid', ocsf: 'process.parent_process.uid' },
  'process.parent.name': { falco: 'proc.pname', ocsf: 'process.parent_process.name' },
  'process.parent.executable': {
    sigma: 'ParentImage',
    falco: 'proc.pexepath',
    ocsf: 'process.parent_process.file.path',
  },
  'process.parent.command_line': {
    sigma: 'ParentCommandLine',
    falco: 'proc.pcmdline',
    ocsf: 'process.parent_process.cmd_line',
  },
  'process.parent.working_directory': { sigma: 'ParentCurrentDirectory' },
  /** Names from the parent upwards, JSON array. */
  'process.ancestors': { falco: 'proc.aname', ocsf: 'process.ancestry' },
  /** The process that a fork made. */
  'process.child.pid': {},
  'process.child.entity_id': {},

  // Who
  'user.id': { sigma: 'uid', falco: 'user.uid', ocsf: 'actor.user.uid', inEnvelope: true },
  'user.name': { sigma: 'User', falco: 'user.name', ocsf: 'actor.user.name' },
  'user.effective.id': { sigma: 'euid', falco: 'thread.euid' },
  'user.effective.name': {},
  /** Who logged in, whatever su or sudo made of it (audit loginuid). */
  'user.login.id': { sigma: 'auid', falco: 'user.loginuid' },
  'user.login.name': { falco: 'user.loginname' },
  /** Audit session. */
  'user.session.id': { sigma: 'LogonId', ocsf: 'actor.session.uid' },
  'group.id': { sigma: 'gid', falco: 'group.gid', ocsf: 'actor.user.groups.uid' },
  'group.name': { falco: 'group.name', ocsf: 'actor.user.groups.name' },
  /** Ids that a setuid or setgid call asked for; left out where the call kept them. */
  'user.changes.id': {},
  'user.changes.effective.id': {},
  'user.changes.saved.id': {},
  'user.changes.name': {},
  'group.changes.id': {},
  'group.changes.effective.id': {},
  'group.changes.saved.id': {},

  // Where it ran
  'container.id': { falco: 'container.id', ocsf: 'container.uid', inEnvelope: true },
  'container.runtime': { falco: 'container.type', ocsf: 'container.runtime' },
  'orchestrator.pod.uid': { falco: 'k8s.pod.uid', ocsf: 'container.pod_uuid' },
  'cgroup.id': {},
  'cgroup.path': { falco: 'thread.cgroups' },

  // Files and file systems
  /** As resolved; see `file.path.resolution`. */
  'file.path': { sigma: 'TargetFilename', falco: 'fd.name', ocsf: 'file.path' },
  /** As the caller gave it. */
  'file.path.given': { falco: 'fd.nameraw' },
  /** `kernel`, `lookup` (from /proc just after the call) or `lexical` (joined only; links not followed). */
  'file.path.resolution': {},
  /** `true` when leading components are missing. */
  'file.path.truncated': {},
  'file.path.deleted': {},
  /** New name of a rename or link, as resolved. For a symlink what it points at, as given. */
  'file.target_path': { falco: 'evt.arg.newpath', ocsf: 'file_result.path' },
  'file.target_path.given': {},
  'file.target_path.resolution': {},
  'file.inode': { falco: 'evt.arg.ino', ocsf: 'file.uid' },
  /** `major:minor` of the file system, or of the node that mknod makes. */
  'file.device': { falco: 'evt.arg.dev' },
  /** `file`, `dir`, `symlink`, `char`, `block`, `fifo`, `socket`. */
  'file.type': { falco: 'fd.type', ocsf: 'file.type' },
  /** Four octal digits. */
  'file.mode': { falco: 'evt.arg.mode', ocsf: 'file.security_descriptor' },
  /** The mode that a chmod, mkdir or mknod asked for, four octal digits. */
  'file.changes.mode': {},
  /** Bytes that a truncate leaves. */
  'file.size': { ocsf: 'file.size' },
  /** Names joined by `|`. */
  'file.flags': { falco: 'evt.arg.flags' },
  'file.created': { falco: 'evt.is_open_create' },
  'file.truncated': {},
  /** `true` when the file was opened for writing. */
  'file.written': { falco: 'evt.is_open_write' },
  'file.fd': { falco: 'fd.num' },
  'file.uid': {},
  'file.gid': {},
  /** The owner that a chown asked for. */
  'file.changes.uid': {},
  'file.changes.gid': {},
  'file.changes.owner': {},
  'file.changes.group': {},
  'fs.type': { falco: 'evt.arg.type' },
  'fs.source': { falco: 'evt.arg.dev_name' },
  /** Mount or umount flag names joined by `|`. */
  'fs.flags': {},

  // Network
  'source.ip': { sigma: 'SourceIp', falco: 'fd.cip', ocsf: 'src_endpoint.ip' },
  'source.port': { sigma: 'SourcePort', falco: 'fd.cport', ocsf: 'src_endpoint.port' },
  'source.bytes': { ocsf: 'traffic.bytes_out' },
  'destination.ip': { sigma: 'DestinationIp', falco: 'fd.sip', ocsf: 'dst_endpoint.ip' },
  'destination.port': { sigma: 'DestinationPort', falco: 'fd.sport', ocsf: 'dst_endpoint.port' },
  'destination.bytes': { ocsf: 'traffic.bytes_in' },
  'destination.domain': { sigma: 'DestinationHostname', falco: 'fd.sip.name', ocsf: 'dst_endpoint.hostname' },
  /** `tcp`, `udp`, `unix`, `icmp`, … */
  'network.transport': { sigma: 'Protocol', falco: 'fd.l4proto', ocsf: 'connection_info.protocol_name' },
  /** `ipv4`, `ipv6`. */
  'network.type': { falco: 'fd.typechar', ocsf: 'connection_info.protocol_ver' },
  /** `ingress` or `egress`. */
  'network.direction': { sigma: 'Initiated', ocsf: 'connection_info.direction' },
  /** `AF_INET`, `AF_PACKET`, … */
  'socket.family': { falco: 'evt.arg.domain' },
  /** `SOCK_STREAM`, … */
  'socket.type': { falco: 'evt.arg.socktype' },
  'socket.protocol': { falco: 'evt.arg.proto' },
  'socket.fd': {},
  /** Identifies the socket while it lives. */
  'socket.id': {},
  /** Of a unix socket; `@` stands for the leading NUL of an abstract one. */
  'socket.path': { falco: 'fd.sun_path' },
  'socket.backlog': {},
  'socket.peer.pid': {},
  /** Nanoseconds. */
  'event.duration': { ocsf: 'duration' },
  'dns.question.name': { sigma: 'QueryName', ocsf: 'query.hostname' },
  'dns.question.type': { sigma: 'record_type', ocsf: 'query.type' },
  'dns.response_code': { sigma: 'QueryStatus', ocsf: 'rcode' },
  /** Addresses as a JSON array. */
  'dns.resolved_ip': { sigma: 'QueryResults', ocsf: 'answers' },

  // Privilege
  'target.process.pid': { sigma: 'TargetProcessId', falco: 'evt.arg.pid' },
  'target.process.entity_id': { sigma: 'TargetProcessGUID' },
  'target.process.name': {},
  'target.process.executable': { sigma: 'TargetImage' },
  'target.user.id': {},
  'target.user.name': { sigma: 'TargetUser' },
  /** `SIGKILL`, … */
  'process.signal': { falco: 'evt.arg.sig_name' },
  /** `PTRACE_ATTACH`, … */
  'ptrace.request': { falco: 'evt.arg.request' },
  /** `CLONE_NEWNS|…`. */
  'namespace.flags': { falco: 'evt.arg.nstype' },
  'namespace.path': {},
  'kernel.module.path': {},
  'kernel.module.args': { falco: 'evt.arg.uargs' },
  'kernel.module.size': {},
  'bpf.command': { falco: 'evt.arg.cmd' },
  'bpf.name': {},
  'bpf.type': {},
  'bpf.instruction_count': {},
  'memory.name': {},
  'memory.flags': {},
  /** Hexadecimal with `0x`. */
  'memory.address': { falco: 'evt.arg.addr' },
  'memory.size': { falco: 'evt.arg.length' },
  /** `PROT_READ|PROT_EXEC`. */
  'memory.protection': { falco: 'evt.arg.prot' },
  /** Text of a caller that could not be read: `fault` or `truncated`. */
  'event.given': {},

  // The agent about itself
  'agent.sequence': {},
  'agent.loss.type': {},
  'agent.loss.reason': {},
  'agent.loss.events': {},
  'agent.tamper.kind': {},

  // Deployment, as upstream's probe adds them
  cluster: {},
  node: {},
  /** Upstream's word for the open flags' names; equals `file.flags`. */
  open_flags: {},
} as const satisfies Record<string, FieldSynonyms>;

/** The ECS name of an attribute that we emit. */
export type FieldName = keyof typeof FIELDS;

/** All field names in writing order. */
export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[]; // the compiler widens keys to string

/**
 * The attributes that `ProcessInfo` writes, in its order. Who writes an event's other attributes leaves these out, or a
 * JSON object would have a key twice.
 */
export const PROCESS_FIELDS = [
  'process.entity_id',
  'process.exec_id',
  'process.executable',
  'process.args',
  'process.args_count',
  'process.args_truncated',
  'process.command_line',
  'process.working_directory',
  'process.tty.name',
  'process.parent.pid',
  'process.parent.entity_id',
  'process.parent.name',
  'process.parent.executable',
  'process.parent.command_line',
  'process.ancestors',
  'user.name',
  'user.login.name',
  'container.runtime',
  'orchestrator.pod.uid',
] as const satisfies readonly FieldName[];

/** True when `name` is one of our fields. */
export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name);
}

/** The name that code uses: `process.command_line` is `process.commandLine`. */
export function codeNameOf(field: FieldName): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A vocabulary other than ours. */
export type FieldVocabulary = 'sigma' | 'falco' | 'ocsf';

const byVocabulary = new Map<FieldVocabulary, ReadonlyMap<string, FieldName>>();

/** Our field for a name of `vocabulary`; undefined when we have none. Case-sensitive, as those vocabularies are. */
export function fieldOf(vocabulary: FieldVocabulary, name: string): FieldName | undefined {
  let table = byVocabulary.get(vocabulary);
  if (table === undefined) {
    const built = new Map<string, FieldName>();
    for (const field of FIELD_NAMES) {
      const synonyms: FieldSynonyms = FIELDS[field];
      const synonym = synonyms[vocabulary];
      if (synonym !== undefined) {
        built.set(synonym, field);
      }
    }
    table = built;
    byVocabulary.set(vocabulary, table);
  }
  return table.get(name);
}
