/** The program that a process runs: shared by a process and the children it forked and that have not exec'd. */

/** Characters of arguments that a process keeps; an ordinary command line fits many times. */
export const KEPT_ARGS_CHARS = 2048;

/** What an exec set. Immutable but for the number of those who hold it. */
export interface ProcessImage {
  readonly executable: string | undefined;
  /** At most {@link KEPT_ARGS_CHARS} characters together. */
  readonly args: readonly string[] | undefined;
  readonly argsCount: number;
  /** The kernel or we cut the arguments. */
  readonly argsTruncated: boolean;
  /** `args` joined by spaces. */
  readonly commandLine: string | undefined;
  readonly workingDirectory: string | undefined;
  readonly ttyName: string | undefined;
  /** Characters held by all strings here. */
  readonly textChars: number;
  holders: number;
}

/** An image of which nothing, or only the executable, is known. */
export function bareImage(executable?: string): ProcessImage {
  return {
    executable,
    args: undefined,
    argsCount: 0,
    argsTruncated: false,
    commandLine: undefined,
    workingDirectory: undefined,
    ttyName: undefined,
    textChars: executable?.length ?? 0,
    holders: 0,
  };
}

/** What {@link makeImage} needs; any length. */
export interface ImageFacts {
  readonly executable: string | undefined;
  readonly args: readonly string[] | undefined;
  readonly argsCount: number;
  readonly argsTruncated: boolean;
  readonly workingDirectory: string | undefined;
  readonly ttyName: string | undefined;
}

/** An image that keeps a bounded part of `facts`. */
export function makeImage(facts: ImageFacts): ProcessImage {
  const args = facts.args === undefined ? undefined : clipArgs(facts.args);
  const commandLine = args?.join(' ');
  let textChars = (facts.executable?.length ?? 0) + (facts.workingDirectory?.length ?? 0);
  textChars += 2 * (commandLine?.length ?? 0);
  return {
    executable: facts.executable,
    args,
    argsCount: facts.argsCount,
    argsTruncated: facts.argsTruncated || args !== facts.args,
    commandLine,
    workingDirectory: facts.workingDirectory,
    ttyName: facts.ttyName?.replace(/^pts(?=[0-9])/, 'pts/'), // the kernel's name for /dev/pts/0 is pts0
    textChars,
    holders: 0,
  };
}

/** `args` itself when short enough, else its beginning, the last argument cut. */
function clipArgs(args: readonly string[]): readonly string[] {
  let chars = 0;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (chars + arg.length + 1 > KEPT_ARGS_CHARS) {
      return [...args.slice(0, i), detached(arg.slice(0, KEPT_ARGS_CHARS - chars))];
    }
    chars += arg.length + 1;
  }
  return args;
}

/** A copy; a slice would keep the whole string that it was cut from. */
function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
