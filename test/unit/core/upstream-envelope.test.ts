import { parseEnvelope } from '../../../src/core/envelope-json.ts';
import { GOLDEN_ENVELOPE } from '../../support/events.ts';

const parse = (value: unknown) => parseEnvelope(Buffer.from(JSON.stringify(value)));

const HOST = { event_id: 'e', ts_unix_nano: 5, hostname: 'h', pod: 'p', namespace: 'n', container_id: 'c' };
const SECOND_GENERATION = {
  ...HOST,
  syscall_name: 'openat',
  event_group: 'file',
  syscall_nr: 257,
  comm: 'cat',
  pid: '10',
  tid: '11',
  uid: '0',
  arg0: '-100',
  arg1: '577',
  attributes: { fd_path: '/etc/passwd', fd_resource_kind: 'file' },
};

describe('the second generation', () => {
  test('keeps every field', () => {
    expect(parse(SECOND_GENERATION)).toEqual({
      ...HOST,
      ts_unix_nano: 5n,
      event_type: 'file_open',
      data: ['/etc/passwd', '577', 'cat', '10', '11', '0'],
      attributes: {
        fd_path: '/etc/passwd',
        fd_resource_kind: 'file',
        syscall_name: 'openat',
        event_group: 'file',
        syscall_nr: '257',
        arg0: '-100',
        arg1: '577',
      },
    });
  });

  test('takes the flags attribute before arg1', () => {
    const { data } = parse({ ...SECOND_GENERATION, attributes: { flags: '2' } });
    expect(data.slice(0, 2)).toEqual(['', '2']);
  });

  test('reads pod_name and event_name', () => {
    const { pod, syscall_name, ...rest } = SECOND_GENERATION;
    const envelope = parse({ ...rest, pod_name: pod, event_name: syscall_name });
    expect(envelope.pod).toBe('p');
    expect(envelope.event_type).toBe('file_open');
  });

  test('calls a system call that has no type of ours sys_call', () => {
    const envelope = parse({ ...SECOND_GENERATION, syscall_name: 'futex' });
    expect(envelope.event_type).toBe('sys_call');
    expect(envelope.attributes['syscall_name']).toBe('futex');
  });

  test.each([
    [-5, '0'],
    [2 ** 40, '4294967295'],
    ['x', '0'],
  ])('clamps syscall_nr %p to %p', (number, clamped) => {
    expect(parse({ ...SECOND_GENERATION, syscall_nr: number }).attributes['syscall_nr']).toBe(clamped);
  });

  test('an attribute of the same name hides nothing', () => {
    const { attributes } = parse({ ...SECOND_GENERATION, attributes: { arg0: 'theirs' } });
    expect(attributes['arg0']).toBe('theirs');
    expect(attributes['envelope.arg0']).toBe('-100');
  });
});

describe('legacy lines', () => {
  const cells = ['openat', 257, 'cat', '10', '11', '0', '-100', '577', '/etc/passwd'];

  test('become what the second generation becomes', () => {
    const { attributes, ...rest } = parse({ ...HOST, data: cells });
    const { attributes: expected, ...expectedRest } = parse(SECOND_GENERATION);
    expect(rest).toEqual(expectedRest);
    expect(attributes).toEqual({
      syscall_name: expected['syscall_name'],
      syscall_nr: '257',
      arg0: '-100',
      arg1: '577',
      path: '/etc/passwd',
    });
  });

  test('keep further cells and a foreign event_type', () => {
    const { attributes } = parse({ ...HOST, event_type: 'openat', data: [...cells, 'extra'] });
    expect(attributes['data.9']).toBe('extra');
    expect(attributes['event_type']).toBe('openat');
  });

  test('are not seen in a first-generation event with many cells', () => {
    const { data } = parse({ ...HOST, event_type: 'file_open', data: cells });
    expect(data).toHaveLength(9);
  });
});

describe('the first generation', () => {
  test('its oldest form becomes five cells', () => {
    const data = { filename: '/tmp/x', bytes: 12, comm: 'sh', pid: 3, tid: 4, more: true };
    const envelope = parse({ ...HOST, event_type: 'file_write', data });
    expect(envelope.data).toEqual(['/tmp/x', '12', 'sh', '3', '4']);
    expect(envelope.attributes).toEqual({ 'data.more': 'true' });
  });

  test('members without a place become attributes, numbers to the last digit', () => {
    const text =
      '{"event_type":"x","big":12345678901234567890,"deep":{"a":[1.50]},"none":null,"syscall_name":"s"}';
    expect(parseEnvelope(Buffer.from(text)).attributes).toEqual({
      big: '12345678901234567890',
      deep: '{"a":[1.50]}',
      syscall_name: 's',
    });
  });

  test('values that are not strings are kept as text', () => {
    const envelope = parse({
      ...GOLDEN_ENVELOPE,
      ts_unix_nano: 5,
      hostname: 7,
      data: [1, null, true],
      attributes: { a: 1 },
    });
    expect(envelope.hostname).toBe('7');
    expect(envelope.data).toEqual(['1', '', 'true']);
    expect(envelope.attributes).toEqual({ a: '1' });
  });

  test('attributes that are no object stay readable', () => {
    expect(parse({ event_type: 'x', attributes: ['a'] }).attributes).toEqual({ attributes: '["a"]' });
    expect(parse({ event_type: 'x', data: 'text' }).attributes).toEqual({ data: 'text' });
  });

  test('a member named __proto__ is an attribute like any other', () => {
    const envelope = parseEnvelope(Buffer.from('{"event_type":"x","attributes":{"__proto__":"p"},"z":1}'));
    expect(Object.entries(envelope.attributes)).toEqual([
      ['__proto__', 'p'],
      ['z', '1'],
    ]);
  });
});
