/**
 * Which folder may import which: main → cli → app → {sources | pipeline | sinks} → kernel → core.
 * Each rule below is derived from this one list, highest first; folders on one line are side by side.
 */
const LAYERS = [['main.ts'], ['cli'], ['app', 'ui'], ['sources', 'pipeline', 'sinks'], ['kernel'], ['core']];

const inside = (folders) => `^src/(${folders.join('|').replaceAll('.', '\\.')})(/|$)`;

const upward = LAYERS.slice(1).map((folders, index) => ({
  name: `${folders.join('-')}-imports-no-higher-layer`,
  severity: 'error',
  from: { path: inside(folders) },
  to: { path: inside(LAYERS.slice(0, index + 1).flat()) },
}));

const sideways = LAYERS.filter((folders) => folders.length > 1).flatMap((folders) =>
  folders.map((folder) => ({
    name: `${folder}-imports-no-neighbour`,
    severity: 'error',
    from: { path: inside([folder]) },
    // The agent serves the page; the page knows nothing.
    to: { path: inside(folders.filter((other) => other !== folder && !(folder === 'app' && other === 'ui'))) },
  })),
).filter(({ to }) => to.path !== inside([]));

module.exports = {
  forbidden: [
    ...upward,
    ...sideways,
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'only-kernel-imports-native',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/kernel/' },
      to: { path: '^native/' },
    },
    {
      name: 'native-knows-nothing-of-ours',
      severity: 'error',
      from: { path: '^native/' },
      to: { path: '^(src|scripts|test)/' },
    },
    {
      name: 'product-imports-no-tooling',
      severity: 'error',
      from: { path: '^(src|native)/' },
      to: { path: '^(scripts|test)/' },
    },
    {
      name: 'product-imports-no-development-package',
      severity: 'error',
      from: { path: '^(src|native)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
