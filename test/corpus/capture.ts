/** Captures of the corpus: one gzip file of EVT1, one of labels, one manifest. */
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { encodeEnvelope, parseEnvelope } from '../../src/core/envelope-json.ts';
import type { EventEnvelope } from '../../src/core/event.ts';
import { encodeEvt1Record } from '../../src/core/evt1.ts';
import { RecordedInput } from '../../src/sources/evt1.ts';
import type { ProbeTotals } from './probe.ts';

/** What one event is. */
export interface Label {
  readonly event_id: string;
  /** `benign` or the ATT&CK id. */
  readonly label: string;
  /** Name of the script and number of its run, `visits#12`; `init` for process 1. */
  readonly session: string;
}

/** What became of one technique script. */
export interface TechniqueRecord {
  readonly script: string;
  readonly technique: string;
  readonly name: string;
  readonly tactic: string;
  readonly user: string;
  readonly session: string;
  /** Nanoseconds since 1970 as decimal text: more than a JSON number holds. */
  readonly first_unix_ns: string;
  readonly last_unix_ns: string;
  readonly events: number;
}

/** What a capture is and where it is from. */
export interface Manifest {
  readonly recorded_at: string;
  /** Of the source tree, which may have had changes. */
  readonly commit: string;
  readonly kernel: string;
  readonly seed: number;
  readonly duration_s: number;
  readonly hostname: string;
  readonly events: number;
  readonly benign_events: number;
  readonly attack_events: number;
  readonly events_by_type: Readonly<Record<string, number>>;
  /** Of the whole host while recording. */
  readonly probe: ProbeTotals;
  readonly techniques: readonly TechniqueRecord[];
  /** Scripts that could not run, with the programs that were missing. */
  readonly skipped: readonly { readonly script: string; readonly missing: readonly string[] }[];
}

/** The label of what is no attack. */
export const BENIGN = 'benign';

const MEMBER_BYTES = 64 * 1024 * 1024;

/** The three files of a capture, from the name of the first: `x.evt1`, `x.labels.ndjson.gz`, `x.manifest.json`. */
export function captureFiles(path: string): { events: string; labels: string; manifest: string } {
  const stem = path.replace(/\.evt1$/, '');
  return { events: `${stem}.evt1`, labels: `${stem}.labels.ndjson.gz`, manifest: `${stem}.manifest.json` };
}

/** Makes the bytes of a capture as events come: gzip members of {@link MEMBER_BYTES} before compression. */
export class CaptureWriter {
  readonly #members: Buffer[] = [];
  readonly #labels: string[] = [];
  #records: Buffer[] = [];
  #recordBytes = 0;

  add(event: EventEnvelope, label: Label): void {
    const record = encodeEvt1Record(encodeEnvelope(event));
    this.#records.push(record);
    this.#recordBytes += record.length;
    this.#labels.push(JSON.stringify(label));
    if (this.#recordBytes > MEMBER_BYTES) {
      this.#endMember();
    }
  }

  /** @returns Bytes of the compressed events and labels together. */
  write(path: string, manifest: Manifest): number {
    this.#endMember();
    const files = captureFiles(path);
    const events = Buffer.concat(this.#members);
    const labels = compress(Buffer.from(`${this.#labels.join('\n')}\n`));
    writeFileSync(files.events, events);
    writeFileSync(files.labels, labels);
    writeFileSync(files.manifest, `${JSON.stringify(manifest, undefined, 2)}\n`);
    return events.length + labels.length;
  }

  #endMember(): void {
    this.#members.push(compress(Buffer.concat(this.#records)));
    this.#records = [];
    this.#recordBytes = 0;
  }
}

/** The events of a capture, in order. @throws {SentinelError} If a record is damaged or holds no event. */
export async function* readCapture(path: string): AsyncGenerator<EventEnvelope, void, undefined> {
  for await (const cursor of new RecordedInput(createReadStream(path)).cursors()) {
    while (cursor.next()) {
      yield parseEnvelope(cursor.bytes.subarray(cursor.start, cursor.end));
    }
  }
}

/** The labels of the capture at `path`, in the order of its events. */
export function readLabels(path: string): Label[] {
  const text = gunzipSync(readFileSync(captureFiles(path).labels)).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Label); // the test of the fixtures checks their shape
}

/** The manifest of the capture at `path`. */
export function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(captureFiles(path).manifest, 'utf8')) as Manifest; // as above
}

function compress(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
}
