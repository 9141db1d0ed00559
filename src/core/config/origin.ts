/** Where a setting's value came from. */

/** The layer and place that gave a value. */
export type Origin =
  | { readonly kind: 'default' }
  | {
      readonly kind: 'file';
      readonly file: string;
      /** Line and column count from 1. */
      readonly line: number;
      readonly column: number;
      /** The whole line, for a caret. */
      readonly text: string;
      /** The name in that file when it is not ours: `stream.file.path`. */
      readonly alias?: string;
    }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'flag'; readonly flag: string };

/** One value as a layer gave it, not yet checked by the schema. */
export interface LayerValue {
  readonly value: unknown;
  readonly origin: Origin;
  /** Origins of the items when the value is a list from a file; carets point at the item. */
  readonly items?: readonly Origin[];
}

/** The values of one layer by dotted path. */
export type Layer = ReadonlyMap<string, LayerValue>;

/** Says where a value came from: `default`, `/etc/sentinel/sentinel.yaml:3`, `env NODE_NAME`, `flag --all`. */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'env':
      return `env ${origin.name}`;
    case 'flag':
      return `flag ${origin.flag}`;
  }
}
