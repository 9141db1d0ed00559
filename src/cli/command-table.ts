/** The commands of this version, as help and README show them. */

/** The name of a command. */
export type CommandName = 'probe' | 'detect' | 'replay' | 'decode' | 'preflight';

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
    name: 'detect',
    summary: 'Scores events with online models and writes what is unusual, with the reasons.',
    args: [],
    examples: [
      ['sentinel detect', 'serve probes on 127.0.0.1:50051; they send with --sink grpc'],
      ['sentinel detect --model loda --alert-budget 5/day', 'one model, about five detections a day'],
      ['sentinel detect --source file --file events.bin', 'a recording, to its end'],
      ['sudo sentinel probe --all | sentinel detect --source stdin', 'from a pipe'],
      ['sentinel detect --state-dir /var/lib/sentinel', 'keep what was learnt over restarts'],
    ],
  },
  {
    name: 'replay',
    summary:
      'Runs a recording through the models again, on its own time: the same input gives the same output.',
    args: [['<file>', 'EVT1 or NDJSON file, plain or gzip, or - for standard input']],
    examples: [
      ['sentinel replay events.bin', 'what detect would have said'],
      ['sentinel replay events.bin > expected.ndjson', 'keep it'],
      ['sentinel replay events.bin --expect expected.ndjson', 'compare: exit 1 with a diff if it differs'],
      ['sentinel replay events.bin --target 10.0.0.5:50051', 'send it to a detector instead'],
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
