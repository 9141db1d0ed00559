import { selectEvents } from '../../../src/app/event-selection.ts';

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
