/** The steps that the program `deeds` does, as its words; the language is in test/live/deeds/deeds.h. */

/** A ready-made argument. */
export interface RawArgument {
  readonly raw: string;
}

/** What a system call takes: a number, a text, null, bytes, an array of texts, or a ready-made argument. */
export type CallArgument =
  | number
  | bigint
  | string
  | null
  | Uint8Array
  | readonly (string | Uint8Array)[]
  | RawArgument;

/** The words of one step. */
export type Step = readonly string[];

/** The dirfd that stands for the working directory. */
export const AT_FDCWD = -100;

/** A text of any bytes but NUL. */
export function textBytes(bytes: Uint8Array): RawArgument {
  return { raw: `s:${encodeText(bytes)}` };
}

/** What the step of that index returned. */
export function resultOf(step: number): RawArgument {
  return { raw: `$:${step}` };
}

/** The id of the process that does the deed. */
export const OWN_PID: RawArgument = { raw: 'p:' };

/** `count` zero bytes. */
export function zeros(count: number): RawArgument {
  return { raw: `b:${count}` };
}

/** An array of "deeds" and `count` texts of `length` characters. */
export function repeatedTexts(count: number, length: number): RawArgument {
  return { raw: `x:${count}x${length}` };
}

/** A struct mmsghdr for each address; also serves as struct msghdr. */
export function messages(...addresses: readonly Uint8Array[]): RawArgument {
  return { raw: `m:${addresses.map((address) => Buffer.from(address).toString('hex')).join(',')}` };
}

/** One bare system call, by name or number. */
export function call(name: string | number, ...args: readonly CallArgument[]): Step {
  return ['call', String(name), ...args.map(encodeArgument)];
}

/** One of the deeds that take more than a call. */
export function deed(keyword: string, ...args: readonly CallArgument[]): Step {
  return [keyword, ...args.map(encodeArgument)];
}

/** The words of a command line for all steps. */
export function wordsOf(steps: readonly Step[]): string[] {
  return steps.flatMap((step, index) => (index === 0 ? step : ['+', ...step]));
}

function encodeArgument(argument: CallArgument): string {
  if (argument === null) {
    return 'n:';
  }
  if (typeof argument === 'number' || typeof argument === 'bigint') {
    return `i:${argument}`;
  }
  if (typeof argument === 'string') {
    return `s:${encodeText(Buffer.from(argument))}`;
  }
  if (argument instanceof Uint8Array) {
    return `h:${Buffer.from(argument).toString('hex')}`;
  }
  return 'raw' in argument
    ? argument.raw
    : `a:${argument.map((text) => encodeText(Buffer.from(text as Uint8Array))).join(',')}`;
}

/** Everything but plain path characters as %XX. */
function encodeText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_./-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}
