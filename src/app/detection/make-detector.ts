/** From the configuration to a detector. */
import type { Config } from '../../core/config/schema.ts';
import { SentinelError } from '../../core/errors.ts';
import { ENSEMBLE, type ModelName } from '../../core/model-names.ts';
import { Detector } from '../../pipeline/detector/detector.ts';
import type { ModelParameters } from '../../pipeline/detector/model-registry.ts';
import { CompatFeatures } from '../../pipeline/features/compat.ts';
import { HostFeatures } from '../../pipeline/features/host.ts';

/**
 * The detector that the configuration describes, with nothing learnt yet.
 *
 * @throws {SentinelError} `SNT_CONFIG_INVALID` for settings that do not go together.
 */
export function makeDetector(config: Config): Detector {
  const { detect, models } = config;
  const names = modelNames(detect.models);
  if (detect.threshold !== undefined && names.length > 1) {
    throw new SentinelError(
      'SNT_CONFIG_INVALID',
      'A threshold needs a single model: scores of different models differ in scale',
      {
        hint: 'leave detect.threshold out, or name one model',
      },
    );
  }
  if (detect.features === 'compat' && names.includes('ecod')) {
    throw new SentinelError(
      'SNT_CONFIG_INVALID',
      'The model ecod needs the host features: it ranks by surprisals',
      {
        hint: 'with compat features take loda, halfspacetrees, memstream or their -compat variants',
      },
    );
  }
  return new Detector({
    features: detect.features === 'compat' ? new CompatFeatures() : new HostFeatures({ seed: models.seed }),
    models: names,
    parameters: parametersOf(config),
    firing:
      detect.threshold === undefined
        ? { kind: 'budget', perDay: detect.alert_budget_per_day }
        : { kind: 'score', threshold: detect.threshold },
    firesDuringWarmup: detect.alert_during_warmup,
    acceptAfter: detect.accept_after,
  });
}

function modelNames(given: Config['detect']['models']): ModelName[] {
  return [
    ...new Set(given.flatMap((name): readonly ModelName[] => (name === 'ensemble' ? ENSEMBLE : [name]))),
  ];
}

function parametersOf({ detect, models }: Config): ModelParameters {
  const {
    halfspacetrees,
    loda,
    loda_compat: lodaCompat,
    memstream,
    memstream_compat: memstreamCompat,
  } = models;
  return {
    seed: models.seed,
    halfspacetrees: {
      trees: halfspacetrees.trees,
      height: halfspacetrees.height,
      windowEvents: halfspacetrees.window_events,
    },
    loda: { projections: loda.projections },
    lodaCompat: {
      projections: lodaCompat.projections,
      bins: lodaCompat.bins,
      range: lodaCompat.range,
      emaAlpha: lodaCompat.ema_alpha,
      histDecay: lodaCompat.hist_decay,
    },
    memstream: { memory: memstream.memory, k: memstream.k },
    memstreamCompat: {
      hidden: memstreamCompat.hidden,
      latent: memstreamCompat.latent,
      memory: memstreamCompat.memory,
      learningRate: memstreamCompat.learning_rate,
    },
    ngram: { order: models.ngram.order },
    warmupEvents: detect.warmup_events,
  };
}
