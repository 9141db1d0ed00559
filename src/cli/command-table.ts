/** The commands of this version, as help and README show them. */

/** The name of a command. */
export type CommandName = 'probe' | 'decode' | 'preflight';

/** One command. */
export interface CommandSpec {
  readonly name: CommandName;
  /** One sentence. */
  readonly summary: string;
  /** Positional arguments as commander reads them, with what each is. */
  readonly args: ReadonlyArray<readonly [name: string, description: string]>;
  readonly examples: ReadonlyArray<readonly [command: string, effect: string]>;
}

/** The commands, in the order of help. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'probe',
    summary: 'Watches this host through eBPF and writes what happens as events.',
    args: [],
    examples: [
      ['sudo sentinel probe', 'what the rules that ship forward, live'],
      ['sudo sentinel probe --all --events process,net', 'every process and network event'],
      [
        'sudo sentinel probe --events file,-file_open --uid 1000',
        'what user 1000 does to files, opens left out',
      ],
      ['sudo sentinel probe --file events.bin --duration 10m', 'ten minutes to an EVT1 file'],
      ['sudo sentinel probe | jq -r .event_type', 'NDJSON to another program'],
    ],
  },
  {
    name: 'decode',
    summary: 'Turns an EVT1 file, plain or gzip, into NDJSON.',
    args: [
      ['<file>', 'EVT1 file, or - for standard input'],
      ['[out]', 'file to write; standard output unless given'],
    ],
    examples: [
      ['sudo sentinel decode /var/log/sentinel/events.bin', 'what the service wrote, one JSON object a line'],
      ['sentinel decode events.bin events.ndjson', 'into a file'],
      ['zcat events.bin.gz | sentinel decode -', 'from a pipe'],
    ],
  },
  {
    name: 'preflight',
    summary: 'Checks what this host allows and how each event type would be watched.',
    args: [],
    examples: [
      ['sudo sentinel preflight', 'every check, each failure with its fix'],
      ['sudo sentinel preflight --output json', 'for a machine; exit 5 if probe could not do its job'],
      ['sudo sentinel preflight --sink file', 'also the disk and the file that the service writes'],
    ],
  },
];

/** Commands that later versions have; naming one gets a sentence instead of a guess. */
export const RESERVED_COMMANDS: readonly string[] = ['detect', 'replay'];
