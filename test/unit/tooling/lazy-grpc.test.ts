import { spawnSync } from 'node:child_process';

/** Imports a module of ours in a fresh process, and gives the paths of all modules that this loaded. */
function modulesLoadedBy(path: string): string[] {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    await import('./${path}');
    console.log(JSON.stringify(loaded));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  if (stdout === '') {
    throw new Error(stderr);
  }
  return JSON.parse(stdout);
}

const isGrpc = (url: string) => /node_modules\/(@grpc|protobufjs)\/|build\/proto\//.test(url);

test.each(['src/cli/commands/decode.ts', 'src/app/decode.ts', 'src/app/probe.ts', 'src/sinks/grpc.ts'])(
  '%s loads neither gRPC nor its codec',
  (path) => {
    const loaded = modulesLoadedBy(path);
    expect(loaded.some((url) => url.endsWith(path))).toBe(true);
    expect(loaded.filter(isGrpc)).toEqual([]);
  },
  20_000,
);

test('src/sources/grpc.ts loads both', () => {
  const loaded = modulesLoadedBy('src/sources/grpc.ts');
  expect(loaded.some((url) => url.includes('/@grpc/grpc-js/'))).toBe(true);
  expect(loaded.some((url) => url.includes('build/proto/messages.cjs'))).toBe(true);
}, 20_000);
