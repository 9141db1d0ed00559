/** net_*: datagrams, unix sockets and special sockets, on the loopback interface. */
import { join } from 'node:path';
import { expectCleanEnd, Harness } from './support/harness.ts';
import { outcome, type SeenEvent, seenOf } from './support/seen.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  anyPort,
  ends,
  freePort,
  inet,
  inet6Loopback,
  LOOPBACK,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
  unix,
} from './support/sockets.ts';
import { call, messages, zeros } from './support/steps.ts';

const AF_NETLINK = 16;
const AF_PACKET = 17;
const AF_ALG = 38;
const SOCK_RAW = 3;

jest.setTimeout(60_000);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'net']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

const udp = (fd: number) => socket('udp', fd, 'AF_INET', 'SOCK_DGRAM');

describe('UDP', () => {
  const send = (fd: number, port: number) => call('sendto', fd, zeros(4), 4, 0, inet(LOOPBACK, port), 16);
  const sent = (syscall: string, port: number): SeenEvent => ({
    type: 'net_send',
    object: `127.0.0.1:${port}`,
    detail: 'udp',
    attributes: {
      ...outcome(syscall),
      ...udp(3),
      ...ends(expect.any(String), anyPort, LOOPBACK, String(port)),
      'network.direction': 'egress',
    },
  });

  test('the first datagram to each peer of a socket is told', async () => {
    const done = await harness.do([
      call('socket', AF_INET, SOCK_DGRAM, 0),
      ...[send(3, 1001), send(3, 1001), send(3, 1002), send(3, 1001), send(3, 1002)],
    ]);

    expect(done.results[1]).toBe(4);
    expect(seenOf(done)).toEqual([sent('sendto', 1001), sent('sendto', 1002)]);
  });

  test('another socket has its own first', async () => {
    const open = call('socket', AF_INET, SOCK_DGRAM, 0);
    const done = await harness.do([open, send(3, 1001), open, send(4, 1001)]);

    const [first, second] = seenOf(done);
    expect(first).toEqual(sent('sendto', 1001));
    expect(second?.attributes).toMatchObject({ 'socket.fd': '4', 'destination.port': '1001' });
  });

  test('a socket in the place of a closed one has its own first', async () => {
    const open = call('socket', AF_INET, SOCK_DGRAM, 0);
    const done = await harness.do([open, send(3, 1001), call('close', 3), open, send(3, 1001)]);

    expect(seenOf(done)).toEqual([sent('sendto', 1001), sent('sendto', 1001)]);
  });

  test('a datagram that is refused is told beside one that was sent', async () => {
    const port = await freePort(LOOPBACK);
    const again = call('sendto', 3, zeros(4), 4, 0, null, 0);
    const done = await harness.do([
      call('socket', AF_INET, SOCK_DGRAM, 0),
      call('connect', 3, inet(LOOPBACK, port), 16),
      ...[again, again, again, again],
    ]);

    // The answer to the first, that nobody listens, fails the second.
    expect(done.results.slice(2)).toEqual([4, -111, 4, -111]);
    const first = sent('sendto', port);
    const refused = { ...first.attributes, ...outcome('sendto', 'ECONNREFUSED') };
    expect(seenOf(done).slice(1)).toEqual([first, { ...first, attributes: refused }]);
  });

  test('sendmsg is told by the address in its header', async () => {
    const message = messages(inet(LOOPBACK, 1003));
    const done = await harness.do([call('socket', AF_INET, SOCK_DGRAM, 0), call('sendmsg', 3, message, 0)]);

    expect(done.results).toEqual([3, 8]);
    expect(seenOf(done)).toEqual([sent('sendmsg', 1003)]);
  });

  test('sendmmsg is told by each address', async () => {
    const list = messages(inet(LOOPBACK, 1004), inet(LOOPBACK, 1005), inet(LOOPBACK, 1004));
    const done = await harness.do([call('socket', AF_INET, SOCK_DGRAM, 0), call('sendmmsg', 3, list, 3, 0)]);

    expect(done.results).toEqual([3, 3]);
    expect(seenOf(done)).toEqual([sent('sendmmsg', 1004), sent('sendmmsg', 1005)]);
  });

  test('a connected socket names its peer without an address in the call', async () => {
    const done = await harness.do([
      call('socket', AF_INET, SOCK_DGRAM, 0),
      call('connect', 3, inet(LOOPBACK, 1006), 16),
      call('sendto', 3, zeros(4), 4, 0, null, 0),
    ]);

    const [connect, first] = seenOf(done);
    expect(connect).toEqual({
      type: 'net_connect',
      object: '127.0.0.1:1006',
      detail: 'udp',
      attributes: {
        ...outcome('connect'),
        ...udp(3),
        ...ends(LOOPBACK, anyPort, LOOPBACK, '1006'),
        'network.direction': 'egress',
      },
    });
    expect(first).toEqual(sent('sendto', 1006));
  });

  test('IPv6', async () => {
    const done = await harness.do([
      call('socket', AF_INET6, SOCK_DGRAM, 0),
      call('sendto', 3, zeros(4), 4, 0, inet6Loopback(1007), 28),
    ]);

    expect(seenOf(done)).toEqual([
      expect.objectContaining({
        type: 'net_send',
        object: '[::1]:1007',
        attributes: expect.objectContaining({
          ...socket('udp', 3, 'AF_INET6', 'SOCK_DGRAM'),
          'destination.ip': '::1',
          'destination.port': '1007',
        }),
      }),
    ]);
  });
});

describe('unix sockets', () => {
  const names = [
    { title: 'a path', make: (cwd: string) => join(cwd, 'socket'), shown: (path: string) => path },
    {
      title: 'an abstract name',
      make: (cwd: string) => `\0sentinel ${cwd}`,
      shown: (path: string) => `@${path.slice(1)}`,
    },
  ];
  test.each(names)('$title is told at bind, listen, connect and accept', async ({ make, shown }) => {
    const cwd = harness.newDirectory();
    const path = make(cwd);
    const address = unix(path);
    const done = await harness.do(
      [
        call('socket', AF_UNIX, SOCK_STREAM, 0),
        call('bind', 3, address, address.length),
        call('listen', 3, 1),
        call('socket', AF_UNIX, SOCK_STREAM, 0),
        call('connect', 4, address, address.length),
        call('accept', 3, null, null),
      ],
      { cwd },
    );

    expect(done.results).toEqual([3, 0, 0, 4, 0, 5]);
    const object = shown(path);
    const event = (type: string, syscall: string, fd: number, more: Record<string, string>): SeenEvent => ({
      type,
      object,
      detail: 'unix',
      attributes: {
        ...outcome(syscall),
        ...socket('unix', fd, 'AF_UNIX', 'SOCK_STREAM'),
        'socket.path': object,
        ...more,
      },
    });
    expect(seenOf(done)).toEqual([
      event('net_bind', 'bind', 3, {}),
      event('net_listen', 'listen', 3, { 'socket.backlog': '1' }),
      event('net_connect', 'connect', 4, { 'network.direction': 'egress' }),
      event('net_accept', 'accept', 5, { 'network.direction': 'ingress' }),
    ]);
  });

  test('a connection to nobody fails with the name that was asked for', async () => {
    const cwd = harness.newDirectory();
    const address = unix('nobody');
    const done = await harness.do(
      [call('socket', AF_UNIX, SOCK_STREAM, 0), call('connect', 3, address, address.length)],
      { cwd },
    );

    expect(seenOf(done)).toEqual([
      {
        type: 'net_connect',
        object: 'nobody',
        detail: 'unix',
        attributes: {
          ...outcome('connect', 'ENOENT'),
          ...socket('unix', 3, 'AF_UNIX', 'SOCK_STREAM'),
          'socket.path': 'nobody',
          'network.direction': 'egress',
        },
      },
    ]);
  });
});

describe('special sockets', () => {
  const ETH_P_ALL_NETWORK_ORDER = 0x0300;
  const IPPROTO_ICMP = 1;
  const kinds = [
    {
      title: 'raw IP',
      args: [AF_INET, SOCK_RAW, IPPROTO_ICMP],
      transport: 'icmp',
      family: 'AF_INET',
      type: 'SOCK_RAW',
    },
    {
      title: 'packet',
      args: [AF_PACKET, SOCK_RAW, ETH_P_ALL_NETWORK_ORDER],
      transport: '',
      family: 'AF_PACKET',
      type: 'SOCK_RAW',
    },
    {
      title: 'packet without headers',
      args: [AF_PACKET, SOCK_DGRAM, 0],
      transport: '',
      family: 'AF_PACKET',
      type: 'SOCK_DGRAM',
    },
    {
      title: 'kernel cryptography',
      args: [AF_ALG, 5, 0],
      transport: '',
      family: 'AF_ALG',
      type: 'SOCK_SEQPACKET',
    },
  ];
  test.each(kinds)('$title is told', async ({ args, transport, family, type }) => {
    const done = await harness.do([call('socket', ...args)]);

    const [result = 0] = done.results;
    const error = result < 0 ? { 97: 'EAFNOSUPPORT' }[-result] : undefined;
    expect(result === 3 || error !== undefined).toBe(true);
    expect(seenOf(done)).toEqual([
      {
        type: 'net_socket',
        object: family,
        detail: type,
        attributes: {
          ...outcome('socket', error),
          ...socket(transport, result, family, type),
          'socket.protocol': String(args[2]),
        },
      },
    ]);
  });

  test('one that is refused is told too', async () => {
    const done = await harness.do([call('socket', AF_INET, SOCK_RAW, IPPROTO_ICMP)], {
      uid: 65534,
      gid: 65534,
    });

    expect(done.results).toEqual([-1]);
    expect(
      seenOf(done, { uid: 65534 }).map(({ type, attributes }) => [type, attributes['error.code']]),
    ).toEqual([['net_socket', 'EPERM']]);
  });

  test('ordinary ones are not', async () => {
    const done = await harness.do([
      call('socket', AF_INET, SOCK_STREAM, 0),
      call('socket', AF_INET6, SOCK_DGRAM, 0),
      call('socket', AF_UNIX, SOCK_DGRAM, 0),
      call('socket', AF_NETLINK, SOCK_RAW, 0),
    ]);

    expect(done.results).toEqual([3, 4, 5, 6]);
    expect(seenOf(done)).toEqual([]);
  });
});
