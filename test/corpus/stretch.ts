/**
 * Makes a long benign capture out of short recorded ones: their sessions, started again and again at a rate that follows
 * the time of day.
 *
 * Each session comes with process ids, entity ids and event ids of its own, and with other gaps between its events; which
 * sessions overlap, and in what order they come, is drawn anew. What was opened, run and said stays as recorded, so the
 * result has no behaviour that the recordings do not have: it is for the rate of false alarms over time, not for how a
 * model meets the unknown.
 *
 * Usage, from the top of the tree:
 *   node_modules/.bin/node --no-warnings test/corpus/stretch.ts [--hours N] [--events N] [--seed N] [--start ISO] IN.evt1... OUT.evt1
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { encodeEnvelope } from '../../src/core/envelope-json.ts';
import type { EventEnvelope } from '../../src/core/event.ts';
import { EventIdGenerator } from '../../src/core/event-id.ts';
import { encodeEvt1Record } from '../../src/core/evt1.ts';
import { BENIGN, readCapture, readLabels } from './capture.ts';
import { drawFactor, drawGap, drawInteger, drawWeighted, type Random, seededRandom } from './random.ts';
import { replaySession } from './replayed-session.ts';
import { readScripts } from './scripts.ts';
import { type RecordedSession, recordedSessions } from './sessions.ts';

const NS_PER_S = 1_000_000_000n;
const HOUR_S = 3600;
const DAY_HOURS = 24;

/** How busy people are by the hour of the day (UTC), 1 at most; machines work as much at night. */
const PEOPLE = [
  0.05, 0.04, 0.03, 0.03, 0.04, 0.06, 0.15, 0.4, 0.75, 0.95, 1, 0.95, 0.7, 0.85, 0.95, 0.95, 0.9, 0.7, 0.4,
  0.25, 0.2, 0.15, 0.1, 0.07,
] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hours: { type: 'string', default: '24' },
    events: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    start: { type: 'string', default: '2026-01-05T00:00:00Z' },
  },
});
const out = positionals.at(-1);
const inputs = positionals.slice(0, -1);
const hours = Number(values.hours);
const wantedEvents = Number(values.events);
const startMs = Date.parse(values.start);
if (
  out === undefined ||
  inputs.length === 0 ||
  !(hours > 0) ||
  !(wantedEvents > 0) ||
  Number.isNaN(startMs)
) {
  throw new TypeError(
    'usage: stretch.ts [--hours N] [--events N] [--seed N] [--start ISO] IN.evt1... OUT.evt1',
  );
}
const random = seededRandom(Number(values.seed));
const written = await stretch(inputs, out);
console.log(`${out}: ${written} events over ${hours} h`);

async function stretch(inputs: readonly string[], out: string): Promise<number> {
  const sessions: RecordedSession[] = [];
  for (const path of inputs) {
    const events: EventEnvelope[] = [];
    for await (const event of readCapture(path)) {
      events.push(event);
    }
    const labels = readLabels(path);
    if (labels.some(({ label }) => label !== BENIGN)) {
      throw new TypeError(`${path} has attacks in it`);
    }
    sessions.push(...recordedSessions(events, labels));
  }
  const machineNames = new Set(
    readScripts('test/corpus/benign')
      .filter(({ how }) => how === 'cron')
      .map(({ name }) => name),
  );
  const isMachine = (session: RecordedSession) => machineNames.has(session.script);
  return write(out, interleave(random, sessions, isMachine));
}

/** The events of drawn sessions in order of time. Holds only the sessions that run at the moment. */
function* interleave(
  random: Random,
  sessions: readonly RecordedSession[],
  isMachine: (session: RecordedSession) => boolean,
): Generator<EventEnvelope, void, undefined> {
  const meanEvents = sessions.reduce((sum, { events }) => sum + events.length, 0) / sessions.length;
  const machineShare = sessions.filter(isMachine).length / sessions.length;
  const meanPeople = PEOPLE.reduce((sum, share) => sum + share, 0) / PEOPLE.length;
  const meanActivity = machineShare + (1 - machineShare) * meanPeople;
  const busiestGapS = (hours * HOUR_S * meanEvents * meanActivity) / wantedEvents;
  const ids = new EventIdGenerator((size) =>
    Uint8Array.from({ length: size }, () => drawInteger(random, 256)),
  );
  const pids = { next: 1000 };
  let pending: EventEnvelope[] = [];

  for (let atS = drawGap(random, busiestGapS); atS < hours * HOUR_S; atS += drawGap(random, busiestGapS)) {
    const hour = Math.floor(startMs / 1000 / HOUR_S + atS / HOUR_S) % DAY_HOURS;
    const session = drawWeighted(random, sessions, (candidate) =>
      isMachine(candidate) ? 1 : (PEOPLE[hour] ?? 1),
    );
    const activity = machineShare + (1 - machineShare) * (PEOPLE[hour] ?? 1);
    if (random() > activity) {
      continue;
    }
    const beginNs = BigInt(startMs) * 1_000_000n + BigInt(Math.round(atS * 1e6)) * 1000n;
    const ready = pending.filter(({ ts_unix_nano }) => ts_unix_nano < beginNs);
    for (const event of ready) {
      yield { ...event, event_id: ids.next(event.ts_unix_nano) };
    }
    pending = pending.filter(({ ts_unix_nano }) => ts_unix_nano >= beginNs);
    pending.push(...replaySession(session, { random, beginNs, pids, pace: drawFactor(random, 0.3) }));
    pending.sort((a, b) => (a.ts_unix_nano < b.ts_unix_nano ? -1 : a.ts_unix_nano > b.ts_unix_nano ? 1 : 0));
  }
  const endNs = BigInt(startMs) * 1_000_000n + BigInt(Math.round(hours * HOUR_S)) * NS_PER_S;
  for (const event of pending.filter(({ ts_unix_nano }) => ts_unix_nano < endNs)) {
    yield { ...event, event_id: ids.next(event.ts_unix_nano) };
  }
}

async function write(out: string, events: Iterable<EventEnvelope>): Promise<number> {
  const gzip = createGzip({ level: 6 });
  const file = gzip.pipe(createWriteStream(out));
  let count = 0;
  for (const event of events) {
    count++;
    if (!gzip.write(encodeEvt1Record(encodeEnvelope(event)))) {
      await once(gzip, 'drain');
    }
  }
  gzip.end();
  await once(file, 'finish');
  return count;
}
