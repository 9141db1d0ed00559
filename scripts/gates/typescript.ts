/** Gates over the TypeScript: format and lint, types, layers, dead code. */
import { resolve } from 'node:path';
import { type Gate, type GateResult, linesOf, runScript, runTool, sourceFiles } from './run.ts';

/** Format and lint. */
export const biomeGate: Gate = {
  name: 'biome',
  run() {
    const { status, stdout, stderr } = runTool('biome', [
      'check',
      '--error-on-warnings',
      '--max-diagnostics=50',
      '.',
    ]);
    const looked = Number(/Checked (\d+) files?/.exec(stdout + stderr)?.[1] ?? 0);
    return { looked, unit: 'files', problems: status === 0 ? [] : linesOf(stdout + stderr) };
  },
};

/** Types. */
export const typesGate: Gate = {
  name: 'tsc',
  run() {
    const { status, stdout } = runScript('typescript/bin/tsc', [
      '--noEmit',
      '-p',
      '.',
      '--listFiles',
      '--pretty',
      'false',
    ]);
    const lines = linesOf(stdout);
    const isListed = (line: string) => line.startsWith('/');
    const ours = lines.filter((line) => isListed(line) && !line.includes('/node_modules/'));
    return {
      looked: ours.length,
      unit: 'files',
      problems: status === 0 ? [] : lines.filter((line) => !isListed(line)),
    };
  },
};

/** What dependency-cruiser tells, as far as it is used here. */
interface CruiseReport {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/**
 * Imports that go the wrong way, below `root`.
 *
 * @param root Folder in which `folders` stand; the rules name paths relative to it.
 * @param folders What to look at, such as `src`.
 * @param sources Files that must have been looked at, relative to `root`: the tool has been seen to pass on none.
 */
export function checkLayers(
  root: string,
  folders: readonly string[],
  sources: readonly string[],
): GateResult {
  const { stdout, stderr, status } = runScript(
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    ['--config', resolve('.dependency-cruiser.cjs'), '--output-type', 'json', ...folders],
    root,
  );
  if (!stdout.startsWith('{')) {
    return {
      looked: 0,
      unit: 'modules',
      problems: [`dependency-cruiser ended with ${status}`, ...linesOf(stderr)],
    };
  }
  const { modules, summary } = JSON.parse(stdout) as CruiseReport; // the tool's own format
  const seen = new Set(modules.map(({ source }) => source));
  const unseen = sources.filter((path) => !seen.has(path));
  return {
    looked: sources.length - unseen.length,
    unit: 'modules',
    problems: [
      ...summary.violations.map(({ from, to, rule }) => `${from} imports ${to}: ${rule.name}`),
      ...unseen.map((path) => `${path}: was not looked at`),
    ],
  };
}

/** Imports go one way (STYLE §1), and never in a circle. */
export const layersGate: Gate = {
  name: 'layers',
  run() {
    return checkLayers(
      '.',
      ['src', 'native', 'scripts', 'test'],
      sourceFiles(/^(src|native|scripts|test)\/.*(?<!\.d)\.ts$/),
    );
  },
};

/** What our reporter prints of knip's findings. */
interface KnipReport {
  readonly processed: number;
  readonly problems: readonly string[];
}

/** Files, exports and packages that nobody uses. */
export const deadCodeGate: Gate = {
  name: 'knip',
  run() {
    const { stdout, stderr } = runScript('knip/bin/knip.js', [
      '--reporter',
      './scripts/gates/knip-reporter.mjs',
      '--no-progress',
    ]);
    if (!stdout.startsWith('{')) {
      return { looked: 0, unit: 'files', problems: linesOf(stderr + stdout) };
    }
    const { processed, problems } = JSON.parse(stdout) as KnipReport; // written by knip-reporter.mjs
    return { looked: processed, unit: 'files', problems };
  },
};
