/** net_*. */
import {
  addressFamilyName,
  ipProtocolName,
  ipv4Text,
  ipv6Text,
  socketTypeName,
} from '../../core/linux/sockets.ts';
import { RECORD_LAYOUT } from '../record-layout.ts';
import type { RecordView } from '../record-view.ts';
import type { Described, EventDescription } from './description.ts';
import type { AttributeWriter } from './writer.ts';

const N = RECORD_LAYOUT.net_record;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

function addressText(view: RecordView, offset: number): string | undefined {
  const family = view.u16(N.family);
  if (family === AF_INET) {
    return ipv4Text(view.slice(offset, 4));
  }
  return family === AF_INET6 ? ipv6Text(view.slice(offset, 16)) : undefined;
}

function transportOf(view: RecordView): string | undefined {
  const family = view.u16(N.family);
  if (family === AF_UNIX) {
    return 'unix';
  }
  return family === AF_INET || family === AF_INET6 ? ipProtocolName(view.u16(N.protocol)) : undefined;
}

/** The path of a unix socket; `@` for the NUL that an abstract name begins with. */
function unixPath(view: RecordView): string {
  const { text } = view.text(N.unix_path);
  if (text.startsWith('\0')) {
    return `@${text.slice(1)}`;
  }
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function endpoint(view: RecordView, address: number, port: number): string {
  const ip = addressText(view, address);
  if (ip === undefined) {
    return unixPath(view);
  }
  return ip.includes(':') ? `[${ip}]:${view.u16(port)}` : `${ip}:${view.u16(port)}`;
}

const remoteEnd = ({ view }: Described): string => endpoint(view, N.remote, N.remote_port);
const localEnd = ({ view }: Described): string => endpoint(view, N.local, N.local_port);
const transport = ({ view }: Described): string => transportOf(view) ?? '';

/** Both ends, source being who sends first: the caller of connect, the peer of accept. */
function writeEnds(view: RecordView, out: AttributeWriter, isInbound: boolean): void {
  const local = addressText(view, N.local);
  const remote = addressText(view, N.remote);
  const localPort = view.u16(N.local_port) || undefined;
  const remotePort = view.u16(N.remote_port) || undefined;
  out.plain('source.ip', isInbound ? remote : local);
  out.plain('source.port', isInbound ? remotePort : localPort);
  out.plain('destination.ip', isInbound ? local : remote);
  out.plain('destination.port', isInbound ? localPort : remotePort);
}

function writeSocket(view: RecordView, out: AttributeWriter): void {
  const family = view.u16(N.family);
  const type = view.u16(N.socket_type);
  out.plain('network.transport', transportOf(view));
  if (family === AF_INET || family === AF_INET6) {
    out.plain('network.type', family === AF_INET ? 'ipv4' : 'ipv6');
  }
  out.plain('socket.family', addressFamilyName(family));
  out.plain('socket.type', type === 0 ? undefined : socketTypeName(type));
  const fd = view.s32(N.fd);
  out.plain('socket.fd', fd < 0 ? undefined : fd);
  out.quoted('socket.path', unixPath(view));
}

function connectionOf(isInbound: (view: RecordView) => boolean): EventDescription['attributes'] {
  return ({ view }, out) => {
    const inbound = isInbound(view);
    writeEnds(view, out, inbound);
    writeSocket(view, out);
    out.plain('network.direction', inbound ? 'ingress' : 'egress');
  };
}

const netConnect: EventDescription = {
  object: remoteEnd,
  detail: transport,
  attributes: connectionOf(() => false),
};

const netAccept: EventDescription = {
  object: remoteEnd,
  detail: transport,
  attributes: connectionOf(() => true),
};

const netBind: EventDescription = {
  object: localEnd,
  detail: transport,
  attributes({ view }, out) {
    out.plain('destination.ip', addressText(view, N.local));
    out.plain('destination.port', view.u16(N.local_port) || undefined);
    writeSocket(view, out);
  },
};

const netListen: EventDescription = {
  object: localEnd,
  detail: transport,
  attributes(record, out) {
    netBind.attributes(record, out);
    out.plain('socket.backlog', record.view.u32(N.backlog));
  },
};

const netClose: EventDescription = {
  object: remoteEnd,
  detail: ({ view }) => `${view.u64(N.bytes_sent)}/${view.u64(N.bytes_received)}`,
  attributes({ view }, out) {
    const isInbound = view.u16(N.is_inbound) !== 0;
    const sent = view.u64(N.bytes_sent);
    const received = view.u64(N.bytes_received);
    writeEnds(view, out, isInbound);
    writeSocket(view, out);
    out.plain('network.direction', isInbound ? 'ingress' : 'egress');
    out.plain('source.bytes', isInbound ? received : sent);
    out.plain('destination.bytes', isInbound ? sent : received);
    out.plain('event.duration', view.u64(N.duration_ns));
  },
};

const netSend: EventDescription = netConnect;

const netSocket: EventDescription = {
  object: ({ view }) => addressFamilyName(view.u16(N.family)),
  detail: ({ view }) => socketTypeName(view.u16(N.socket_type)),
  attributes({ view }, out) {
    writeSocket(view, out);
    // Protocol numbers are the family's own; for packet sockets an Ethernet type in network order.
    out.plain('socket.protocol', view.u16(N.protocol));
  },
};

/** The net family, without DNS and bursts. */
export const NET_DESCRIPTIONS = {
  net_connect: netConnect,
  net_accept: netAccept,
  net_bind: netBind,
  net_listen: netListen,
  net_close: netClose,
  net_send: netSend,
  net_socket: netSocket,
} as const;
