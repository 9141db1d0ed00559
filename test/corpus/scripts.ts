/** The scripts of the corpus: what their headers say. */
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** How init starts a script, see `init.c`. */
export type Launch = 'login' | 'cron' | 'service';

/** The ATT&CK technique that a script shows. */
export interface Technique {
  /** `T1059.004` */
  readonly id: string;
  readonly name: string;
  readonly tactic: string;
  /** Part of the command line of processes that the deed starts elsewhere, through a service. */
  readonly marker: string | undefined;
}

/** One script and its header. */
export interface CorpusScript {
  /** File name without `.sh`. */
  readonly name: string;
  readonly text: string;
  readonly how: Launch;
  readonly user: string;
  /** Undefined for benign load. */
  readonly technique: Technique | undefined;
  /** Programs without which the script shows nothing. */
  readonly needs: readonly string[];
  /** How often it is drawn beside the others; 0 for what runs all the time. */
  readonly weight: number;
}

const HEADER = /^# ([a-z]+): (.+)$/gm;
const TECHNIQUE = /^(T\d{4}(?:\.\d{3})?) (.+)$/;
/** Where the sandbox looks for programs; its /usr is the host's. */
const PROGRAM_FOLDERS = ['/usr/sbin', '/usr/bin'];

/**
 * Every script of a folder, by name.
 *
 * @throws {Error} If a header lacks something or a technique does not begin with its id.
 */
export function readScripts(folder: string): CorpusScript[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sh'))
    .sort()
    .map((file) => parseScript(basename(file, '.sh'), readFileSync(join(folder, file), 'utf8')));
}

/** @throws {Error} As {@link readScripts} does. */
export function parseScript(name: string, text: string): CorpusScript {
  const header = new Map([...text.matchAll(HEADER)].map(([, key = '', value = '']) => [key, value]));
  const required = (key: string): string => {
    const value = header.get(key);
    if (value === undefined) {
      throw new Error(`${name}: no line "# ${key}: ..." in its header`);
    }
    return value;
  };
  required('does');
  const words = header.has('technique') ? TECHNIQUE.exec(required('technique')) : undefined;
  if (words === null || (words !== undefined && !name.startsWith(`${words[1]}-`))) {
    throw new Error(`${name}: its header does not name the technique that its file name does`);
  }
  if (words !== undefined) {
    required('harmless');
  }
  const how = words === undefined ? required('how') : 'login';
  if (how !== 'login' && how !== 'cron' && how !== 'service') {
    throw new Error(`${name}: cannot be started as ${how}`);
  }
  return {
    name,
    text,
    how,
    user: required('user'),
    technique:
      words === undefined
        ? undefined
        : {
            id: words[1] ?? '',
            name: words[2] ?? '',
            tactic: required('tactic'),
            marker: header.get('marker'),
          },
    needs: (header.get('needs') ?? '').split(' ').filter((program) => program !== ''),
    weight: Number(header.get('weight') ?? 0),
  };
}

/** The programs that `script` needs and the sandbox does not have. */
export function missingPrograms(script: CorpusScript): string[] {
  return script.needs.filter(
    (program) => !PROGRAM_FOLDERS.some((folder) => isExecutable(join(folder, program))),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
