/** The licence texts that have to travel with the executable. */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A Debian package whose library is linked into the addon, and the licence that we take it under. */
const LINKED = [
  { name: 'libbpf', debian: 'libbpf-dev', licence: 'BSD-2-Clause', texts: ['BSD'] },
  {
    name: 'libelf (elfutils)',
    debian: 'libelf-dev',
    licence: 'LGPL-3.0-or-later',
    texts: ['LGPL-3', 'GPL-3'],
  },
  { name: 'zlib', debian: 'zlib1g-dev', licence: 'Zlib', texts: [] },
] as const;

/** libelf is LGPL: whoever has the executable may link it anew. */
const RELINK = `libelf is linked statically under the GNU Lesser General Public License. The source of this program is
free; with it and "make dist" the executable can be built with another version of that library.`;

/** Package folders of bundled files: `node_modules/yaml/dist/x.js` is of `node_modules/yaml`. */
function packageFolders(inputs: readonly string[]): string[] {
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders)].filter((folder) => folder !== undefined).sort();
}

function licenceFileOf(folder: string): string {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  if (file === undefined) {
    throw new Error(`${folder} has no licence file`);
  }
  return readFileSync(`${folder}/${file}`, 'utf8');
}

function section(title: string, text: string): string {
  return `${'='.repeat(100)}\n${title}\n${'='.repeat(100)}\n\n${text.trim()}\n`;
}

function ofNpm(folder: string): string {
  const about = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Record<string, string>; // npm's format
  return section(`${about['name']} ${about['version']} (${about['license']})`, licenceFileOf(folder));
}

/** Text and package version as Debian ships them: every -dev package has its copyright file. */
function ofDebian({ name, debian, licence, texts }: (typeof LINKED)[number]): string {
  const file = `/usr/share/doc/${debian}/copyright`;
  if (!existsSync(file)) {
    throw new Error(`Cannot find the licence of ${name}: no ${file}; install ${debian}`);
  }
  const status = execFileSync('dpkg-query', ['-s', debian], { encoding: 'utf8' });
  const common = texts.map((text) => readFileSync(`/usr/share/common-licenses/${text}`, 'utf8'));
  const version = /^Version: (.+)$/m.exec(status)?.[1];
  return section(
    `${name} ${version} (taken under ${licence})`,
    [readFileSync(file, 'utf8'), ...common].join('\n\n'),
  );
}

/**
 * Licences of the runtime, of the libraries in the addon and of the npm packages in the bundle.
 *
 * @param inputs Paths of bundled files, relative to the project.
 * @throws {Error} If a licence text cannot be found: then the executable may not be passed on.
 */
export function thirdPartyText(inputs: readonly string[]): string {
  const folders = [...packageFolders(inputs), 'node_modules/node-addon-api'];
  return [
    'The executable contains the following works of others, under their licences.',
    RELINK,
    ...LINKED.map(ofDebian),
    ...folders.map(ofNpm),
    section(`Node.js ${process.version}`, licenceFileOf(`node_modules/node-linux-${process.arch}`)),
  ].join('\n\n');
}
