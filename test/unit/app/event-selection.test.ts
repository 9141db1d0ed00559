import { forwardableEvents, selectEvents } from '../../../src/app/event-selection.ts';
import type { EventType } from '../../../src/core/event-types.ts';

describe('selectEvents()', () => {
  test('takes everything that can be seen but what is only on by name', () => {
    const all = selectEvents([]);
    expect(all.has('file_open')).toBe(true);
    expect(all.has('file_read')).toBe(false);
    expect(all.has('dns_query')).toBe(false);
    expect(all.has('agent_heartbeat')).toBe(false);
  });

  test('takes families and types, and takes out what has a minus', () => {
    expect([...selectEvents(['process', '-process_fork'])]).toEqual(['process_exec', 'process_exit']);
    expect(selectEvents(['-net']).has('net_connect')).toBe(false);
    expect(selectEvents(['-net']).has('file_open')).toBe(true);
    expect(selectEvents(['file_read']).has('file_read')).toBe(true);
  });

  test('refuses a type that this version cannot see, and an empty choice', () => {
    expect(() => selectEvents(['dns_query'])).toThrow(/Cannot watch dns_query: no DNS sensor/);
    expect(() => selectEvents(['net_bind', '-net_bind'])).toThrow(/Cannot watch nothing/);
  });
});

describe('forwardableEvents()', () => {
  const rulesFor = (...types: EventType[]) => ({ eventTypes: new Set(types) });

  test('leaves out what no rule could forward', () => {
    const probe = { events: ['process'], syscalls: ['chroot'] };
    expect([...forwardableEvents(probe, rulesFor('process_exec', 'sys_call', 'file_open'))]).toEqual([
      'process_exec',
      'sys_call',
    ]);
  });

  test('is empty when the rules forward nothing of what was asked for', () => {
    expect(forwardableEvents({ events: ['net'], syscalls: [] }, rulesFor('file_open')).size).toBe(0);
  });
});
