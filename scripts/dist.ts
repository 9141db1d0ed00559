/**
 * Packs bundle, addon, kernel programs, rules and licences with a stripped copy of the pinned Node
 * into one executable, and proves by running it that this worked. Nothing is downloaded.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runTool } from './gates/run.ts';
import { verifyExecutable } from './verify-dist.ts';

const { values } = parseArgs({
  options: {
    bundle: { type: 'string', default: 'build/sentinel.cjs' },
    output: { type: 'string', default: 'dist/sentinel' },
    'no-verify': { type: 'boolean', default: false },
  },
});

/** Every file that the executable carries; the key is what the program asks for, the path in the source tree. */
function assetPaths(): string[] {
  const kernel = readdirSync('build/bpf').filter((name) => name.endsWith('.bpf.o'));
  const rules = readdirSync('rules', { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return [
    'build/Release/bpf_native.node',
    'build/THIRD_PARTY.txt',
    ...kernel.map((name) => join('build/bpf', name)),
    ...rules.map((entry) => join(entry.parentPath, entry.name)),
  ];
}

/** The pinned runtime without its symbols. Stripping what is packed already would break it. */
function strippedNode(folder: string): string {
  const node = join(folder, 'node');
  const { status, stderr } = runTool('strip', ['-o', node, process.execPath]);
  if (status !== 0) {
    throw new Error(`Cannot strip ${process.execPath}: ${stderr.trim()}`);
  }
  return node;
}

/** Megabytes; the other half of this is in main.ts. It has to be known when the heap is made. */
const HEAP_FLAGS = ['--max-semi-space-size=4'];

/** The part of pkg's interface that packs with a Node that is at hand; its command line would download one. */
type PackExecutable = (
  entry: string,
  options: {
    readonly targets: readonly { platform: string; arch: string; nodeRange: string; output: string }[];
    readonly nodePath: string;
    readonly seaConfig: {
      readonly assets: Readonly<Record<string, string>>;
      readonly useCodeCache: boolean;
      readonly disableExperimentalSEAWarning: boolean;
      /** `none`: NODE_OPTIONS and the like reach nobody who runs as root. */
      readonly execArgvExtension: 'none';
      readonly execArgv: readonly string[];
    };
  },
) => Promise<void>;

async function pack(folder: string, output: string): Promise<void> {
  const { default: packExecutable } = createRequire(resolve('package.json'))('@yao-pkg/pkg/lib-es5/sea') as {
    default: PackExecutable; // pkg types it, under a path that its package does not export types for
  };
  // pkg works in a folder below TMPDIR, and finds its tools from there upwards.
  process.env['TMPDIR'] = folder;
  // The cached code of another heap would be refused at every start.
  process.env['NODE_OPTIONS'] = HEAP_FLAGS.join(' ');
  const assets = Object.fromEntries(assetPaths().map((path) => [path, resolve(path)]));
  await packExecutable(values.bundle, {
    targets: [{ platform: 'linux', arch: process.arch, nodeRange: 'node26', output }],
    nodePath: strippedNode(folder),
    seaConfig: {
      assets,
      useCodeCache: true,
      disableExperimentalSEAWarning: true,
      execArgvExtension: 'none',
      execArgv: HEAP_FLAGS,
    },
  });
}

const output = resolve(values.output);
mkdirSync(dirname(output), { recursive: true });
const folder = mkdtempSync(resolve('build/pack-'));
try {
  const packed = join(folder, 'sentinel');
  await pack(folder, packed);
  if (!values['no-verify']) {
    verifyExecutable(packed);
  }
  renameSync(packed, output);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${values.output}: ${(statSync(output).size / 1e6).toFixed(1)} MB`);
