/** The models by name, as flags, configuration, detections and saved state spell them. */

/** Append only. */
export const MODEL_NAMES = [
  'loda',
  'halfspacetrees',
  'memstream',
  'ngram',
  'loda-compat',
  'memstream-compat',
  'ecod',
] as const;

/** One of {@link MODEL_NAMES}. */
export type ModelName = (typeof MODEL_NAMES)[number];

/** What `ensemble` stands for. */
export const ENSEMBLE: readonly ModelName[] = ['loda', 'halfspacetrees', 'memstream', 'ngram'];
