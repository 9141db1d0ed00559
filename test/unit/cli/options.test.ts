import { COMMANDS } from '../../../src/cli/command-table.ts';
import { flagSettings, isListOption, optionDescription } from '../../../src/cli/option-settings.ts';
import { longFlag, OPTIONS, optionsOf } from '../../../src/cli/options.ts';

describe('OPTIONS', () => {
  it('has no name twice in one command', () => {
    for (const { name } of COMMANDS) {
      const names = optionsOf(name).flatMap(({ flags }) => flags.match(/(?<![a-z-])--?[a-z-]+/g) ?? []);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('describes every option in one clause', () => {
    expect(OPTIONS.length).toBeGreaterThan(20);
    for (const option of OPTIONS) {
      expect(optionDescription(option)).toMatch(/^([^A-Z]|EVT1 ).*[^.]$/s);
    }
  });

  it('has a long name for every option', () => {
    expect(OPTIONS.map(longFlag).every((flag) => flag.startsWith('--'))).toBe(true);
  });

  it('makes lists of what can be given twice', () => {
    expect(optionsOf('probe').filter(isListOption).map(longFlag)).toEqual([
      '--events',
      '--pid',
      '--comm',
      '--uid',
      '--syscalls',
      '--sink',
      '--model',
    ]);
  });
});

describe('flagSettings()', () => {
  const value = (parsed: Record<string, unknown>, path: string) => flagSettings('probe', parsed).get(path);

  it('reads units and remembers the flag', () => {
    expect(value({ duration: '10s' }, 'probe.duration_ms')).toEqual({
      value: 10_000,
      origin: { kind: 'flag', flag: '--duration' },
    });
    expect(value({ ringBytes: '8MiB' }, 'probe.ring_bytes')?.value).toBe(8_388_608);
    expect(value({ count: '5k' }, 'probe.count_events')?.value).toBe(5000);
  });

  it.each([
    [{ duration: '10' }, '--duration must be a duration with its unit, such as 500ms, 10s or 2m: "10"'],
    [{ ringBytes: 'x' }, '--ring-bytes must be a size in bytes, such as 65536, 64k or 8MiB: "x"'],
    [{ pid: '1,x' }, '--pid must be whole numbers with commas between: "1,x"'],
    [{ comm: 'a,,b' }, '--comm must be a list with commas: "a,,b"'],
  ])('refuses %p as a usage error', (parsed, message) => {
    expect(() => flagSettings('probe', parsed)).toThrow(
      expect.objectContaining({ code: 'SNT_USAGE', message }),
    );
  });

  it('selects the file sink for --file unless --sink says otherwise', () => {
    expect(value({ file: 'e.bin' }, 'sinks.enabled')?.value).toEqual(['file']);
    expect(value({ file: 'e.bin', sink: 'stdout,file' }, 'sinks.enabled')?.value).toEqual(['stdout', 'file']);
    expect(value({}, 'sinks.enabled')).toBeUndefined();
  });

  it('does not set what --no-rotate negates unless it is given', () => {
    expect(value({ rotate: true }, 'sinks.file.rotate')).toBeUndefined();
    expect(value({ rotate: false }, 'sinks.file.rotate')?.value).toBe(false);
  });
});
