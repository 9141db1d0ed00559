import fc from 'fast-check';
import { Endpoint, SCOPE } from '../../../../src/pipeline/features/endpoint.ts';
import { hashStart } from '../../../../src/pipeline/features/text-hash.ts';
import { anyText } from '../../../support/any-event.ts';

const endpoint = new Endpoint(hashStart(0));

function prefixesOf(address: string): number[] {
  expect(endpoint.readAddress(address)).toBe(true);
  return [...endpoint.prefixes.subarray(0, endpoint.steps)];
}

describe('Endpoint', () => {
  test.each([
    ['203.0.113.7:443', '203.0.113.7', 443],
    ['[2001:db8::1]:53', '2001:db8::1', 53],
    ['127.0.0.1:0', '127.0.0.1', Number.NaN],
  ])('reads %s', (text, address, port) => {
    expect(endpoint.readEndpoint(text)).toBe(true);
    expect([endpoint.text, endpoint.port]).toEqual([address, port]);
  });

  test.each([
    '',
    '/run/x.sock',
    '@abstract:80',
    '203.0.113.7',
    '203.0.113.7:70000',
    'example.org:80',
    '[::1]',
    ':1',
  ])('does not take %j for an address and a port', (text) => {
    expect(endpoint.readEndpoint(text)).toBe(false);
  });

  test('has the prefixes /16, /24 and /32 of an IPv4 address', () => {
    const near = prefixesOf('10.1.2.3');
    expect(near).toHaveLength(3);
    expect(prefixesOf('10.1.2.4').slice(0, 2)).toEqual(near.slice(0, 2));
    expect(prefixesOf('10.1.9.3')[0]).toBe(near[0]);
    expect(prefixesOf('10.1.9.3')[1]).not.toBe(near[1]);
  });

  test('has prefixes of two and four groups of an IPv6 address', () => {
    const near = prefixesOf('2001:db8:1:2:3:4:5:6');
    expect(near).toHaveLength(3);
    expect(prefixesOf('2001:db8:1:2:3:4:5:7').slice(0, 2)).toEqual(near.slice(0, 2));
    expect(prefixesOf('2001:db8:9:2:3:4:5:7')[0]).toBe(near[0]);
  });

  test.each([
    ['127.0.0.1', SCOPE.local],
    ['::1', SCOPE.local],
    ['0.0.0.0', SCOPE.local],
    ['::ffff:127.0.0.1', SCOPE.local],
    ['10.0.0.1', SCOPE.private],
    ['172.16.0.1', SCOPE.private],
    ['192.168.1.1', SCOPE.private],
    ['169.254.169.254', SCOPE.private],
    ['100.64.0.1', SCOPE.private],
    ['fe80::1', SCOPE.private],
    ['fd00::1', SCOPE.private],
    ['172.32.0.1', SCOPE.public],
    ['203.0.113.7', SCOPE.public],
    ['2001:db8::1', SCOPE.public],
  ])('knows how far away %s is', (address, scope) => {
    expect(endpoint.readAddress(address)).toBe(true);
    expect(endpoint.scope).toBe(scope);
  });

  test('has the labels of a name from the top down', () => {
    endpoint.readName('www.example.org');
    const first = [...endpoint.prefixes.subarray(0, endpoint.steps)];
    endpoint.readName('mail.example.org.');
    expect([...endpoint.prefixes.subarray(0, 2)]).toEqual(first.slice(0, 2));
    expect(endpoint.steps).toBe(3);
    endpoint.readName('a.b.c.d.e.f.g.h.i.j.example.org');
    expect(endpoint.steps).toBe(8);
  });

  test('is bounded for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        endpoint.readName(text);
        expect(endpoint.steps).toBeGreaterThanOrEqual(1);
        expect(endpoint.steps).toBeLessThanOrEqual(8);
        endpoint.readEndpoint(`${text}:80`);
        endpoint.readAddress(text);
        expect(endpoint.steps).toBeLessThanOrEqual(8);
      }),
    );
  });
});
