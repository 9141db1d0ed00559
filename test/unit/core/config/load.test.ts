import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentName } from '../../../../src/core/config/env-layer.ts';
import { type ConfigSources, loadConfig } from '../../../../src/core/config/load.ts';
import { describeOrigin, type LayerValue } from '../../../../src/core/config/origin.ts';
import { CONFIG_LEAVES } from '../../../../src/core/config/schema.ts';
import { formatError, SentinelError } from '../../../../src/core/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'sentinel.yaml');
  writeFileSync(path, text);
  return path;
}

function load(sources: Partial<ConfigSources> = {}) {
  return loadConfig({ env: {}, defaultFile: join(folder, 'absent.yaml'), ...sources });
}

function flag(path: string, value: unknown): ReadonlyMap<string, LayerValue> {
  return new Map([[path, { value, origin: { kind: 'flag', flag: '--x' } }]]);
}

function faultOf(sources: Partial<ConfigSources>): SentinelError {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof SentinelError) {
      return error;
    }
    throw error;
  }
  throw new Error('expected a fault');
}

describe('loadConfig() layers', () => {
  it('fills every setting that has a default', () => {
    const { config } = load();
    expect(config.sinks).toEqual({
      enabled: ['stdout'],
      stdout: { output: 'auto' },
      grpc: { endpoint: '127.0.0.1:50051', tls: false },
      file: {
        path: '/var/log/sentinel/events.bin',
        rotate: true,
        rotate_max_bytes: 52_428_800,
        rotate_max_files: 3,
        compress: false,
      },
    });
    expect(config.probe.ring_bytes).toBeUndefined();
  });

  it('lets file win over default, environment over file, flag over environment', () => {
    const path = file('probe:\n  drain_interval_ms: 10\n  count_events: 10\n  duration_ms: 10s\n');
    const { config, origins } = load({
      file: path,
      env: { SENTINEL_PROBE__COUNT_EVENTS: '20', SENTINEL_PROBE__DURATION_MS: '20s' },
      flags: flag('probe.duration_ms', 30_000),
    });
    expect(config.probe).toMatchObject({ drain_interval_ms: 10, count_events: 20, duration_ms: 30_000 });
    const shown = ['probe.attach', 'probe.drain_interval_ms', 'probe.count_events', 'probe.duration_ms'].map(
      (setting) => describeOrigin(origins.get(setting) ?? { kind: 'default' }),
    );
    expect(shown).toEqual(['default', `${path}:2`, 'env SENTINEL_PROBE__COUNT_EVENTS', 'flag --x']);
  });

  it('freezes the result to its leaves', () => {
    const { config } = load({ env: { SENTINEL_PROBE__PIDS: '1,2' } });
    expect([config, config.probe, config.sinks.file, config.probe.pids].every(Object.isFrozen)).toBe(true);
  });

  it('reads the default file only when it exists', () => {
    const path = file('log:\n  level: debug\n');
    expect(load({ defaultFile: path })).toMatchObject({ file: path, config: { log: { level: 'debug' } } });
    expect(load().file).toBeUndefined();
  });

  it('takes the file from SENTINEL_CONFIG before PROBE_CONFIG, and a flag before both', () => {
    const path = file('log:\n  level: warn\n');
    expect(load({ env: { SENTINEL_CONFIG: path, PROBE_CONFIG: '/nowhere' } }).file).toBe(path);
    expect(load({ env: { PROBE_CONFIG: path } }).file).toBe(path);
    expect(load({ file: path, env: { SENTINEL_CONFIG: '/nowhere' } }).file).toBe(path);
  });

  it('reads every kind of setting from its mechanical environment name', () => {
    const { config } = load({
      env: {
        SENTINEL_PROBE__RING_BYTES: '8MiB',
        SENTINEL_PROBE__ALL: 'yes',
        SENTINEL_PROBE__EVENTS: 'file, -file_open',
        SENTINEL_PROBE__UIDS: '0,1000',
        SENTINEL_SINKS__FILE__ROTATE_MAX_FILES: '5',
        SENTINEL_LOG__LEVEL: 'debug',
      },
    });
    expect(config.probe).toMatchObject({
      ring_bytes: 8_388_608,
      all: true,
      events: ['file', '-file_open'],
      uids: [0, 1000],
    });
    expect(config.sinks.file.rotate_max_files).toBe(5);
    expect(config.log.level).toBe('debug');
  });

  it('gives every setting its own environment name', () => {
    const names = CONFIG_LEAVES.map(({ path }) => environmentName(path));
    expect(new Set(names).size).toBe(CONFIG_LEAVES.length);
    expect(names).toContain('SENTINEL_SINKS__FILE__ROTATE_MAX_BYTES');
  });

  it('leaves alone what Kubernetes sets for a service called sentinel', () => {
    expect(() =>
      load({ env: { SENTINEL_SERVICE_HOST: '10.0.0.1', SENTINEL_PORT_50051_TCP: 'x' } }),
    ).not.toThrow();
  });
});

describe('loadConfig() faults', () => {
  it('shows the place of a wrong value with a caret below it', () => {
    const path = file('probe:\n  ring_bytes: 100000\n');
    expect(formatError(faultOf({ file: path }))).toBe(
      `${path}:2:15: probe.ring_bytes must be a power of two\n    ring_bytes: 100000\n                ^`,
    );
  });

  it('points at the item of a list', () => {
    const path = file('probe:\n  events:\n    - file\n    - flie\n');
    expect(faultOf({ file: path }).place).toMatchObject({ line: 4, column: 7, text: '    - flie' });
  });

  it('refuses an unknown key and names the near one', () => {
    const fault = faultOf({ file: file('probe:\n  ring_byte: 1\n') });
    expect(fault).toMatchObject({ code: 'SNT_CONFIG_INVALID', hint: 'did you mean probe.ring_bytes' });
    expect(fault.place).toMatchObject({ line: 2, column: 3 });
  });

  it.each(['risk', 'alerts', 'http'])('says that the section %s is not in this version', (section) => {
    expect(faultOf({ file: file(`${section}:\n  a: 1\n`) }).message).toBe(
      `${section} is not in this version`,
    );
  });

  it.each([
    ['broken YAML', 'probe: [\n'],
    ['a list at the top', '- probe\n'],
    ['a scalar where a section belongs', 'probe: 3\n'],
    ['a mapping where a value belongs', 'probe:\n  attach: {a: 1}\n'],
    ['the same key twice', 'log:\n  level: info\n  level: warn\n'],
    ['a null where a value is needed', 'sinks:\n  file:\n    path:\n'],
    ['an alias without anchor', 'probe:\n  comms: *nobody\n'],
    ['a bad unit', 'probe:\n  duration_ms: 10 parsecs\n'],
    ['a key that is no text', '? [a]\n: 1\n'],
  ])('refuses %s, with its place', (_, text) => {
    const fault = faultOf({ file: file(text) });
    expect(fault.code).toBe('SNT_CONFIG_INVALID');
    expect(fault.place?.line).toBeGreaterThan(0);
  });

  it('blames the environment variable by its name', () => {
    const fault = faultOf({ env: { SENTINEL_PROBE__RING_BYTES: 'big' } });
    expect(fault).toMatchObject({ code: 'SNT_CONFIG_INVALID', place: undefined });
    expect(fault.message).toMatch(/^SENTINEL_PROBE__RING_BYTES must be a size in bytes.*: "big"/);
  });

  it('refuses an environment name that sets nothing', () => {
    expect(faultOf({ env: { SENTINEL_PROBE__RINGBYTES: '1' } }).hint).toBe(
      'did you mean SENTINEL_PROBE__RING_BYTES',
    );
  });

  it('makes a wrong flag a usage error', () => {
    expect(faultOf({ flags: flag('probe.ring_bytes', 7) }).code).toBe('SNT_USAGE');
  });

  it('counts the other wrong settings', () => {
    const path = file('probe:\n  ring_bytes: 7\nlog:\n  level: loud\n');
    expect(faultOf({ file: path }).hint).toBe('1 more setting is wrong');
  });

  it('says why kprobe is refused', () => {
    expect(faultOf({ env: { SENTINEL_PROBE__ATTACH: 'kprobe' } }).message).toContain(
      'kprobe is not in this version',
    );
  });

  it.each([
    ['nowhere.yaml', /Cannot read the configuration/],
    ['.', /Cannot read the configuration/],
  ])('names the file %s that cannot be read', (name, message) => {
    expect(faultOf({ file: join(folder, name) }).message).toMatch(message);
  });

  it('refuses a file over its bound, however it is made', () => {
    expect(faultOf({ file: '/dev/zero' }).message).toBe('/dev/zero is larger than 262144 bytes');
  });

  it.each([
    ['flow brackets', '['.repeat(200_000)],
    ['sequences in sequences', '- '.repeat(100_000)],
    ['a hundred thousand keys', Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join('\n')],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
        .join('\n')}\n`,
    ],
  ])(
    'refuses %s in bounded time',
    (_, text) => {
      expect(faultOf({ file: file(text) }).code).toBe('SNT_CONFIG_INVALID');
    },
    10_000,
  );

  it('refuses an alias bomb in a value that is a setting', () => {
    const bomb =
      'comms: [&a [x,x,x,x,x,x,x,x,x], &b [*a,*a,*a,*a,*a,*a,*a,*a], &c [*b,*b,*b,*b,*b,*b,*b,*b], [*c,*c,*c,*c]]';
    expect(faultOf({ file: file(`probe:\n  ${bomb}\n`) }).place?.line).toBe(2);
  });
});
