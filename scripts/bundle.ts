/** Bundles src/main.ts into build/sentinel.cjs, and writes the licences of what is inside beside it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { thirdPartyText } from './third-party.ts';

const { values } = parseArgs({
  options: {
    entry: { type: 'string', default: 'src/main.ts' },
    output: { type: 'string', default: 'build/sentinel.cjs' },
  },
});
// Written by scripts/build-info.ts, in this shape.
const info = JSON.parse(readFileSync('build/build-info.json', 'utf8')) as Record<
  'version' | 'commit' | 'libbpf',
  string
>;

const { metafile, warnings } = await build({
  entryPoints: [values.entry],
  outfile: values.output,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node26',
  // An error in a minified bundle prints its one line, all of it.
  minify: false,
  keepNames: true,
  legalComments: 'none',
  define: {
    __SENTINEL_VERSION__: JSON.stringify(info.version),
    __SENTINEL_COMMIT__: JSON.stringify(info.commit),
    __LIBBPF_VERSION__: JSON.stringify(info.libbpf),
  },
  metafile: true,
  logLevel: 'warning',
});
if (warnings.length > 0) {
  throw new Error(`${warnings.length} warnings while bundling`);
}

// A module left outside would be looked for on the host that runs the executable.
const outside = Object.values(metafile.outputs)
  .flatMap((output) => output.imports)
  .filter(({ external, path }) => external && !process.getBuiltinModule(path));
if (outside.length > 0) {
  throw new Error(`not in the bundle: ${outside.map(({ path }) => path).join(', ')}`);
}

const inputs = Object.keys(metafile.inputs);
writeFileSync('build/THIRD_PARTY.txt', thirdPartyText(inputs));
const ours = inputs.filter((path) => !path.startsWith('node_modules/')).length;
console.log(`${values.output}: ${ours} of our modules, ${inputs.length - ours} of others`);
