/** net_*. */
import {
  addressFamilyName,
  ipProtocolName,
  ipv4Text,
  ipv6Text,
  socketTypeName,
} from '../../core/linux/sockets.ts';
import { keepTexts } from '../../core/number-texts.ts';
import { RECORD_LAYOUT } from '../record-layout.ts';
import type { RecordView } from '../record-view.ts';
import {
  type AttributeDefinition,
  type Described,
  type EventDescription,
  plain,
  quoted,
} from './description.ts';
import { MemberCache } from './member-cache.ts';

const N = RECORD_LAYOUT.net_record;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

const IPV4_BYTES = new Uint8Array(4);
const IPV4_WORD = new DataView(IPV4_BYTES.buffer);
const ipv4TextOfWord = keepTexts((word) => {
  IPV4_WORD.setUint32(0, word, true);
  return ipv4Text(IPV4_BYTES);
});
const ipv6Texts = new MemberCache<string>(4);

function ipv6TextAt(view: RecordView, offset: number): string {
  for (let word = 0; word < 4; word++) {
    ipv6Texts.key(view.u32(offset + word * 4));
  }
  return ipv6Texts.find() ?? ipv6Texts.keep(ipv6Text(view.slice(offset, 16)));
}

function addressText(view: RecordView, offset: number): string | undefined {
  const family = view.u16(N.family);
  if (family === AF_INET) {
    return ipv4TextOfWord(view.u32(offset));
  }
  return family === AF_INET6 ? ipv6TextAt(view, offset) : undefined;
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

type IsInbound = (view: RecordView) => boolean;

/** Both ends, source being who sends first: the caller of connect, the peer of accept. */
function ends(isInbound: IsInbound): AttributeDefinition[] {
  const source = (view: RecordView): number => (isInbound(view) ? N.remote : N.local);
  const sourcePort = (view: RecordView): number => (isInbound(view) ? N.remote_port : N.local_port);
  const destination = (view: RecordView): number => (isInbound(view) ? N.local : N.remote);
  const destinationPort = (view: RecordView): number => (isInbound(view) ? N.local_port : N.remote_port);
  return [
    plain('source.ip', ({ view }) => addressText(view, source(view))),
    plain('source.port', ({ view }) => view.u16(sourcePort(view)) || undefined),
    plain('destination.ip', ({ view }) => addressText(view, destination(view))),
    plain('destination.port', ({ view }) => view.u16(destinationPort(view)) || undefined),
  ];
}

const SOCKET: readonly AttributeDefinition[] = [
  plain('network.transport', ({ view }) => transportOf(view)),
  plain('network.type', ({ view }) => {
    const family = view.u16(N.family);
    if (family === AF_INET) {
      return 'ipv4';
    }
    return family === AF_INET6 ? 'ipv6' : undefined;
  }),
  plain('socket.family', ({ view }) => addressFamilyName(view.u16(N.family))),
  plain('socket.type', ({ view }) => {
    const type = view.u16(N.socket_type);
    return type === 0 ? undefined : socketTypeName(type);
  }),
  plain('socket.fd', ({ view }) => {
    const fd = view.s32(N.fd);
    return fd < 0 ? undefined : fd;
  }),
  quoted('socket.path', ({ view }) => unixPath(view)),
];

function connection(isInbound: IsInbound): readonly AttributeDefinition[] {
  return [
    ...ends(isInbound),
    ...SOCKET,
    plain('network.direction', ({ view }) => (isInbound(view) ? 'ingress' : 'egress')),
  ];
}

const netConnect: EventDescription = {
  object: remoteEnd,
  detail: transport,
  attributes: connection(() => false),
};

const netAccept: EventDescription = {
  object: remoteEnd,
  detail: transport,
  attributes: connection(() => true),
};

const netBind: EventDescription = {
  object: localEnd,
  detail: transport,
  attributes: [
    plain('destination.ip', ({ view }) => addressText(view, N.local)),
    plain('destination.port', ({ view }) => view.u16(N.local_port) || undefined),
    ...SOCKET,
  ],
};

const netListen: EventDescription = {
  object: localEnd,
  detail: transport,
  attributes: [...netBind.attributes, plain('socket.backlog', ({ view }) => view.u32(N.backlog))],
};

const isInboundClose: IsInbound = (view) => view.u16(N.is_inbound) !== 0;

const netClose: EventDescription = {
  object: remoteEnd,
  detail: ({ view }) => `${view.u64(N.bytes_sent)}/${view.u64(N.bytes_received)}`,
  attributes: [
    ...connection(isInboundClose),
    plain('source.bytes', ({ view }) => view.u64(isInboundClose(view) ? N.bytes_received : N.bytes_sent)),
    plain('destination.bytes', ({ view }) =>
      view.u64(isInboundClose(view) ? N.bytes_sent : N.bytes_received),
    ),
    plain('event.duration', ({ view }) => view.u64(N.duration_ns)),
  ],
};

const netSend: EventDescription = netConnect;

const netSocket: EventDescription = {
  object: ({ view }) => addressFamilyName(view.u16(N.family)),
  detail: ({ view }) => socketTypeName(view.u16(N.socket_type)),
  attributes: [
    ...SOCKET,
    // Protocol numbers are the family's own; for packet sockets an Ethernet type in network order.
    plain('socket.protocol', ({ view }) => view.u16(N.protocol)),
  ],
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
