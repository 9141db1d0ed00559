/** The tables of options and settings in the README. `readme-options.ts --write` puts them there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { optionDescription } from '../src/cli/option-settings.ts';
import { OPTIONS } from '../src/cli/options.ts';
import { environmentName } from '../src/core/config/env-layer.ts';
import type { Leaf } from '../src/core/config/leaf.ts';
import { CONFIG_LEAVES } from '../src/core/config/schema.ts';

const BEGIN = '<!-- options -->\n';
const END = '<!-- /options -->';

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function defaultOf({ defaultValue }: Leaf): string {
  const text = Array.isArray(defaultValue) ? defaultValue.join(',') : String(defaultValue ?? '');
  return text === '' ? '' : `\`${cell(text)}\``;
}

/** Markdown of both tables, one row an option and one a setting; `{ rows }` counts them. */
export function optionTables(): { readonly text: string; readonly rows: number } {
  const options = OPTIONS.map(
    (option) =>
      `| \`${cell(option.flags)}\` | ${option.commands.join(', ')} | ${cell(optionDescription(option))} |`,
  );
  const settings = CONFIG_LEAVES.map(
    (leaf) =>
      `| \`${leaf.path}\` | \`${environmentName(leaf.path)}\` | ${defaultOf(leaf)} | ${cell(leaf.description)} |`,
  );
  const text = [
    '| option | of | does |',
    '| --- | --- | --- |',
    ...options,
    '',
    '| setting | environment | default | what |',
    '| --- | --- | --- | --- |',
    ...settings,
    '',
  ].join('\n');
  return { text, rows: options.length + settings.length };
}

/**
 * The README with its tables as they should be.
 *
 * @throws {Error} If it does not mark where they go.
 */
export function withOptionTables(readme: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END, begin);
  if (begin < 0 || end < 0) {
    throw new Error(`README.md does not mark its tables with ${BEGIN.trim()} and ${END}`);
  }
  return readme.slice(0, begin + BEGIN.length) + optionTables().text + readme.slice(end);
}

if (process.argv.includes('--write')) {
  writeFileSync('README.md', withOptionTables(readFileSync('README.md', 'utf8')));
}
