/** The captures that detection is measured on, brought into one order of time. */
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Event, EventEnvelope } from '../../../src/core/event.ts';
import { EventIdGenerator } from '../../../src/core/event-id.ts';
import { RecordedInput } from '../../../src/sources/evt1.ts';
import {
  BENIGN,
  CaptureWriter,
  type Label,
  readCapture,
  readLabels,
  readManifest,
} from '../../corpus/capture.ts';
import { drawFactor, drawInteger, type Random, seededRandom } from '../../corpus/random.ts';
import { replaySession } from '../../corpus/replayed-session.ts';
import type { RecordedSession } from '../../corpus/sessions.ts';

const FIXTURES = 'test/fixtures/captures';
const DAY_MS = 86_400_000;
const DAY_EVENTS = 200_000;
const FIRST_DAY_MS = Date.parse('2026-01-05T00:00:00Z');

/** A capture and its labels. */
export interface LabelledCapture {
  /** EVT1 file. */
  readonly path: string;
  /** One for each event, in order. */
  readonly labels: readonly Label[];
}

/** Ordinary work to learn from, ordinary work recorded apart, and every technique among ordinary work; one after the other. */
export interface Captures {
  readonly learnt: LabelledCapture;
  readonly ordinary: LabelledCapture;
  readonly attacked: LabelledCapture;
}

/** Passes over every event of a capture; the event is reused. @throws {SentinelError} If a record is damaged. */
export async function forEachEvent(
  path: string,
  consume: (event: Event, index: number) => void,
): Promise<void> {
  let index = 0;
  const input = new RecordedInput(createReadStream(path, { highWaterMark: 1 << 20 }));
  const cursors = input.eventCursors((error) => {
    throw error;
  });
  for await (const cursor of cursors) {
    for (let event = cursor.next(); event !== undefined; event = cursor.next()) {
      consume(event, index++);
    }
  }
}

/**
 * The captures of a few minutes as they were recorded, at their own rate of events, a second apart; that to learn from twice.
 *
 * @param folder Where copies with other times go.
 */
export async function asRecorded(folder: string): Promise<Captures> {
  let fromNs = BigInt(FIRST_DAY_MS) * 1_000_000n;
  const copy = async (name: string, times = 1): Promise<LabelledCapture> => {
    const source = join(FIXTURES, `${name}.evt1`);
    const labels = readLabels(source);
    const events = await all(readCapture(source));
    const shifted: EventEnvelope[] = [];
    for (let pass = 0; pass < times; pass++) {
      const shiftNs = fromNs - (events[0]?.ts_unix_nano ?? 0n);
      shifted.push(...events.map((event) => ({ ...event, ts_unix_nano: event.ts_unix_nano + shiftNs })));
      fromNs = (shifted.at(-1)?.ts_unix_nano ?? fromNs) + 1_000_000_000n;
    }
    const allLabels = Array.from({ length: times }, () => labels).flat();
    return write(join(folder, `recorded-${name}.evt1`), source, shifted, allLabels);
  };
  return {
    learnt: await copy('benign', 2),
    ordinary: await copy('benign-2'),
    attacked: await copy('attacks'),
  };
}

/**
 * Three days: one of the sessions of `benign`, one of those of `benign-2` and the ordinary ones of `attacks`, which the first
 * does not have, and one of the latter among which every technique comes once, at an hour drawn anew.
 *
 * @param folder Where they go.
 * @param seed Of what comes when.
 */
export async function asDays(folder: string, seed: number): Promise<Captures> {
  const source = join(FIXTURES, 'attacks.evt1');
  const events = await all(readCapture(source));
  const labels = readLabels(source);
  const isOrdinary = (index: number) => labels[index]?.label === BENIGN;
  const ordinary = await write(
    join(folder, 'attacks-benign.evt1'),
    source,
    events.filter((_, index) => isOrdinary(index)),
    labels.filter((_, index) => isOrdinary(index)),
  );
  const benign = join(FIXTURES, 'benign.evt1');
  const others = [join(FIXTURES, 'benign-2.evt1'), ordinary.path];
  const learnt = stretch([benign], join(folder, 'day-1.evt1'), 0, seed);
  const quiet = stretch(others, join(folder, 'day-2.evt1'), 1, seed);
  const between = await all(readCapture(stretch(others, join(folder, 'day-3.evt1'), 2, seed)));
  const random = seededRandom(seed);
  const attacks = [...attackSessions(events, labels)].flatMap(([name, session]) =>
    placed(session, name, random, FIRST_DAY_MS + 2 * DAY_MS),
  );
  const benignLabel = { label: BENIGN, session: 'day' };
  const merged = [
    ...between.map((event) => ({ event, label: { event_id: event.event_id, ...benignLabel } })),
    ...attacks,
  ].sort((a, b) => (a.event.ts_unix_nano < b.event.ts_unix_nano ? -1 : 1));
  return {
    learnt: { path: learnt, labels: [] },
    ordinary: { path: quiet, labels: [] },
    attacked: await write(
      join(folder, 'day-3-attacked.evt1'),
      source,
      merged.map(({ event }) => event),
      merged.map(({ label }) => label),
    ),
  };
}

function stretch(inputs: readonly string[], out: string, day: number, seed: number): string {
  const start = new Date(FIRST_DAY_MS + day * DAY_MS).toISOString();
  execFileSync(process.execPath, [
    '--no-warnings',
    'test/corpus/stretch.ts',
    ...['--events', String(DAY_EVENTS), '--seed', String(100 * seed + day), '--start', start],
    ...inputs,
    out,
  ]);
  return out;
}

/** What each technique did, apart from the ordinary work around it, with the label of each event. */
function attackSessions(
  events: readonly EventEnvelope[],
  labels: readonly Label[],
): Map<string, { session: RecordedSession; labels: Label[] }> {
  const found = new Map<
    string,
    { events: EventEnvelope[]; entities: Set<string>; pids: Set<string>; labels: Label[] }
  >();
  for (const [index, event] of events.entries()) {
    const label = labels[index];
    if (label === undefined || label.label === BENIGN) {
      continue;
    }
    const known = found.get(label.session) ?? {
      events: [],
      entities: new Set(),
      pids: new Set(),
      labels: [],
    };
    found.set(label.session, known);
    known.events.push(event);
    known.labels.push(label);
    known.entities.add(event.attributes['process.entity_id'] ?? '');
    known.pids.add(event.data[3] ?? '');
  }
  return new Map(
    [...found].map(([name, { labels: its, ...session }]) => [
      name,
      { session: { script: name, ...session }, labels: its },
    ]),
  );
}

function placed(
  { session, labels }: { session: RecordedSession; labels: readonly Label[] },
  name: string,
  random: Random,
  dayMs: number,
): { event: EventEnvelope; label: Label }[] {
  const beginNs = BigInt(dayMs + drawInteger(random, DAY_MS - 3_600_000)) * 1_000_000n;
  const ids = new EventIdGenerator((size) =>
    Uint8Array.from({ length: size }, () => drawInteger(random, 256)),
  );
  const events = replaySession(session, {
    random,
    beginNs,
    pids: { next: 100_000 + drawInteger(random, 1_000_000) },
    pace: drawFactor(random, 0.3),
  });
  return events.map((event, index) => {
    const event_id = ids.next(event.ts_unix_nano);
    return {
      event: { ...event, event_id },
      label: { event_id, label: labels[index]?.label ?? name, session: name },
    };
  });
}

async function write(
  path: string,
  source: string,
  events: readonly EventEnvelope[],
  labels: readonly Label[],
): Promise<LabelledCapture> {
  const writer = new CaptureWriter();
  for (const [index, event] of events.entries()) {
    const label = labels[index];
    if (label !== undefined) {
      writer.add(event, label);
    }
  }
  writer.write(path, readManifest(source));
  return { path, labels };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
}
