/** The model of per-process sequences as a head. */
import type { Event } from '../../core/event.ts';
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { ScoreCalibrator } from '../calibration/score-calibrator.ts';
import type { NgramModel } from '../models/ngram.ts';
import type { Head } from './head.ts';

const PATH_STEPS = 2;

/** What a process does as a symbol: the event type, with as much of its object as repeats from run to run. */
export function symbolOf(event: Event): string {
  const { type } = event;
  if (type === 'process_exec') {
    return `${type} ${event.object.slice(event.object.lastIndexOf('/') + 1)}`;
  }
  if (type.startsWith('file_') || type.startsWith('fs_')) {
    return `${type} ${topFolders(event.object)}`;
  }
  if (type.startsWith('net_')) {
    return `${type} ${event.get('destination.port') ?? event.get('network.type') ?? ''}`;
  }
  return type;
}

function topFolders(path: string): string {
  let end = 0;
  for (let steps = 0; steps < PATH_STEPS; steps++) {
    const next = path.indexOf('/', end + 1);
    if (next < 0) {
      break;
    }
    end = next;
  }
  return path.slice(0, end);
}

/** Scores what a process does after what it did. */
export class SequenceHead implements Head {
  readonly name = 'ngram';
  lastScore = 0;
  lastPvalue = 1;
  readonly #model: NgramModel;
  readonly #calibrator: ScoreCalibrator;
  #key = '';
  #symbol = '';

  constructor(model: NgramModel, calibrator: ScoreCalibrator) {
    this.#model = model;
    this.#calibrator = calibrator;
  }

  get isWarm(): boolean {
    return this.#model.isWarm && this.#calibrator.isWarm;
  }

  get warmupLeft(): number {
    return this.#calibrator.warmupLeft;
  }

  score(event: Event): void {
    this.#key = event.process?.entityId ?? event.get('process.entity_id') ?? `${event.hostname} ${event.pid}`;
    this.#symbol = symbolOf(event);
    this.lastScore = this.#model.score(this.#key, this.#symbol);
    this.lastPvalue = this.#model.isWarm ? this.#calibrator.pvalue(this.lastScore) : 1;
  }

  learn(): void {
    if (this.#model.isWarm) {
      this.#calibrator.observe(this.lastScore);
    }
    this.#model.learn(this.#key, this.#symbol);
  }

  leaveOut(_event: Event, pvalue: number): void {
    this.#calibrator.leaveOut(this.lastScore, pvalue);
    this.#model.skip(this.#key, this.#symbol);
  }

  scoreAt(pvalue: number): number {
    return this.#calibrator.scoreAt(pvalue);
  }

  explain(_x: Float64Array, weights: Float64Array): void {
    weights.fill(Number.NaN);
  }

  explainInWords(): string {
    return this.#model.explain(this.#key, this.#symbol);
  }

  save(state: StateWriter): void {
    this.#model.save(state);
    this.#calibrator.save(state);
  }

  restore(state: StateReader): void {
    this.#model.restore(state);
    this.#calibrator.restore(state);
  }
}
