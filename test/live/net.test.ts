/** net_*: connections, datagrams and special sockets, on the loopback interface. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expectCleanEnd, Harness } from './support/harness.ts';
import { outcome, type SeenEvent, seenOf } from './support/seen.ts';
import { call, messages, type Step, zeros } from './support/steps.ts';

jest.setTimeout(60_000);

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const AF_ALG = 38;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const LOOPBACK = '127.0.0.1';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'net']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

function inet(address: string, port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  address.split('.').forEach((part, index) => {
    bytes[4 + index] = Number(part);
  });
  return bytes;
}

/** ::1 */
function inet6Loopback(port: number): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes[23] = 1;
  return bytes;
}

/** `path` begins with NUL for an abstract name. */
function unix(path: string): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16LE(AF_UNIX, 0);
  return Buffer.concat([head, Buffer.from(path), ...(path.startsWith('\0') ? [] : [Buffer.of(0)])]);
}

/** A port that nobody listens on now. */
async function freePort(host: string): Promise<number> {
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
function socket(transport: string, fd: number, family: string, type: string): Record<string, string> {
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

const tcp = (fd: number) => socket('tcp', fd, 'AF_INET', 'SOCK_STREAM');
const udp = (fd: number) => socket('udp', fd, 'AF_INET', 'SOCK_DGRAM');
const anyPort = expect.stringMatching(/^\d{1,5}$/);

function ends(
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

/** The steps of a whole TCP conversation by one process, with 3 listening, 4 calling and 5 called. */
function conversation(address: Buffer, family: number, sent: number, answered: number): Step[] {
  return [
    call('socket', family, SOCK_STREAM, 0),
    call('bind', 3, address, address.length),
    call('listen', 3, 7),
    call('socket', family, SOCK_STREAM, 0),
    call('connect', 4, address, address.length),
    call('accept4', 3, null, null, 0),
    call('write', 4, zeros(sent), sent),
    call('read', 5, zeros(sent), sent),
    call('write', 5, zeros(answered), answered),
    call('read', 4, zeros(answered), answered),
    call('close', 4),
    call('read', 5, zeros(1), 1),
    call('close', 5),
    call('close', 3),
  ];
}

describe('TCP', () => {
  const families = [
    {
      name: 'IPv4',
      family: AF_INET,
      host: LOOPBACK,
      shown: (port: number) => `127.0.0.1:${port}`,
      address: (port: number) => inet(LOOPBACK, port),
    },
    {
      name: 'IPv6',
      family: AF_INET6,
      host: '::1',
      shown: (port: number) => `[::1]:${port}`,
      address: inet6Loopback,
    },
  ];
  test.each(families)(
    'a conversation over $name is told from both sides',
    async ({ family, host, shown, address }) => {
      const port = await freePort(host);
      const done = await harness.do(conversation(address(port), family, 1000, 300));

      expect(done.results).toEqual([3, 0, 0, 4, 0, 5, 1000, 1000, 300, 300, 0, 0, 0, 0]);
      const own = (fd: number) =>
        socket('tcp', fd, family === AF_INET ? 'AF_INET' : 'AF_INET6', 'SOCK_STREAM');
      const here = String(port);
      const seen = seenOf(done);
      const client = seen.find(({ type }) => type === 'net_connect')?.attributes['source.port'] ?? '';
      expect(client).toMatch(/^\d+$/);
      const bound = { 'destination.ip': host, 'destination.port': here };
      const duration = { 'event.duration': expect.stringMatching(/^\d+$/) };
      const expected: SeenEvent[] = [
        {
          type: 'net_bind',
          object: shown(port),
          detail: 'tcp',
          attributes: { ...outcome('bind'), ...own(3), ...bound },
        },
        {
          type: 'net_listen',
          object: shown(port),
          detail: 'tcp',
          attributes: { ...outcome('listen'), ...own(3), ...bound, 'socket.backlog': '7' },
        },
        {
          type: 'net_connect',
          object: shown(port),
          detail: 'tcp',
          attributes: {
            ...outcome('connect'),
            ...own(4),
            ...ends(host, client, host, here),
            'network.direction': 'egress',
          },
        },
        {
          type: 'net_accept',
          object: shown(Number(client)),
          detail: 'tcp',
          attributes: {
            ...outcome('accept4'),
            ...own(5),
            ...ends(host, client, host, here),
            'network.direction': 'ingress',
          },
        },
      ];
      expect(seen.slice(0, 4)).toEqual(expected);
      const closes = seen.slice(4).sort((a, b) => a.detail.localeCompare(b.detail));
      expect(closes).toEqual([
        {
          type: 'net_close',
          object: shown(port),
          detail: '1000/300',
          attributes: {
            ...own(-1),
            ...ends(host, client, host, here),
            ...duration,
            'network.direction': 'egress',
            'source.bytes': '1000',
            'destination.bytes': '300',
          },
        },
        {
          type: 'net_close',
          object: shown(Number(client)),
          detail: '300/1000',
          attributes: {
            ...own(-1),
            ...ends(host, client, host, here),
            ...duration,
            'network.direction': 'ingress',
            'source.bytes': '1000',
            'destination.bytes': '300',
          },
        },
      ]);
    },
  );

  test('accept, the older call, is told as well', async () => {
    const port = await freePort(LOOPBACK);
    const address = inet(LOOPBACK, port);
    const steps = conversation(address, AF_INET, 1, 1).map((step) =>
      step[1] === 'accept4' ? call('accept', 3, null, null) : step,
    );

    const done = await harness.do(steps);

    expect(seenOf(done).find(({ type }) => type === 'net_accept')?.attributes).toMatchObject({
      ...outcome('accept'),
      ...tcp(5),
      'destination.port': String(port),
    });
  });

  test('a refused connection names where it was to go', async () => {
    const port = await freePort(LOOPBACK);
    const steps = [call('socket', AF_INET, SOCK_STREAM, 0), call('connect', 3, inet(LOOPBACK, port), 16)];

    const done = await harness.do(steps);

    expect(done.results).toEqual([3, -111]);
    expect(seenOf(done)).toEqual([
      {
        type: 'net_connect',
        object: `127.0.0.1:${port}`,
        detail: 'tcp',
        attributes: {
          ...outcome('connect', 'ECONNREFUSED'),
          ...tcp(3),
          ...ends(LOOPBACK, undefined, LOOPBACK, String(port)),
          'source.ip': expect.any(String),
          'network.direction': 'egress',
        },
      },
    ]);
  });

  test('a connection that does not wait has an unknown outcome, and an end when it came about', async () => {
    const port = await freePort(LOOPBACK);
    const address = inet(LOOPBACK, port);
    const steps = conversation(address, AF_INET, 5, 6).map((step, index) =>
      index === 3 ? call('socket', AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) : step,
    );

    const done = await harness.do(steps);

    expect(done.results[4]).toBe(-115);
    const seen = seenOf(done);
    expect(seen.find(({ type }) => type === 'net_connect')).toEqual({
      type: 'net_connect',
      object: `127.0.0.1:${port}`,
      detail: 'tcp',
      attributes: {
        ...outcome('connect'),
        'event.outcome': 'unknown',
        'error.code': 'EINPROGRESS',
        ...tcp(4),
        ...ends(LOOPBACK, anyPort, LOOPBACK, String(port)),
        'network.direction': 'egress',
      },
    });
    expect(
      seen
        .filter(({ type }) => type === 'net_close')
        .map(({ detail }) => detail)
        .sort(),
    ).toEqual(['5/6', '6/5']);
  });

  test('a listener with nobody waiting is no event', async () => {
    const port = await freePort(LOOPBACK);
    const address = inet(LOOPBACK, port);
    const done = await harness.do([
      call('socket', AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0),
      call('bind', 3, address, 16),
      call('listen', 3, 1),
      call('accept4', 3, null, null, 0),
    ]);

    expect(done.results[3]).toBe(-11);
    expect(seenOf(done).map(({ type }) => type)).toEqual(['net_bind', 'net_listen']);
  });

  test('a bind that is refused names the address that was asked for', async () => {
    const done = await harness.do([
      call('socket', AF_INET, SOCK_STREAM, 0),
      call('bind', 3, inet('192.0.2.1', 80), 16),
    ]);

    expect(done.results).toEqual([3, -99]);
    expect(seenOf(done)).toEqual([
      {
        type: 'net_bind',
        object: '192.0.2.1:80',
        detail: 'tcp',
        attributes: {
          ...outcome('bind', 'EADDRNOTAVAIL'),
          ...tcp(3),
          'destination.ip': '192.0.2.1',
          'destination.port': '80',
        },
      },
    ]);
  });
});

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
