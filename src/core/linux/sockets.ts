/** Names in socket(2), and addresses as text. */

// linux/socket.h, by number
const FAMILIES =
  'AF_UNSPEC AF_UNIX AF_INET AF_AX25 AF_IPX AF_APPLETALK AF_NETROM AF_BRIDGE AF_ATMPVC AF_X25 AF_INET6 AF_ROSE AF_DECnet AF_NETBEUI AF_SECURITY AF_KEY AF_NETLINK AF_PACKET AF_ASH AF_ECONET AF_ATMSVC AF_RDS AF_SNA AF_IRDA AF_PPPOX AF_WANPIPE AF_LLC AF_IB AF_MPLS AF_CAN AF_TIPC AF_BLUETOOTH AF_IUCV AF_RXRPC AF_ISDN AF_PHONET AF_IEEE802154 AF_CAIF AF_ALG AF_NFC AF_VSOCK AF_KCM AF_QIPCRTR AF_SMC AF_XDP AF_MCTP'.split(
    ' ',
  );

/** Name of an address family, `AF_` and the number for an unknown one. */
export function addressFamilyName(family: number): string {
  return FAMILIES[family] ?? `AF_${family}`;
}

const SOCKET_TYPES: Readonly<Record<number, string>> = {
  1: 'SOCK_STREAM',
  2: 'SOCK_DGRAM',
  3: 'SOCK_RAW',
  4: 'SOCK_RDM',
  5: 'SOCK_SEQPACKET',
  6: 'SOCK_DCCP',
  10: 'SOCK_PACKET',
};

/** Name of a socket type; SOCK_CLOEXEC and SOCK_NONBLOCK, which share the number, are taken out. */
export function socketTypeName(type: number): string {
  return SOCKET_TYPES[type & 0xf] ?? `SOCK_${type & 0xf}`;
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  132: 'sctp',
  136: 'udplite',
  255: 'raw',
  262: 'mptcp',
};

/** IANA's word for an IP protocol number, the decimal number for one that is not in the list. */
export function ipProtocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? String(protocol);
}

/** The IPv4 address in the 4 bytes at `offset`. */
export function ipv4Text(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset] ?? 0}.${bytes[offset + 1] ?? 0}.${bytes[offset + 2] ?? 0}.${bytes[offset + 3] ?? 0}`;
}

/**
 * The IPv6 address in the 16 bytes at `offset`, in RFC 5952 form; a mapped IPv4 address as plain IPv4, so that a
 * peer has one spelling whichever socket it came through.
 */
export function ipv6Text(bytes: Uint8Array, offset = 0): string {
  const words = new Array<number>(8);
  for (let i = 0; i < 8; i++) {
    words[i] = ((bytes[offset + 2 * i] ?? 0) << 8) | (bytes[offset + 2 * i + 1] ?? 0);
  }
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) {
    return ipv4Text(bytes, offset + 12);
  }
  let bestStart = -1;
  let bestLength = 1; // a single zero word is not shortened
  for (let start = 0; start < 8; ) {
    let end = start;
    while (end < 8 && words[end] === 0) {
      end++;
    }
    if (end - start > bestLength) {
      bestStart = start;
      bestLength = end - start;
    }
    start = Math.max(end, start + 1);
  }
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(':');
  return bestStart < 0
    ? hex(words)
    : `${hex(words.slice(0, bestStart))}::${hex(words.slice(bestStart + bestLength))}`;
}
