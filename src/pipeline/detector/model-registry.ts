/** Every model that a detector can be made of. */
import type { ModelName } from '../../core/model-names.ts';
import { type CalibratorSettings, ScoreCalibrator } from '../calibration/score-calibrator.ts';
import type { FeatureGroup, FeatureSet } from '../features/feature-set.ts';
import { RobustScaler } from '../features/robust-scaling.ts';
import { Ecod } from '../models/ecod.ts';
import { HalfSpaceTrees } from '../models/half-space-trees.ts';
import { Loda } from '../models/loda.ts';
import { LodaCompat } from '../models/loda-compat.ts';
import { MemStream } from '../models/memstream.ts';
import { MemStreamCompat } from '../models/memstream-compat.ts';
import { NgramModel } from '../models/ngram.ts';
import { type Head, VectorHead } from './head.ts';
import { SequenceHead } from './sequence-head.ts';

/** Parameters of all models; each takes its own. */
export interface ModelParameters {
  readonly seed: number;
  readonly halfspacetrees: { readonly trees: number; readonly height: number; readonly windowEvents: number };
  readonly loda: { readonly projections: number };
  readonly lodaCompat: {
    readonly projections: number;
    readonly bins: number;
    readonly range: number;
    readonly emaAlpha: number;
    readonly histDecay: number;
  };
  readonly memstream: { readonly memory: number; readonly k: number };
  readonly memstreamCompat: {
    readonly hidden: number;
    readonly latent: number;
    readonly memory: number;
    readonly learningRate: number;
  };
  readonly ngram: { readonly order: number };
  /** Scores to see before p-values are given. */
  readonly warmupEvents: number;
}

type Build = (group: FeatureGroup, features: FeatureSet, parameters: ModelParameters) => Head;

const MODELS: Readonly<Record<ModelName, Build>> = {
  halfspacetrees: ({ features: names }, features, parameters) => {
    const { trees, height, windowEvents } = parameters.halfspacetrees;
    const model = new HalfSpaceTrees(names.length, {
      trees,
      height,
      windowSize: windowEvents,
      seed: parameters.seed,
    });
    // Upstream's features lie between 0 and 1 already.
    const scaler = features.name === 'compat' ? undefined : new RobustScaler(names.length);
    return new VectorHead('halfspacetrees', model, calibrator(parameters, { upperBound: 1 }), scaler);
  },
  loda: ({ features: names }, _features, parameters) => {
    const model = new Loda(names.length, { projections: parameters.loda.projections, seed: parameters.seed });
    return new VectorHead('loda', model, calibrator(parameters));
  },
  'loda-compat': ({ features: names }, _features, parameters) => {
    const model = new LodaCompat(names.length, {
      ...parameters.lodaCompat,
      features: names,
      seed: parameters.seed,
    });
    return new VectorHead('loda-compat', model, calibrator(parameters, { upperBound: 1 }));
  },
  memstream: ({ features: names }, _features, parameters) => {
    const model = new MemStream(names.length, { ...parameters.memstream, seed: parameters.seed });
    return new VectorHead('memstream', model, calibrator(parameters));
  },
  'memstream-compat': ({ features: names }, _features, parameters) => {
    const model = new MemStreamCompat(names.length, { ...parameters.memstreamCompat, seed: parameters.seed });
    return new VectorHead('memstream-compat', model, calibrator(parameters, { upperBound: 1 }));
  },
  ecod: ({ features: names, surprisals }, _features, parameters) =>
    new VectorHead('ecod', new Ecod(names.length, { rising: surprisals }), calibrator(parameters)),
  ngram: (_group, _features, parameters) =>
    new SequenceHead(new NgramModel({ order: parameters.ngram.order }), calibrator(parameters)),
};

/** Makes one model for one group of events. */
export function buildHead(
  name: ModelName,
  group: FeatureGroup,
  features: FeatureSet,
  parameters: ModelParameters,
): Head {
  return MODELS[name](group, features, parameters);
}

function calibrator(parameters: ModelParameters, settings: CalibratorSettings = {}): ScoreCalibrator {
  return new ScoreCalibrator({ ...settings, warmup: parameters.warmupEvents });
}
