import {
  ERROR_CODES,
  exitStatusOf,
  formatError,
  messageOf,
  SentinelError,
} from '../../../src/core/errors.ts';

describe('exitStatusOf()', () => {
  // Scripts hang on these.
  it.each([
    ['SNT_USAGE', 2],
    ['SNT_CONFIG_INVALID', 3],
    ['SNT_RULE_INVALID', 4],
    ['SNT_KERNEL_UNSUPPORTED', 5],
    ['SNT_PEER_UNAVAILABLE', 6],
    ['SNT_INPUT_CORRUPT', 7],
    ['SNT_INTERNAL', 70],
  ] as const)('is for %s always %p', (code, status) => {
    expect(exitStatusOf(new SentinelError(code, 'x'))).toBe(status);
  });

  it('has a status of its own for every code', () => {
    const statuses = Object.values(ERROR_CODES).map(({ exit }) => exit);
    expect(new Set(statuses).size).toBe(8);
  });

  it.each([[new Error('x')], ['text'], [undefined], [null]])(
    'is 70 for %p, which nobody foresaw',
    (error) => {
      expect(exitStatusOf(error)).toBe(70);
    },
  );
});

describe('formatError()', () => {
  it('puts the caret under the column, however far right it is', () => {
    const text = `${'a'.repeat(300)}: x`;
    const error = new SentinelError('SNT_CONFIG_INVALID', 'wrong', {
      place: { file: 'f', line: 1, column: 301, text },
    });
    const [head, line = '', caret = ''] = formatError(error).split('\n');
    expect(head).toBe('f:1:301: wrong');
    expect(line[caret.indexOf('^')]).toBe(':');
    expect(line.length).toBeLessThanOrEqual(102);
  });

  it('leaves out what is not known', () => {
    expect(formatError(new SentinelError('SNT_USAGE', 'wrong', { hint: 'do right' }))).toBe(
      'wrong\nhint: do right',
    );
  });
});

describe('messageOf()', () => {
  it.each([
    [new TypeError('why'), 'why'],
    [{ message: 'foreign' }, 'foreign'],
    ['text', 'text'],
    [null, 'null'],
  ])('reads %p', (error, message) => {
    expect(messageOf(error)).toBe(message);
  });
});
