/** From events to detections: features, models, calibration, and what is learnt. */
import { type Contribution, detectionIdOf, type Entity, type ModelDetection } from '../../core/detection.ts';
import { encodeEvent } from '../../core/envelope-json.ts';
import type { Event } from '../../core/event.ts';
import type { ModelName } from '../../core/model-names.ts';
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { AlertBudget } from '../calibration/alert-budget.ts';
import { MIN_PVALUE } from '../calibration/score-calibrator.ts';
import type { FeatureSet } from '../features/feature-set.ts';
import { GroupDetector } from './group-detector.ts';
import { GroupShares } from './group-shares.ts';
import type { Head } from './head.ts';
import { buildHead, type ModelParameters } from './model-registry.ts';
import { RepeatedFinds } from './repeated-finds.ts';

/** When a detector fires. */
export type FiringRule =
  /** So often that about this many detections come in a day. */
  | { readonly kind: 'budget'; readonly perDay: number }
  /** From this score on, on the scale of the one model: upstream's way. */
  | { readonly kind: 'score'; readonly threshold: number };

/** What a {@link Detector} is made of. */
export interface DetectorOptions {
  readonly features: FeatureSet;
  /** At least one, each once. */
  readonly models: readonly ModelName[];
  readonly parameters: ModelParameters;
  readonly firing: FiringRule;
  /** Fire also before p-values mean something; only for a fixed score. */
  readonly firesDuringWarmup: boolean;
  /** After so many reports of the same thing it is learnt. */
  readonly acceptAfter: number;
}

/** What became of the events so far: `seen = ignored + learnt + leftOut`. */
export interface DetectorCounts {
  readonly seen: number;
  /** Of types that no model looks at. */
  readonly ignored: number;
  readonly learnt: number;
  /** Flagged and not learnt. */
  readonly leftOut: number;
  readonly detections: number;
  /** Rare enough for the budget, held back because it was overspent. */
  readonly suppressed: number;
  /** Detections in a day at the rate of the last day; NaN without a budget. */
  readonly achievedPerDay: number;
  readonly driftOpenings: number;
  /** Groups whose models still warm up, and how many events they want at least. */
  readonly warming: ReadonlyArray<{ readonly group: string; readonly eventsLeft: number }>;
}

const MAX_CONTRIBUTIONS = 5;

/** Scores every event before it learns it; one event at a time, synchronous. */
export class Detector {
  readonly #features: FeatureSet;
  readonly #groups: readonly GroupDetector[];
  readonly #shares: GroupShares;
  readonly #budget: AlertBudget | undefined;
  readonly #scoreThreshold: number;
  readonly #firesDuringWarmup: boolean;
  readonly #finds: RepeatedFinds;
  readonly #fingerprint: string;
  readonly #name: string;
  #seen = 0;
  #ignored = 0;
  #learnt = 0;
  #leftOut = 0;
  #detections = 0;
  #lastScore = 0;
  #lastPvalue = 1;

  /** @throws {RangeError} If a fixed score is asked of several models. */
  constructor(options: DetectorOptions) {
    const { features, models, parameters, firing } = options;
    if (firing.kind === 'score' && models.length > 1) {
      throw new RangeError('a fixed score needs one model');
    }
    this.#features = features;
    this.#groups = features.groups.map(
      (group) =>
        new GroupDetector(
          group,
          models.map((name) => buildHead(name, group, features, parameters)),
        ),
    );
    this.#shares = new GroupShares(this.#groups.length);
    this.#budget = firing.kind === 'budget' ? new AlertBudget({ perDay: firing.perDay }) : undefined;
    this.#scoreThreshold = firing.kind === 'score' ? firing.threshold : Number.POSITIVE_INFINITY;
    this.#firesDuringWarmup = options.firesDuringWarmup;
    this.#finds = new RepeatedFinds(options.acceptAfter);
    this.#name = models.length === 1 ? String(models[0]) : 'ensemble';
    this.#fingerprint = JSON.stringify([
      features.name,
      features.version,
      features.groups,
      models,
      parameters,
      firing.kind,
    ]);
  }

  /** The model's name, or `ensemble`. */
  get name(): string {
    return this.#name;
  }

  /** Score of the last event, on the scale of the model that found it most unusual; 0 if no model looked at it. */
  get lastScore(): number {
    return this.#lastScore;
  }

  /** p-value of the last event, weighted so that each group of events has the same part of the budget. */
  get lastPvalue(): number {
    return this.#lastPvalue;
  }

  /** Takes one event; the detection if it makes one. The event may be reused as soon as this returns. */
  process(event: Event): ModelDetection | undefined {
    this.#seen++;
    const index = this.#features.groupOf(event.type);
    const group = index < 0 ? undefined : this.#groups[index];
    if (group === undefined) {
      this.#ignored++;
      this.#lastScore = 0;
      this.#lastPvalue = 1;
      return undefined;
    }
    this.#features.extract(event, group.vector);
    this.#shares.note(index);
    const factor = this.#shares.factor(index);
    const pvalue = Math.max(MIN_PVALUE, Math.min(1, group.score(event) * factor));
    const strongest = group.strongest;
    this.#lastScore = strongest.lastScore;
    this.#lastPvalue = pvalue;
    const firing = this.#decide(event, group, pvalue);
    if (firing === 'quiet') {
      group.settle(event, false, false, 0);
      this.#features.learn(event);
      this.#learnt++;
      return undefined;
    }
    // Told before anything is learnt: what is explained is how the event looked when it came.
    const detection =
      firing === 'alert' ? this.#describe(event, group, strongest, pvalue, factor) : undefined;
    const isAccepted = this.#finds.note(findKey(event));
    const flagPvalue = Math.min(1, (this.#budget?.flagThreshold ?? pvalue) / factor);
    if (group.settle(event, true, isAccepted, flagPvalue)) {
      this.#features.learn(event);
      this.#learnt++;
    } else {
      this.#leftOut++;
    }
    if (detection !== undefined) {
      this.#detections++;
    }
    return detection;
  }

  /** What became of the events so far. */
  counts(): DetectorCounts {
    return {
      seen: this.#seen,
      ignored: this.#ignored,
      learnt: this.#learnt,
      leftOut: this.#leftOut,
      detections: this.#detections,
      suppressed: this.#budget?.suppressed ?? 0,
      achievedPerDay: this.#budget?.achievedPerDay ?? Number.NaN,
      driftOpenings: this.#groups.reduce((sum, group) => sum + group.driftOpenings, 0),
      warming: this.#groups
        .filter((group) => !group.isWarm)
        .map(({ group, heads }) => ({
          group: group.name,
          eventsLeft: Math.min(...heads.map((head) => head.warmupLeft)),
        })),
    };
  }

  /** Writes all that later detections depend on. */
  save(state: StateWriter): void {
    state.text(this.#fingerprint);
    this.#features.save(state);
    this.#finds.save(state);
    this.#shares.save(state);
    this.#budget?.save(state);
    for (const group of this.#groups) {
      group.save(state);
    }
  }

  /**
   * Becomes the detector that was saved.
   *
   * @returns False if it was one of other models, features or parameters: nothing is changed then.
   * @throws {SentinelError} `SNT_INPUT_CORRUPT`; the detector is unusable then.
   */
  restore(state: StateReader): boolean {
    if (state.text() !== this.#fingerprint) {
      return false;
    }
    this.#features.restore(state);
    this.#finds.restore(state);
    this.#shares.restore(state);
    this.#budget?.restore(state);
    for (const group of this.#groups) {
      group.restore(state);
    }
    if (state.remaining > 0) {
      state.fail(`${state.remaining} bytes too many`);
    }
    return true;
  }

  #decide(event: Event, group: GroupDetector, pvalue: number): 'quiet' | 'alert' | 'suppressed' {
    if (this.#budget !== undefined) {
      return this.#budget.decide(Number(event.timeUnixNs / 1_000_000n), pvalue);
    }
    const isReady = this.#firesDuringWarmup || group.isWarm;
    return isReady && group.strongest.lastScore >= this.#scoreThreshold ? 'alert' : 'quiet';
  }

  #describe(
    event: Event,
    group: GroupDetector,
    strongest: Head,
    pvalue: number,
    factor: number,
  ): ModelDetection {
    const contributions = this.#contributions(event, group, strongest);
    const inWords = strongest.explainInWords(event);
    const why = [...(inWords === '' ? [] : [inWords]), ...contributions.map(({ text }) => text)].slice(0, 2);
    return {
      detectionId: detectionIdOf(event.timeUnixNs, event.eventId, this.#name),
      timeUnixNs: event.timeUnixNs,
      hostname: event.hostname,
      title: `Unusual ${group.group.name}${why.length === 0 ? '' : `: ${why.join('; ')}`}`,
      model: this.#name,
      score: strongest.lastScore,
      pvalue,
      threshold:
        this.#budget === undefined
          ? this.#scoreThreshold
          : strongest.scoreAt(this.#budget.appliedThreshold / factor),
      models:
        group.heads.length === 1
          ? []
          : group.heads.map(({ name, lastScore, lastPvalue }) => ({
              model: name,
              score: lastScore,
              pvalue: lastPvalue,
            })),
      contributions,
      entities: entitiesOf(event),
      eventJson: encodeEvent(event),
    };
  }

  #contributions(event: Event, { group, vector, weights }: GroupDetector, head: Head): Contribution[] {
    head.explain(vector, weights);
    const heaviest = group.features
      .map((feature, index) => ({ feature, index, weight: weights[index] ?? Number.NaN }))
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => b.weight - a.weight);
    // Several features may say the same of an event: the heaviest of them does.
    const byText = new Map<string, Contribution>();
    for (const { feature, index, weight } of heaviest) {
      const text = this.#features.explain(event, index);
      const value = vector[index] ?? Number.NaN;
      if (!byText.has(text)) {
        byText.set(text, { feature, value: Number.isNaN(value) ? null : value, weight, text });
      }
      if (byText.size === MAX_CONTRIBUTIONS) {
        break;
      }
    }
    return [...byText.values()];
  }
}

/** The same for the same program doing the same kind of thing in the same place. */
function findKey(event: Event): string {
  const program = event.process?.executable ?? event.get('process.executable') ?? event.comm;
  const { object } = event;
  const place = object.startsWith('/') ? object.slice(0, object.lastIndexOf('/') + 1) : object;
  return [event.type, program, place].join('\0');
}

function entitiesOf(event: Event): Entity[] {
  const entities: Entity[] = [{ type: 'host', value: event.hostname }];
  const add = (type: Entity['type'], value: string | undefined) => {
    if (value !== undefined && value !== '') {
      entities.push({ type, value });
    }
  };
  add('container', event.containerId);
  add('user', event.get('user.name') ?? String(event.uid));
  add('process', event.process?.entityId ?? event.get('process.entity_id'));
  add('ip', event.get('destination.ip'));
  return entities;
}
