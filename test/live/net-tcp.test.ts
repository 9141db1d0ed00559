/** TCP: net_connect, net_accept, net_bind, net_listen and net_close. */
import { expectCleanEnd, Harness } from './support/harness.ts';
import { outcome, type SeenEvent, seenOf } from './support/seen.ts';
import {
  AF_INET,
  AF_INET6,
  anyPort,
  ends,
  freePort,
  inet,
  inet6Loopback,
  LOOPBACK,
  SOCK_STREAM,
  socket,
} from './support/sockets.ts';
import { call, type Step, zeros } from './support/steps.ts';

const SOCK_NONBLOCK = 0o4000;

jest.setTimeout(60_000);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(['process', 'net']);
});
afterAll(async () => {
  expectCleanEnd(await harness.close());
});

const tcp = (fd: number) => socket('tcp', fd, 'AF_INET', 'SOCK_STREAM');

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
