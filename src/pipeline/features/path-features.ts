/** Paths: how surprising for who uses them, for the host, and by their looks. */
import type { Event } from '../../core/event.ts';
import { ConditionalCounts, CountQuery } from './conditional-counts.ts';
import type { DecayClock } from './decay-clock.ts';
import type { FeatureBlock } from './feature-block.ts';
import { type PathShape, PathShapes } from './path-shape.ts';
import { PrefixCounts, PrefixQuery, UserQuery } from './prefix-counts.ts';
import { share, shownNumber, shownPath, shownProgram } from './shown-text.ts';
import { OPEN_BITS, type Subject } from './subject.ts';
import { hashPair } from './text-hash.ts';

const EVERYTHING = 2;

/** Files that programs use, or executables that parents start. */
export type PathRole = 'file' | 'executable';

const FEATURES = {
  file: ['program_path', 'program_path_step', 'path', 'path_program'],
  executable: ['parent_program', 'parent_program_step', 'executable_path', 'program_parent'],
} as const;
const SHAPE_FEATURES = [
  'path_depth',
  'name_length',
  'name_entropy',
  'name_digits',
  'is_hidden',
  'is_in_writable_directory',
  'program_extension',
  'is_write',
  'is_create',
] as const;

/**
 * Surprisal (nats) of a path for its user, its worst step, of it on the host, and of the user for the path (or its
 * directory, while the path is too new to say); depth, length in ln(1+n), entropy in bits, share of digits.
 */
export class PathFeatures implements FeatureBlock {
  readonly features: readonly string[];
  readonly counts: readonly (PrefixCounts | ConditionalCounts)[];
  readonly #role: PathRole;
  readonly #shapes: PathShapes;
  #shape: PathShape;
  readonly #byActor: PrefixCounts;
  readonly #ofHost: PrefixCounts;
  readonly #extensions: ConditionalCounts;
  readonly #path = new PrefixQuery();
  readonly #hostPath = new PrefixQuery();
  readonly #user = new UserQuery();
  readonly #extension = new CountQuery();
  #actor: string | undefined;
  #text = '';

  /** @param textStart Of the set's hashes. */
  constructor(clock: DecayClock, textStart: number, role: PathRole) {
    const isFile = role === 'file';
    this.#role = role;
    this.#shapes = new PathShapes(textStart);
    this.#shape = this.#shapes.of('');
    this.#byActor = new PrefixCounts(clock, isFile ? 1 << 16 : 1 << 14);
    this.#ofHost = new PrefixCounts(clock, isFile ? 1 << 15 : 1 << 12, isFile ? 1 << 15 : 1 << 13);
    this.#extensions = new ConditionalCounts(clock, 1 << 12, 1 << 10);
    this.features = [...FEATURES[role], ...SHAPE_FEATURES.slice(0, isFile ? SHAPE_FEATURES.length : 6)];
    this.counts = [this.#byActor, this.#ofHost, this.#extensions];
  }

  extract(event: Event, subject: Subject, out: Float64Array, at: number): void {
    const isFile = this.#role === 'file';
    const text = isFile || subject.type === 'process_exec' ? pathOf(event) : '';
    this.#text = text;
    if (text === '') {
      out.fill(Number.NaN, at, at + this.features.length);
      return;
    }
    const shape = this.#shapes.of(text);
    this.#shape = shape;
    this.#actor = isFile ? subject.program : starterOf(event, subject);
    const actor = isFile ? subject.programHash : subject.hash(this.#actor ?? '');
    this.#byActor.look(this.#path, actor, shape.prefixes, shape.steps);
    this.#ofHost.look(this.#hostPath, EVERYTHING, shape.prefixes, shape.steps);
    this.#ofHost.lookUser(this.#user, this.#hostPath, actor);
    out[at] = this.#path.surprisal;
    out[at + 1] = this.#path.stepSurprisal;
    out[at + 2] = this.#hostPath.surprisal;
    out[at + 3] = this.#user.surprisal;
    out[at + 4] = shape.depth;
    out[at + 5] = Math.log1p(shape.nameLength);
    out[at + 6] = shape.nameEntropy;
    out[at + 7] = shape.digitShare;
    out[at + 8] = shape.isHidden ? 1 : 0;
    out[at + 9] = shape.isWritable ? 1 : 0;
    subject.isNovel = this.#path.isNew;
    if (isFile) {
      const { openFlags } = subject;
      this.#extensions.look(this.#extension, hashPair(actor, subject.actionHash), shape.extension);
      out[at + 10] = this.#extension.surprisal;
      out[at + 11] = Number.isNaN(openFlags) ? Number.NaN : (openFlags & OPEN_BITS.access) !== 0 ? 1 : 0;
      out[at + 12] = Number.isNaN(openFlags) ? Number.NaN : (openFlags & OPEN_BITS.create) !== 0 ? 1 : 0;
    }
  }

  learn(): void {
    if (this.#text === '') {
      return;
    }
    this.#byActor.learn(this.#path);
    this.#ofHost.learn(this.#hostPath);
    this.#ofHost.learnUser(this.#user, this.#hostPath);
    if (this.#role === 'file') {
      this.#extensions.learn(this.#extension);
    }
  }

  explain(event: Event, subject: Subject, index: number): string {
    if (this.#text === '') {
      return 'no path';
    }
    const name = this.features[index];
    switch (name) {
      case 'program_path':
      case 'program_path_step':
        return this.#ofPath(shownProgram(this.#actor), this.#path);
      case 'parent_program':
      case 'parent_program_step':
        return this.#ofStart();
      case 'path':
      case 'executable_path':
        return this.#ofPath('this host', this.#hostPath);
      case 'path_program':
      case 'program_parent':
        return this.#ofUser();
      case 'path_depth':
        return `${this.#shape.depth} slashes in ${shownPath(this.#text)}`;
      case 'name_length':
      case 'name_entropy':
      case 'name_digits':
        return `name of ${shownPath(this.#text)}: ${this.#shape.nameLength} characters, ${shownNumber(this.#shape.nameEntropy)} bits each`;
      case 'is_hidden':
        return `${shownPath(this.#text)} is ${this.#shape.isHidden ? '' : 'not '}hidden`;
      case 'is_in_writable_directory':
        return `${shownPath(this.#text)} is ${this.#shape.isWritable ? '' : 'not '}where users may write`;
      case 'program_extension':
        return this.#extension.isNew
          ? `first ${subject.action} by ${shownProgram(this.#actor)} of a name that ends as ${shownPath(this.#text)}`
          : `${shownProgram(this.#actor)}, ${subject.action}: ending of ${shownPath(this.#text)} in ${share(this.#extension)} events`;
      default:
        return `opened with flags ${event.detail.slice(0, 12)}`;
    }
  }

  #ofPath(who: string, query: PrefixQuery): string {
    const path = shownPath(this.#text);
    if (!query.isNew) {
      return `path ${path} for ${who}: ${share(query)} events`;
    }
    if (query.known === query.steps - 1) {
      return `path ${path} is new for ${who}`;
    }
    return `path ${shownPath(prefixText(this.#text, query.known + 1))} is new for ${who}`;
  }

  #ofStart(): string {
    const parent = shownProgram(this.#actor);
    const child = shownProgram(this.#text);
    return this.#path.isNew
      ? `first time ${parent} starts ${child}`
      : `${parent} starts ${child} in ${share(this.#path)} starts`;
  }

  #ofUser(): string {
    const { level, isNew } = this.#user;
    const who = shownProgram(this.#actor);
    const isFile = this.#role === 'file';
    if (!isFile && level === 0) {
      const child = shownProgram(this.#text);
      return isNew
        ? `first time ${child} is started by ${who}`
        : `${child} is started by ${who} in ${share(this.#user)} starts`;
    }
    const what = shownPath(prefixText(this.#text, this.#shape.steps - level));
    const verb = isFile ? 'uses' : 'starts';
    const where = level === 0 ? what : `files below ${what}`;
    return isNew
      ? `first time ${who} ${verb} ${where}`
      : `${who} ${verb} ${where} in ${share(this.#user)} events`;
  }
}

/** What the event is about; of a rename or link the new name. */
function pathOf({ type, object, detail }: Event): string {
  return (type === 'file_rename' || type === 'file_link') && detail !== '' ? detail : object;
}

/** Who starts the program: of an exec that failed the process itself, else its parent. */
function starterOf(event: Event, subject: Subject): string | undefined {
  return subject.outcome === 'failure'
    ? subject.program
    : (subject.ofProcess(event, 'process.parent.executable') ??
        subject.ofProcess(event, 'process.parent.name'));
}

/** The first `components` components of a path. */
function prefixText(path: string, components: number): string {
  let end = 0;
  for (let component = 0; component < components; component++) {
    while (path.charAt(end) === '/') {
      end++;
    }
    const next = path.indexOf('/', end);
    if (next < 0) {
      return path;
    }
    end = next;
  }
  return path.slice(0, end);
}
