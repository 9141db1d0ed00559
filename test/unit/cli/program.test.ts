import { Writable } from 'node:stream';
import { COMMANDS } from '../../../src/cli/command-table.ts';
import type { CliIo, OutputStream } from '../../../src/cli/io.ts';
import { runCli } from '../../../src/cli/program.ts';
import { SentinelError } from '../../../src/core/errors.ts';

class TextSink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs a command line and gives what it wrote and threw. */
async function run(...argv: string[]): Promise<{ stdout: string; stderr: string; error: unknown }> {
  const [stdout, stderr] = [new TextSink(), new TextSink()];
  const io: CliIo = {
    stdin: process.stdin,
    stdout: stdout satisfies OutputStream,
    stderr: stderr satisfies OutputStream,
    env: {},
    signal: new AbortController().signal,
  };
  const error: unknown = await runCli(argv, io).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { stdout: stdout.text, stderr: stderr.text, error };
}

async function usageFault(...argv: string[]): Promise<{ message: string; hint: string | undefined }> {
  const { error, stderr } = await run(...argv);
  if (!(error instanceof SentinelError) || error.code !== 'SNT_USAGE') {
    throw new Error(`expected a usage error, got ${String(error)}`);
  }
  expect(stderr).toBe('');
  return error;
}

describe('runCli() help', () => {
  it.each([['--help'], ...COMMANDS.map(({ name }) => [name, '--help'])])(
    '%s %s is as people know it',
    async (...argv) => {
      const { stdout, stderr, error } = await run(...argv.filter((arg) => typeof arg === 'string'));
      expect(error).toBeUndefined();
      expect(stderr).toBe('');
      expect(stdout).toMatchSnapshot();
    },
  );

  it('starts with a sentence, then usage, examples and options', async () => {
    const { stdout } = await run('probe', '--help');
    const places = ['Watches', 'Usage:', 'Examples:', 'What to watch:', 'General:'].map((text) =>
      stdout.indexOf(text),
    );
    expect(places[0]).toBe(0);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('keeps to the width of an unknown terminal', async () => {
    const { stdout } = await run('probe', '--help');
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('gives help and a usage error when no command is named', async () => {
    const { error, stderr } = await run();
    expect(stderr).toContain('Commands:');
    expect(error).toMatchObject({ code: 'SNT_USAGE', message: 'No command given' });
  });
});

describe('runCli() usage errors', () => {
  it.each([
    ['bogus', 'No command "bogus"', 'there are probe, detect, replay, decode, preflight'],
    ['preflihgt', 'No command "preflihgt"', 'did you mean preflight'],
  ])('%s', async (word, message, hint) => {
    expect(await usageFault(word)).toMatchObject({ message, hint });
  });

  it('says which command it has no help for', async () => {
    const { error } = await run('help', 'prboe');
    expect(error).toMatchObject({
      code: 'SNT_USAGE',
      message: 'No command "prboe"',
      hint: 'did you mean probe',
    });
  });

  it('names the option that was nearly right', async () => {
    const { message, hint } = await usageFault('probe', '--evnts', 'x');
    expect(message).toBe("Unknown option '--evnts'");
    expect(hint).toBe('did you mean --events; see: sentinel probe --help');
  });

  it.each([
    ['a missing value', ['probe', '--count'], 'argument missing'],
    ['an argument too many', ['preflight', 'x'], 'Too many arguments'],
    ['a missing argument', ['decode'], "Missing required argument 'file'"],
    [
      'a value out of a fixed list',
      ['preflight', '--output', 'yaml'],
      'Allowed choices are auto, table, json',
    ],
    ['a quantity without its unit', ['probe', '--duration', '10'], 'such as 500ms, 10s or 2m: "10"'],
    ['a value out of range', ['probe', '--ring-bytes', '4k'], '--ring-bytes must be at least 64 KiB'],
    [
      'an unknown event type',
      ['probe', '--events', 'opens'],
      '--events names no event type or family: "opens"; families are process, file,',
    ],
    [
      'an event type that was nearly right',
      ['probe', '--events', '-proces'],
      '"-proces"; did you mean process',
    ],
    [
      'an unknown system call among known ones',
      ['probe', '--syscalls', 'chroot,nosuchcall,vm86'],
      '--syscalls names no system call: "nosuchcall"',
    ],
  ])('%s', async (_, argv, message) => {
    expect((await usageFault(...argv)).message).toContain(message);
  });

  it('takes a value that begins with a dash', async () => {
    expect((await usageFault('probe', '--events', '-opens')).message).toContain('"-opens"');
  });

  it('adds up a list option that is given twice', async () => {
    expect((await usageFault('probe', '--events', 'file', '--events', 'opens')).message).toContain('"opens"');
    expect((await usageFault('probe', '--pid', '1', '--pid', 'x')).message).toContain('"1,x"');
  });
});

describe('runCli() --version', () => {
  it('names version, commit, runtime and libbpf', async () => {
    const { stdout } = await run('--version');
    expect(stdout).toMatch(/^sentinel \S+\ncommit {3}\S+\nruntime {2}node \d+\.\d+\.\d+\nlibbpf {3}\S+\n$/);
  });
});
