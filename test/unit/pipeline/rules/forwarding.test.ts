import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { formatError, SentinelError } from '../../../../src/core/errors.ts';
import { EVENT_TYPES } from '../../../../src/core/event-types.ts';
import { compileForwardingRules } from '../../../../src/pipeline/rules/forwarding.ts';
import { type EventSample, sampleEvent } from '../sample-event.ts';

const compile = (text: string) => compileForwardingRules([{ file: 'r.yaml', text }]);

function matches(match: string, event: EventSample, events = 'event: file_open'): boolean {
  return compile(`rules: [{name: r, ${events}, match: ${match}}]`).matches(sampleEvent(event));
}

function errorOf(text: string): SentinelError {
  try {
    compile(text);
  } catch (error) {
    if (error instanceof SentinelError) {
      return error;
    }
    throw error;
  }
  throw new Error('it compiled');
}

describe('as upstream has it', () => {
  test('an empty rule set, and one with every rule disabled, forwards nothing', () => {
    for (const text of ['rules: []', 'rules: [{name: r, event: file_open, enabled: false}]']) {
      expect(compile(text).matches(sampleEvent())).toBe(false);
      expect(compile(text).eventTypes.size).toBe(0);
    }
  });

  test('the chart’s default rule matches every open by an absolute path', () => {
    const rules = compile(
      'rules:\n- name: capture-all-opens\n  event: file_open\n  match:\n    pathPrefixes: ["/"]\n    comms: []\n',
    );
    expect(rules.ruleNames).toEqual(['capture-all-opens']);
    expect(rules.matches(sampleEvent({ object: '/etc/passwd' }))).toBe(true);
    expect(rules.matches(sampleEvent({ type: 'file_unlink', object: '/etc/passwd' }))).toBe(false);
  });

  test('a relative open matches by its resolved form', () => {
    expect(
      matches('{pathPrefixes: [/srv/]}', { object: '/srv/a', attributes: { 'file.path.given': 'a' } }),
    ).toBe(true);
  });

  test('lists are AND, values within a list are OR', () => {
    const match = '{pathPrefixes: [/etc/, /usr/], comms: [cat, less]}';
    expect(matches(match, { object: '/usr/x', comm: 'less' })).toBe(true);
    expect(matches(match, { object: '/usr/x', comm: 'vi' })).toBe(false);
    expect(matches(match, { object: '/var/x', comm: 'cat' })).toBe(false);
  });

  test('a prefix is plain text, not bound to components', () => {
    expect(matches('{pathPrefixes: [/etc]}', { object: '/etcetera' })).toBe(true);
  });

  test('comms are whole names', () => {
    expect(matches('{comms: [ca]}', { comm: 'cat' })).toBe(false);
    expect(matches('{comms: [cat]}', { comm: 'ca' })).toBe(false);
  });
});

describe('where upstream is broken', () => {
  test('user 0, process 0 and thread 0 can be selected', () => {
    expect(matches('{uids: [0]}', { uid: 0 })).toBe(true);
    expect(matches('{uids: [0]}', { uid: 1 })).toBe(false);
    expect(matches('{pids: [0]}', { pid: 7 })).toBe(false);
    expect(matches('{tids: [7]}', { threadId: 7 })).toBe(true);
  });

  test('the thousandth rule counts like the first', () => {
    const rules = Array.from(
      { length: 1000 },
      (_, i) => `- {name: r${i}, event: file_open, match: {pathPrefixes: [/p${i}/]}}`,
    );
    const compiled = compile(`rules:\n${rules.join('\n')}`);
    expect(compiled.matches(sampleEvent({ object: '/p0/x' }))).toBe(true);
    expect(compiled.matches(sampleEvent({ object: '/p999/x' }))).toBe(true);
    expect(compiled.matches(sampleEvent({ object: '/p1000/x' }))).toBe(false);
  });

  test('a comm longer than the kernel keeps matches by what it keeps', () => {
    expect(matches('{comms: [systemd-journald]}', { comm: 'systemd-journal' })).toBe(true);
  });
});

describe('what we add', () => {
  test('events takes types and families, left to right', () => {
    const rules = compile('rules: [{name: r, events: [file, -file_open, net_connect]}]');
    expect(rules.eventTypes.has('file_unlink')).toBe(true);
    expect(rules.eventTypes.has('file_open')).toBe(false);
    expect(rules.eventTypes.has('net_connect')).toBe(true);
    expect(rules.eventTypes.has('net_bind')).toBe(false);
    expect(compile('rules: [{name: r, events: [-file]}]').eventTypes.has('net_bind')).toBe(true);
  });

  test('exclude takes out what matches all of it', () => {
    const text = 'rules: [{name: r, event: file_open, exclude: {comms: [cat], uids: [0]}}]';
    expect(compile(text).matches(sampleEvent({ comm: 'cat', uid: 0 }))).toBe(false);
    expect(compile(text).matches(sampleEvent({ comm: 'cat', uid: 5 }))).toBe(true);
  });

  test('access tells reading, writing, creating and emptying apart', () => {
    const created = { 'file.created': 'true' };
    expect(matches('{access: [read]}', { detail: '0' })).toBe(true);
    expect(matches('{access: [read]}', { detail: '1' })).toBe(false);
    expect(matches('{access: [write]}', { detail: '2' })).toBe(true);
    expect(matches('{access: [write]}', { detail: '0' })).toBe(false);
    expect(matches('{access: [create]}', { detail: '64', attributes: created })).toBe(true);
    expect(matches('{access: [create]}', { detail: '64', attributes: { 'file.created': 'false' } })).toBe(
      false,
    );
    expect(matches('{access: [truncate]}', { detail: '512', attributes: { 'file.truncated': 'true' } })).toBe(
      true,
    );
    expect(matches('{access: [read]}', { type: 'file_unlink', detail: '0' }, 'event: file_unlink')).toBe(
      false,
    );
  });

  test('outcomes, errors, executables, containers', () => {
    const failed = {
      'event.outcome': 'failure',
      'error.code': 'EACCES',
      'process.executable': '/usr/bin/cat',
    };
    expect(matches('{outcomes: [failure], errors: [EACCES, EPERM]}', { attributes: failed })).toBe(true);
    expect(matches('{errors: [ENOENT]}', { attributes: failed })).toBe(false);
    expect(matches('{executables: ["/usr/bin/*"]}', { attributes: failed })).toBe(true);
    expect(matches('{executables: ["/usr/bin/*"]}', {})).toBe(false);
    expect(matches('{containers: [true]}', { containerId: 'c' })).toBe(true);
    expect(matches('{containers: [false]}', { containerId: 'c' })).toBe(false);
    expect(matches('{containers: [true, false]}', { containerId: '' })).toBe(true);
  });

  test('both names of a rename count', () => {
    const event = { type: 'file_rename', object: '/tmp/a', detail: '/etc/cron.d/a' } as const;
    expect(matches('{pathPrefixes: [/etc/]}', event, 'event: file_rename')).toBe(true);
    expect(matches('{paths: [/tmp/*]}', event, 'event: file_rename')).toBe(true);
    expect(matches('{paths: [/var/*]}', event, 'event: file_rename')).toBe(false);
  });
});

describe('faults', () => {
  test('an unknown key has place, caret and a suggestion', () => {
    expect(
      formatError(errorOf('rules:\n  - name: r\n    event: file_open\n    match:\n      pathPrefix: [/]\n')),
    ).toBe(
      [
        'r.yaml:5:7: match has no key "pathPrefix"',
        '        pathPrefix: [/]',
        '        ^',
        'hint: did you mean pathPrefixes',
      ].join('\n'),
    );
  });

  test('all faults of all files are told together', () => {
    let message = '';
    try {
      compileForwardingRules([
        { file: 'a.yaml', text: 'rules: [{name: r, event: file_opne, match: {uids: [-1, x]}}]' },
        { file: 'b.yaml', text: 'rules: 7' },
      ]);
    } catch (error) {
      message = formatError(error);
    }
    expect(message).toContain('a.yaml:1:26: event cannot be "file_opne"');
    expect(message).toContain('did you mean file_open');
    expect(message).toContain('a.yaml:1:52: An entry of uids must be a whole number');
    expect(message).toContain('a.yaml:1:56: An entry of uids must be a whole number');
    expect(message).toContain('b.yaml:1:8: rules must be a list');
  });

  test.each([
    ['', 'The file is empty'],
    ['{}', 'must have the key rules'],
    ['rules: [{event: file_open}]', 'must have a name'],
    ['rules: [{name: r}]', 'must have event or events'],
    ['rules: [{name: r, event: file_open, events: [file]}]', 'either event or events'],
    ['rules: [{name: r, event: file_open, enabled: yes please}]', 'enabled must be true or false'],
    ['rules: [{name: r, event: file_open, match: {uids: ["0"]}}]', 'must be a whole number'],
    ['rules: [{name: r, event: file_open, match: {comms: cat}}]', 'comms must be a list'],
    ['rules: [{name: r, event: file_open, match: {comms: [1]}}]', 'must be a text'],
    ['rules: [{name: r, event: file_open, name: s}]', 'name twice'],
    ['rules: [{name: r, events: [-everything]}]', 'An entry of events cannot be'],
    ['rules: [{name: r, events: [file_open, -file]}]', 'leaves no event type'],
    ['rules: [{name: r, event: file_open, exclude: {}}]', 'would leave nothing'],
    ['rules: [{name: r, event: file_open, match: {errors: [13]}}]', 'must be a text'],
    ['rules: [*nowhere]', 'nowhere'],
    ['rules: [', 'Cannot parse YAML'],
    ['rules: []\n---\nrules: []', 'Cannot parse YAML'],
  ])('%p is refused', (text, message) => {
    const error = errorOf(text);
    expect(error.code).toBe('SNT_RULE_INVALID');
    expect(formatError(error)).toContain(message);
    expect(formatError(error)).toContain('r.yaml:');
  });

  test('does not repeat a file that is no YAML in its message', () => {
    const { message } = errorOf(`rules: []\n]${'z'.repeat(9000)}`);
    expect(message).toContain('Cannot parse YAML');
    expect(message.length).toBeLessThan(1000);
  });

  test('bombs of aliases and of nesting are refused quickly', () => {
    const started = performance.now();
    let bomb = 'rules:\n- &a0 {name: r, event: file_open, match: {comms: &c0 [x,x,x,x,x,x,x,x,x,x]}}\n';
    for (let i = 1; i < 12; i++) {
      bomb += `- {name: r, event: file_open, match: {comms: &c${i} [${Array(10)
        .fill(`*c${i - 1}`)
        .join(',')}]}}\n`;
    }
    expect(errorOf(bomb).code).toBe('SNT_RULE_INVALID');
    expect(errorOf(`rules: ${'['.repeat(100_000)}`).code).toBe('SNT_RULE_INVALID');
    expect(errorOf(`rules: [&r {name: r, event: file_open, match: *r}]`).code).toBe('SNT_RULE_INVALID');
    expect(errorOf('x'.repeat(5 * 1024 * 1024)).code).toBe('SNT_RULE_INVALID');
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('any text compiles or is refused with SNT_RULE_INVALID', () => {
    const words = fc.constantFrom(
      ...[
        'rules',
        ':',
        ' ',
        '\n',
        '- ',
        '[',
        ']',
        '{',
        '}',
        'name',
        'event',
        'file_open',
        'match',
        ', ',
        '&a',
        '*a',
      ],
      ...[
        'uids',
        '0',
        '"',
        "'",
        '|',
        '!!set',
        'paths',
        '/x',
        '? ',
        '<<',
        'null',
        '~',
        '#',
        '\t',
        '%YAML',
        '---',
        '\0',
        'é',
      ],
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => {
        try {
          compile(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(SentinelError);
          expect((error as SentinelError).code).toBe('SNT_RULE_INVALID');
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the rules that ship', () => {
  const rules = compileForwardingRules([
    { file: 'rules/forward.yaml', text: readFileSync('rules/forward.yaml', 'utf8') },
  ]);
  const forwards = (event: EventSample) => rules.matches(sampleEvent(event));
  const success = { 'event.outcome': 'success' };
  const failure = (code: string) => ({ 'event.outcome': 'failure', 'error.code': code });

  test('forward every type but file_open whatever it says', () => {
    for (const type of EVENT_TYPES) {
      expect([type, forwards({ type, object: '', detail: '' })]).toEqual([type, type !== 'file_open']);
    }
  });

  test('leave out plain reads of ordinary files', () => {
    for (const object of [
      '/etc/passwd',
      '/usr/lib/x.so',
      '/proc/self/maps',
      '/home/ann/notes',
      '/root/.ssh/known_hosts',
    ]) {
      expect([object, forwards({ object, detail: '524288', attributes: success })]).toEqual([object, false]);
    }
  });

  test('forward reads of what is sensitive', () => {
    for (const object of [
      '/etc/shadow',
      '/home/ann/.ssh/id_ed25519',
      '/root/.aws/credentials',
      '/srv/app/.kube/config',
      '/proc/1/mem',
      '/dev/sda',
      '/var/lib/kubelet/pods/0/volumes/kubernetes.io~secret/token/token',
    ]) {
      expect([object, forwards({ object, detail: '524288', attributes: success })]).toEqual([object, true]);
    }
  });

  test('forward writes and creations, but not to bit buckets', () => {
    expect(forwards({ object: '/tmp/x', detail: '577', attributes: success })).toBe(true);
    expect(forwards({ object: '/dev/null', detail: '1', attributes: success })).toBe(false);
  });

  test('forward refused opens, but not files that are not there', () => {
    expect(forwards({ object: '/x', attributes: failure('EACCES') })).toBe(true);
    expect(forwards({ object: '/x', attributes: failure('ENOENT') })).toBe(false);
    expect(forwards({ object: '/etc/shadow', attributes: failure('ENOENT') })).toBe(true);
  });
});
