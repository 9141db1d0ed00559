import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type Log, type LogOptions, renderLogLine } from '../../../src/core/log.ts';

/** What a log with these options writes while `use` runs. */
function written(options: Partial<LogOptions>, use: (log: Log) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  const fd = openSync(join(folder, 'log'), 'w');
  try {
    use(createLog({ level: 'info', format: 'json', fd, ...options }));
    return readFileSync(join(folder, 'log'), 'utf8');
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
}

describe('createLog()', () => {
  it('writes one JSON object a line, at once, with the level as a word', () => {
    const [line, rest] = written({}, (log) => log.info({ ring: 8 }, 'attached')).split('\n');
    expect(JSON.parse(line ?? '')).toEqual({
      level: 'info',
      time: expect.any(String),
      ring: 8,
      msg: 'attached',
    });
    expect(rest).toBe('');
  });

  it('leaves out what is below its level', () => {
    expect(written({ level: 'warn' }, (log) => log.info('quiet'))).toBe('');
  });

  it('never prints a secret, at the top or one level down', () => {
    const text = written({}, (log) =>
      log.info({ token: 'hunter2', peer: { password: 'hunter2', host: 'h' } }, 'x'),
    );
    expect(text).not.toContain('hunter2');
    expect(text).toContain('"password":"***","host":"h"');
  });

  it('is text on a terminal with format auto, and JSON elsewhere', () => {
    const use = (log: Log) => log.warn({ file: 'a b' }, 'slow');
    expect(written({ format: 'auto', isTerminal: true }, use)).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}slow file="a b"\n$/,
    );
    expect(written({ format: 'auto', isTerminal: false }, use)).toMatch(/^\{/);
  });

  it('logs code and message of an error, without its stack', () => {
    const error = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
    const line: unknown = JSON.parse(written({}, (log) => log.error({ error }, 'lost')));
    expect(line).toMatchObject({ error: { code: 'ENOTFOUND', message: 'no such host' } });
    expect(JSON.stringify(line)).not.toContain('log.test.ts');
  });
});

describe('renderLogLine()', () => {
  it('escapes what could steer a terminal, in message and fields', () => {
    const line = JSON.stringify({
      level: 'info',
      time: '2026-01-01T10:20:30.456Z',
      msg: '\x1b[2Jgone',
      comm: '\u202ex\n',
    });
    expect(renderLogLine(line, false)).toBe(
      '10:20:30.456 info  \\x1b[2Jgone comm="\\u202ex\\\\n"\n'.replace('\\\\n', '\\n'),
    );
  });

  it('colours the level only when asked', () => {
    const line = JSON.stringify({ level: 'error', time: '2026-01-01T10:20:30.456Z', msg: 'm' });
    expect(renderLogLine(line, true)).toContain('\x1b[31merror\x1b[0m');
    expect(renderLogLine(line, false)).not.toContain('\x1b');
  });
});
