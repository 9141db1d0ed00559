/** Prints, as JSON, what every model allocates for an event that is scored and learnt. */
import { getHeapStatistics } from 'node:v8';
import type { Model } from '../../src/pipeline/models/model.ts';
import { DIMENSIONS, makeStream, SUBJECTS } from '../support/model-subjects.ts';

/** Of one model. */
export interface AllocationReport {
  readonly heapBytesPerEvent: number;
  /** Growth of all array buffers. */
  readonly bufferBytes: number;
}

const EVENTS = 20_000;
/** The least is taken: what is not yet compiled allocates for every number. */
const ROUNDS = 8;

function run(model: Model, stream: readonly Float64Array[]): void {
  for (let event = 0; event < EVENTS; event++) {
    const x = stream[event % stream.length] ?? new Float64Array(DIMENSIONS);
    model.score(x);
    model.learn(x);
  }
}

function measure(model: Model): AllocationReport {
  const stream = makeStream(1000, { gaps: true });
  const rounds = Array.from({ length: ROUNDS }, () => {
    const buffersBefore = process.memoryUsage().arrayBuffers;
    const before = getHeapStatistics().total_allocated_bytes;
    run(model, stream);
    const heapBytes = getHeapStatistics().total_allocated_bytes - before;
    const bufferBytes = process.memoryUsage().arrayBuffers - buffersBefore;
    return { heapBytesPerEvent: heapBytes / EVENTS, bufferBytes };
  });
  return {
    heapBytesPerEvent: Math.min(...rounds.map(({ heapBytesPerEvent }) => heapBytesPerEvent)),
    bufferBytes: Math.min(...rounds.map(({ bufferBytes }) => Math.abs(bufferBytes))),
  };
}

const reports = SUBJECTS.map(({ name, build }) => [name, measure(build(DIMENSIONS, 1))]);
console.log(JSON.stringify(Object.fromEntries(reports)));
