/** The command line and setting of a program that starts. */
import type { Event } from '../../core/event.ts';
import { CommandLine } from './command-line.ts';
import { ConditionalCounts, CountQuery } from './conditional-counts.ts';
import type { DecayClock } from './decay-clock.ts';
import type { FeatureBlock } from './feature-block.ts';
import { NgramCounts } from './ngram-counts.ts';
import { clip, share, shownNumber, shownPath, shownProgram } from './shown-text.ts';
import type { Subject } from './subject.ts';
import { entropyOf } from './text-entropy.ts';

const STRETCH_SHOWN = 40;

/**
 * Surprisal of characters (nats each: mean, and of the worst 16 in a row), of the build of the arguments and of the
 * working directory for the program; lengths as ln(1+n); entropy in bits. NaN for all but exec.
 */
export class CommandFeatures implements FeatureBlock {
  readonly features = [
    'command_ngram_mean',
    'command_ngram_worst',
    'program_command_build',
    'command_length',
    'command_words',
    'command_longest_word',
    'command_entropy',
    'command_shell_characters',
    'command_base64',
    'command_has_url',
    'program_working_directory',
    'has_terminal',
  ] as const;
  readonly counts: readonly (NgramCounts | ConditionalCounts)[];
  readonly #line: CommandLine;
  readonly #ngrams: NgramCounts;
  readonly #builds: ConditionalCounts;
  readonly #directories: ConditionalCounts;
  readonly #build = new CountQuery();
  readonly #directory = new CountQuery();
  #text = '';
  #hasDirectory = false;

  /** @param textStart Of the set's hashes. */
  constructor(clock: DecayClock, textStart: number) {
    this.#line = new CommandLine(textStart);
    this.#ngrams = new NgramCounts(clock);
    this.#builds = new ConditionalCounts(clock, 1 << 14, 1 << 11);
    this.#directories = new ConditionalCounts(clock, 1 << 13, 1 << 11);
    this.counts = [this.#ngrams, this.#builds, this.#directories];
  }

  extract(event: Event, subject: Subject, out: Float64Array, at: number): void {
    this.#text = '';
    this.#hasDirectory = false;
    if (subject.type !== 'process_exec') {
      out.fill(Number.NaN, at, at + this.features.length);
      return;
    }
    this.#extractLine(event.detail || (event.get('process.command_line') ?? ''), subject, out, at);
    const directory = subject.ofProcess(event, 'process.working_directory');
    this.#hasDirectory = directory !== undefined;
    if (directory === undefined) {
      out.fill(Number.NaN, at + 10, at + 12);
      return;
    }
    this.#directories.look(this.#directory, subject.programHash, subject.hash(directory));
    out[at + 10] = this.#directory.surprisal;
    // Who knows the directory knows the terminal too: none is none.
    out[at + 11] = subject.ofProcess(event, 'process.tty.name') === undefined ? 0 : 1;
  }

  #extractLine(text: string, subject: Subject, out: Float64Array, at: number): void {
    this.#text = text;
    if (text === '') {
      out.fill(Number.NaN, at, at + 10);
      return;
    }
    const line = this.#line;
    line.read(text);
    this.#ngrams.look(text);
    this.#builds.look(this.#build, subject.programHash, line.build);
    out[at] = this.#ngrams.mean;
    out[at + 1] = this.#ngrams.worst;
    out[at + 2] = this.#build.surprisal;
    out[at + 3] = Math.log1p(line.length);
    out[at + 4] = Math.log1p(line.words);
    out[at + 5] = Math.log1p(line.longestWord);
    out[at + 6] = entropyOf(text);
    out[at + 7] = Math.log1p(line.shellCharacters);
    out[at + 8] = Math.log1p(line.base64Run);
    out[at + 9] = line.hasUrl ? 1 : 0;
  }

  learn(): void {
    if (this.#text !== '') {
      this.#ngrams.learn(this.#text);
      this.#builds.learn(this.#build);
    }
    if (this.#hasDirectory) {
      this.#directories.learn(this.#directory);
    }
  }

  explain(event: Event, subject: Subject, index: number): string {
    const program = shownProgram(subject.program);
    const line = this.#line;
    switch (this.features[index]) {
      case 'program_working_directory': {
        const directory = shownPath(subject.ofProcess(event, 'process.working_directory') ?? '');
        return this.#directory.isNew
          ? `first time ${program} starts in ${directory}`
          : `${program} starts in ${directory} in ${share(this.#directory)} starts`;
      }
      case 'has_terminal':
        return `terminal ${subject.ofProcess(event, 'process.tty.name') ?? 'none'}`;
    }
    if (this.#text === '') {
      return 'no command line';
    }
    switch (this.features[index]) {
      case 'command_ngram_mean':
        return `command line surprises by ${shownNumber(this.#ngrams.mean)} nats a character: ${clip(this.#text, STRETCH_SHOWN)}`;
      case 'command_ngram_worst': {
        const start = Math.max(0, this.#ngrams.worstStart - 2);
        return `unusual characters in the command line: ${clip(this.#text.slice(start), STRETCH_SHOWN)}`;
      }
      case 'program_command_build':
        return this.#build.isNew
          ? `first time ${program} gets such arguments: ${clip(this.#text, STRETCH_SHOWN)}`
          : `${program} gets such arguments in ${share(this.#build)} starts`;
      case 'command_length':
        return `command line of ${line.length} characters`;
      case 'command_words':
        return `command line of ${line.words} words`;
      case 'command_longest_word':
        return `a word of ${line.longestWord} characters in the command line`;
      case 'command_entropy':
        return `command line with ${shownNumber(entropyOf(this.#text))} bits a character`;
      case 'command_shell_characters':
        return `${line.shellCharacters} characters that a shell acts on: ${clip(this.#text, STRETCH_SHOWN)}`;
      case 'command_base64':
        return line.base64Run === 0
          ? 'nothing like base64 in the command line'
          : `${line.base64Run} characters like base64 in the command line`;
      default:
        return `the command line names ${line.hasUrl ? 'a' : 'no'} URL`;
    }
  }
}
