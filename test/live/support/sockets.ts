/** Addresses as system calls take them, and as events show them. */
import { createServer } from 'node:net';

/** Address families and socket types, from socket(2). */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
/** Nothing here goes further than this. */
export const LOOPBACK = '127.0.0.1';

/** A struct sockaddr_in. */
export function inet(address: string, port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  address.split('.').forEach((part, index) => {
    bytes[4 + index] = Number(part);
  });
  return bytes;
}

/** A struct sockaddr_in6 of ::1. */
export function inet6Loopback(port: number): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes[23] = 1;
  return bytes;
}

/** A struct sockaddr_un; `path` begins with NUL for an abstract name. */
export function unix(path: string): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16LE(AF_UNIX, 0);
  return Buffer.concat([head, Buffer.from(path), ...(path.startsWith('\0') ? [] : [Buffer.of(0)])]);
}

/** A port that nobody listens on now. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') {
    throw new Error('no port');
  }
  return address.port;
}

/** What a socket's events say of it. */
export function socket(transport: string, fd: number, family: string, type: string): Record<string, string> {
  const kinds: Record<string, string> = { AF_INET: 'ipv4', AF_INET6: 'ipv6' };
  const kind = kinds[family];
  return {
    ...(transport === '' ? {} : { 'network.transport': transport }),
    ...(kind === undefined ? {} : { 'network.type': kind }),
    'socket.family': family,
    'socket.type': type,
    ...(fd < 0 ? {} : { 'socket.fd': String(fd) }),
  };
}

/** Any port. */
export const anyPort = expect.stringMatching(/^\d{1,5}$/);

/** Both ends of a connection; undefined is left out. */
export function ends(
  source: string | undefined,
  sourcePort: unknown,
  destination: string,
  port: unknown,
): Record<string, string> {
  return {
    ...(source === undefined ? {} : { 'source.ip': source }),
    ...(sourcePort === undefined ? {} : { 'source.port': sourcePort as string }), // a string, or what matches one
    'destination.ip': destination,
    'destination.port': port as string,
  };
}
