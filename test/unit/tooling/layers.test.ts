import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkLayers } from '../../../scripts/gates/typescript.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'layers-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Writes a tree in which each file imports the files named, and returns what the gate finds wrong with it. */
function problemsOf(imports: Record<string, readonly string[]>): readonly string[] {
  const paths = [...new Set(Object.entries(imports).flat(2))];
  for (const path of paths) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    const up = '../'.repeat(path.split('/').length - 1);
    const lines = (imports[path] ?? []).map(
      (target, index) => `export { value as v${index} } from '${up}${target}';`,
    );
    writeFileSync(file, `${lines.join('\n')}\nexport const value = 1;\n`);
  }
  const folders = [...new Set(paths.map((path) => path.split('/', 1).join('')))];
  const { looked, problems } = checkLayers(root, folders, paths);
  expect(looked).toBe(paths.length);
  return problems;
}

describe('layers gate', () => {
  test('lets every layer import what is below it', () => {
    const problems = problemsOf({
      'src/main.ts': ['src/cli/a.ts', 'src/core/a.ts'],
      'src/cli/a.ts': ['src/app/a.ts'],
      'src/app/a.ts': ['src/sources/a.ts', 'src/pipeline/a.ts', 'src/sinks/a.ts', 'src/ui/a.ts'],
      'src/sources/a.ts': ['src/kernel/a.ts'],
      'src/kernel/a.ts': ['src/core/a.ts', 'native/index.ts'],
    });
    expect(problems).toEqual([]);
  });

  test('catches each import that goes the wrong way', () => {
    const wrong = [
      ['src/cli/a.ts', 'src/main.ts', 'cli-imports-no-higher-layer'],
      ['src/app/b.ts', 'src/cli/b.ts', 'app-ui-imports-no-higher-layer'],
      ['src/ui/c.ts', 'src/app/c.ts', 'ui-imports-no-neighbour'],
      ['src/sinks/d.ts', 'src/app/d.ts', 'sources-pipeline-sinks-imports-no-higher-layer'],
      ['src/sources/e.ts', 'src/pipeline/e.ts', 'sources-imports-no-neighbour'],
      ['src/pipeline/f.ts', 'src/sinks/f.ts', 'pipeline-imports-no-neighbour'],
      ['src/sinks/g.ts', 'src/sources/g.ts', 'sinks-imports-no-neighbour'],
      ['src/kernel/h.ts', 'src/pipeline/h.ts', 'kernel-imports-no-higher-layer'],
      ['src/core/i.ts', 'src/kernel/i.ts', 'core-imports-no-higher-layer'],
      ['src/app/j.ts', 'native/index.ts', 'only-kernel-imports-native'],
      ['native/other.ts', 'src/core/k.ts', 'native-knows-nothing-of-ours'],
      ['src/core/l.ts', 'scripts/l.ts', 'product-imports-no-tooling'],
      ['src/core/m.ts', 'src/core/n.ts', 'no-cycle'],
    ] as const;
    const problems = problemsOf({
      ...Object.fromEntries(wrong.map(([from, to]) => [from, [to]])),
      // a circle is told once
      'src/core/n.ts': ['src/core/m.ts'],
    });
    expect([...problems].sort()).toEqual(
      wrong.map(([from, to, rule]) => `${from} imports ${to}: ${rule}`).sort(),
    );
  });

  test('catches an import that is only a type', () => {
    problemsOf({ 'src/sinks/a.ts': [] });
    mkdirSync(join(root, 'src/core'));
    writeFileSync(
      join(root, 'src/core/a.ts'),
      "import type * as a from '../sinks/a.ts';\nexport type A = typeof a;\n",
    );
    expect(checkLayers(root, ['src'], ['src/core/a.ts']).problems).toEqual([
      'src/core/a.ts imports src/sinks/a.ts: core-imports-no-higher-layer',
    ]);
  });

  test('counts nothing, and names the file, when the tool did not look at it', () => {
    mkdirSync(join(root, 'src'));
    const { looked, problems } = checkLayers(root, ['src'], ['src/core/a.ts']);
    expect(looked).toBe(0);
    expect(problems).toEqual(['src/core/a.ts: was not looked at']);
  });
});
