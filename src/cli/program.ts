/** The command line: from arguments to a command that runs. */
import { Argument, Command, CommanderError, type Help, Option } from 'commander';
import { versionText } from '../core/build-info.ts';
import { nearestName } from '../core/config/fault.ts';
import { SentinelError } from '../core/errors.ts';
import { COMMANDS, type CommandName, type CommandSpec } from './command-table.ts';
import type { CliIo } from './io.ts';
import { OPTION_GROUPS, type OptionSpec, optionsOf, type ParsedOptions } from './options.ts';

const SUMMARY = 'Watches a Linux host through eBPF and says what happens on it.';

/** Runs one command with what commander parsed: the options, then the positional arguments. */
export type CommandRunner = (options: ParsedOptions, args: readonly string[], io: CliIo) => Promise<void>;

// Each command is loaded when it runs: decode never loads the addon.
const RUNNERS: Readonly<Record<CommandName, () => Promise<CommandRunner>>> = {
  probe: async () => (await import('./commands/probe.ts')).runProbeCommand,
  detect: async () => (await import('./commands/detect.ts')).runDetectCommand,
  replay: async () => (await import('./commands/replay.ts')).runReplayCommand,
  decode: async () => {
    const { runDecode } = await import('./commands/decode.ts');
    return (options, [file = '-', out], io) =>
      runDecode({ file, ...(out === undefined ? {} : { out }), strict: options['strict'] === true }, io);
  },
  preflight: async () => (await import('./commands/preflight.ts')).runPreflightCommand,
};

/**
 * Runs the command that `argv` names.
 *
 * @param argv Arguments without the program's own name.
 * @throws {SentinelError} SNT_USAGE for arguments that make no sense, and whatever the command throws.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<void> {
  const program = await createProgram(argv, io);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      throw error;
    }
    if (error.exitCode !== 0 || error.code === 'commander.help') {
      throw usageError(error, program, argv);
    }
  }
}

/** The commander program. Only commands that `argv` names get their options: the others would load the schema in vain. */
async function createProgram(argv: readonly string[], io: CliIo): Promise<Command> {
  const program = new Command('sentinel')
    .description(SUMMARY)
    .version(versionText(), '-V, --version', 'print version, commit, runtime and libbpf')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // The caller prints the error, once; commander only sends help for a missing command here.
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => helpWidth(io.stdout.columns),
      getErrHelpWidth: () => helpWidth(io.stderr.columns),
    })
    .configureHelp({ formatHelp })
    .showSuggestionAfterError(false)
    .exitOverride();
  for (const spec of COMMANDS) {
    const command = addCommand(program, spec, io);
    if (argv.includes(spec.name)) {
      for (const option of optionsOf(spec.name)) {
        command.addOption(await commanderOption(option));
      }
    }
  }
  return program;
}

function addCommand(program: Command, spec: CommandSpec, io: CliIo): Command {
  const command = program.command(spec.name).description(spec.summary).helpOption('-h, --help', 'print help');
  for (const [name, description] of spec.args) {
    command.addArgument(new Argument(name, description));
  }
  return command.action(async () => {
    const run = await RUNNERS[spec.name]();
    await run(command.opts(), command.args, io);
  });
}

async function commanderOption(spec: OptionSpec): Promise<Option> {
  if (spec.setting === undefined) {
    const option = new Option(spec.flags, spec.description).helpGroup(spec.group);
    return spec.choices === undefined ? option : option.choices(spec.choices);
  }
  const { isListOption, optionDescription } = await import('./option-settings.ts');
  const option = new Option(spec.flags, optionDescription(spec)).helpGroup(spec.group);
  return isListOption(spec)
    ? option.argParser((text: string, before: string | undefined) =>
        before === undefined ? text : `${before},${text}`,
      )
    : option;
}

const COMMAND_BY_NAME: ReadonlyMap<string, CommandSpec> = new Map(COMMANDS.map((spec) => [spec.name, spec]));

/** One sentence, usage, examples, then options by purpose. */
function formatHelp(command: Command, help: Help): string {
  const width = help.helpWidth ?? 80;
  const indent = Math.max(help.padWidth(command, help), 0);
  const item = (term: string, description: string): string =>
    help.formatItem(term, indent, description, help);
  const blocks = [help.boxWrap(command.description(), width), `Usage: ${help.commandUsage(command)}`];
  const examples = COMMAND_BY_NAME.get(command.name())?.examples ?? [];
  if (examples.length > 0) {
    blocks.push(
      section(
        'Examples',
        examples.map(([line, effect]) => `  ${line}\n      ${effect}`),
      ),
    );
  }
  const args = help.visibleArguments(command);
  if (args.length > 0) {
    blocks.push(
      section(
        'Arguments',
        args.map((arg) => item(help.argumentTerm(arg), help.argumentDescription(arg))),
      ),
    );
  }
  const commands = help.visibleCommands(command);
  if (commands.length > 0) {
    blocks.push(
      section(
        'Commands',
        commands.map((sub) => item(help.subcommandTerm(sub), help.subcommandDescription(sub))),
      ),
    );
  }
  const options = help.visibleOptions(command);
  for (const group of OPTION_GROUPS) {
    const members = options.filter((option) => (option.helpGroupHeading ?? 'General') === group);
    if (members.length > 0) {
      blocks.push(
        section(
          group,
          members.map((option) => item(help.optionTerm(option), option.description)),
        ),
      );
    }
  }
  if (command.parent === null) {
    blocks.push(
      'Exit status: 0 done, 1 done and found or differed, 2 usage, 3 configuration, 4 rules, 5 kernel or privileges, 6 peer unreachable, 7 corrupt input, 70 bug',
    );
  }
  return `${blocks.join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...lines].join('\n');
}

function helpWidth(columns: number | undefined): number {
  return Math.min(Math.max(columns ?? 100, 60), 110);
}

function usageError(error: CommanderError, program: Command, argv: readonly string[]): SentinelError {
  const command = COMMANDS.find(({ name }) => name === argv[0])?.name;
  const help = `see: sentinel ${command === undefined ? '' : `${command} `}--help`;
  const [first, asked] = argv;
  const isHelpOfUnknown = error.code === 'commander.help' && first === 'help' && asked !== undefined;
  if (error.code === 'commander.help' && !isHelpOfUnknown) {
    return new SentinelError('SNT_USAGE', 'No command given', { hint: `one of ${commandNames()}` });
  }
  if (error.code === 'commander.unknownCommand' || isHelpOfUnknown) {
    const word = (isHelpOfUnknown ? asked : program.args[0]) ?? '';
    const near = nearestName(word, [...COMMAND_BY_NAME.keys()]);
    const hint = near === undefined ? `there are ${commandNames()}` : `did you mean ${near}`;
    return new SentinelError('SNT_USAGE', `No command ${JSON.stringify(word.slice(0, 80))}`, { hint });
  }
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .slice(0, 300);
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  const [, flag] = /unknown option '([^']*)'/.exec(message) ?? [];
  const flags =
    command === undefined ? [] : optionsOf(command).flatMap(({ flags }) => flags.match(/--[a-z-]+/g) ?? []);
  const near = flag === undefined ? undefined : nearestName(flag, flags);
  return new SentinelError('SNT_USAGE', sentence, {
    hint: near === undefined ? help : `did you mean ${near}; ${help}`,
  });
}

function commandNames(): string {
  return COMMANDS.map(({ name }) => name).join(', ');
}
