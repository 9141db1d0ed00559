/** Writes what the bundle is built from to the file named, if it differs from what is there. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Runs git in this checkout, whoever owns it; undefined without git or outside a checkout. */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', ['-c', `safe.directory=${process.cwd()}`, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** Abbreviated commit, with `+dirty` when tracked files differ from it. */
function commit(): string {
  const hash = git('rev-parse', '--short=12', 'HEAD');
  return hash === undefined
    ? 'unknown'
    : hash + (git('status', '--porcelain', '-uno') === '' ? '' : '+dirty');
}

/** Version of the libbpf that the compiler finds: from its pkg-config file, else from its header (without patch level). */
function libbpfVersion(): string {
  const archive = execFileSync('gcc', ['-print-file-name=libbpf.a'], { encoding: 'utf8' }).trim();
  const description = `${dirname(archive)}/pkgconfig/libbpf.pc`;
  const described =
    existsSync(description) && /^Version: (\S+)$/m.exec(readFileSync(description, 'utf8'))?.[1];
  if (described) {
    return described;
  }
  const header = readFileSync('/usr/include/bpf/libbpf_version.h', 'utf8');
  const part = (name: string) => new RegExp(`^#define LIBBPF_${name}_VERSION (\\d+)`, 'm').exec(header)?.[1];
  return `${part('MAJOR')}.${part('MINOR')}`;
}

const target = process.argv[2];
if (target === undefined) {
  throw new TypeError('usage: build-info.ts FILE');
}
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }; // our own file
const text = `${JSON.stringify({ version, commit: commit(), libbpf: libbpfVersion() }, null, 2)}\n`;
if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}
