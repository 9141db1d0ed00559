/**
 * Writes the options and settings into README.md, between `<!-- options -->` and `<!-- /options -->`, or with `--check`
 * fails when what is there differs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { COMMANDS } from '../src/cli/command-table.ts';
import { optionDescription } from '../src/cli/option-settings.ts';
import { optionsOf } from '../src/cli/options.ts';
import { environmentName } from '../src/core/config/env-layer.ts';
import { CONFIG_LEAVES } from '../src/core/config/schema.ts';
import { UPSTREAM_ENVIRONMENT } from '../src/core/config/upstream.ts';

const FILE = 'README.md';
const BEGIN = '<!-- options -->';
const END = '<!-- /options -->';

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

const commands = COMMANDS.map(({ name, summary }) => {
  const rows = optionsOf(name).map((option) => [code(option.flags), optionDescription(option)]);
  return [
    `### \`sentinel ${name}\``,
    summary,
    ...(rows.length > 0 ? [table(['option', 'what it does'], rows)] : []),
  ].join('\n\n');
});
const settings = table(
  ['setting', 'environment', 'default', 'what it is'],
  CONFIG_LEAVES.map(({ path, defaultValue, description }) => [
    code(path),
    code(environmentName(path)),
    defaultValue === undefined ? '' : code(JSON.stringify(defaultValue)),
    description,
  ]),
);
const aliases = table(
  ['upstream variable', 'setting'],
  Object.entries(UPSTREAM_ENVIRONMENT).map(([name, path]) => [code(name), code(path)]),
);
const block = [BEGIN, ...commands, '### Settings', settings, aliases, END].join('\n\n');

const readme = readFileSync(FILE, 'utf8');
const begin = readme.indexOf(BEGIN);
const end = readme.indexOf(END);
if (begin < 0 || end < begin) {
  throw new Error(`${FILE} has no ${BEGIN} and ${END}`);
}
const wanted = readme.slice(0, begin) + block + readme.slice(end + END.length);
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, wanted);
} else if (wanted !== readme) {
  throw new Error(`${FILE} has other options than the program; run: node scripts/readme-options.ts`);
}
console.log(`${FILE}: ${commands.length} commands, ${CONFIG_LEAVES.length} settings`);
