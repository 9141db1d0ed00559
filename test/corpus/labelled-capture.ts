/** From what the probe reported and what was run to a capture with labels. */
import { parseEnvelope } from '../../src/core/envelope-json.ts';
import type { EventEnvelope } from '../../src/core/event.ts';
import { BENIGN, CaptureWriter, type Label, type Manifest, type TechniqueRecord } from './capture.ts';
import { type Lineage, MarkedProcesses } from './lineage.ts';
import type { PlannedRun } from './plan.ts';
import { scrubEvent } from './scrub.ts';

/** The service that stands for other hosts: what it does is not this host's. */
const ELSEWHERE = 'elsewhere';

/** A finished recording. */
export interface Recording {
  /** Events of the sandbox as JSON, in the order of the probe. */
  readonly events: readonly Buffer[];
  readonly lineage: Lineage;
  /** Run n of the lineage is entry n. */
  readonly plan: readonly PlannedRun[];
  /** In the host's pid namespace. */
  readonly initPid: number;
}

/** What the recorder knows and the events do not say. */
export type RecordingFacts = Pick<
  Manifest,
  'recorded_at' | 'commit' | 'kernel' | 'seed' | 'duration_s' | 'hostname' | 'probe' | 'skipped'
>;

interface Seen {
  first: bigint;
  last: bigint;
  events: number;
}

/**
 * Writes the files of a capture: events without what lies outside the sandbox, and for each the technique whose script
 * it descends from. The su that starts a script is benign, the shell below it is not.
 */
export function writeLabelledCapture(
  path: string,
  recording: Recording,
  facts: RecordingFacts,
): { manifest: Manifest; bytes: number } {
  const label = labeller(recording);
  const writer = new CaptureWriter();
  const byType: Record<string, number> = {};
  const bySession = new Map<string, Seen>();
  let events = 0;
  let attacks = 0;
  for (const json of recording.events) {
    const event = parseEnvelope(json);
    const known = label(event);
    if (known === undefined) {
      continue;
    }
    writer.add(scrubEvent(event, Number(event.data[3]) === recording.initPid), known);
    events++;
    byType[event.event_type] = (byType[event.event_type] ?? 0) + 1;
    if (known.label !== BENIGN) {
      attacks++;
      const seen = bySession.get(known.session) ?? { first: event.ts_unix_nano, last: 0n, events: 0 };
      seen.last = event.ts_unix_nano;
      seen.events++;
      bySession.set(known.session, seen);
    }
  }
  const manifest: Manifest = {
    ...facts,
    events,
    benign_events: events - attacks,
    attack_events: attacks,
    events_by_type: Object.fromEntries(Object.entries(byType).sort(([a], [b]) => (a < b ? -1 : 1))),
    techniques: techniqueRecords(recording.plan, bySession),
  };
  return { manifest, bytes: writer.write(path, manifest) };
}

/** What says of an event what it is; undefined for those that are left out. */
function labeller(recording: Recording): (event: EventEnvelope) => Label | undefined {
  const { lineage, plan } = recording;
  const marked = markedProcesses(recording);
  return (event) => {
    const ownRun = lineage.runOf(event);
    const run = marked.find(({ processes }) => processes.has(event))?.run ?? ownRun;
    const script = run === undefined ? undefined : plan[run]?.script;
    if (script?.name === ELSEWHERE) {
      return undefined;
    }
    const isOpening = run === ownRun && lineage.isRoot(event);
    return {
      event_id: event.event_id,
      label: isOpening ? BENIGN : (script?.technique?.id ?? BENIGN),
      session: script === undefined ? 'init' : sessionName(script.name, run),
    };
  };
}

/** For each technique with a marker, the processes that it started through a service. */
function markedProcesses(recording: Recording): { run: number; processes: MarkedProcesses }[] {
  const marked: { run: number; processes: MarkedProcesses }[] = [];
  for (const [run, { script }] of recording.plan.entries()) {
    const marker = script.technique?.marker;
    if (marker !== undefined) {
      const processes = new MarkedProcesses(marker);
      for (const json of recording.events) {
        processes.learn(parseEnvelope(json));
      }
      marked.push({ run, processes });
    }
  }
  return marked;
}

function techniqueRecords(
  plan: readonly PlannedRun[],
  bySession: ReadonlyMap<string, Seen>,
): TechniqueRecord[] {
  return plan.flatMap(({ script }, run) => {
    if (script.technique === undefined) {
      return [];
    }
    const session = sessionName(script.name, run);
    const seen = bySession.get(session);
    return {
      script: script.name,
      technique: script.technique.id,
      name: script.technique.name,
      tactic: script.technique.tactic,
      user: script.user,
      session,
      first_unix_ns: String(seen?.first ?? 0),
      last_unix_ns: String(seen?.last ?? 0),
      events: seen?.events ?? 0,
    };
  });
}

function sessionName(script: string, run: number | undefined): string {
  return `${script}#${run}`;
}
