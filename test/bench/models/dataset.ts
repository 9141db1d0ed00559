/** Labelled streams: `<name>.csv.gz` with a header, values, and `label` last, in stream order. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const SUFFIX = '.csv.gz';

/** One stream. */
export interface Dataset {
  readonly name: string;
  /** Names of the columns without the label. */
  readonly features: readonly string[];
  /** `rows x features`, row-major; NaN for an empty cell. */
  readonly values: Float64Array;
  /** One a row: 1 for an anomaly, else 0. Never shown to a model. */
  readonly labels: Uint8Array;
}

/** Paths of the streams in a folder, by name. */
export function datasetFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .sort()
    .map((file) => join(folder, file));
}

/**
 * @returns Undefined for a table whose last column is not `label`.
 * @throws {Error} If a row has more or fewer values than the header, or one that is no number.
 */
export function readDataset(file: string): Dataset | undefined {
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split(/\r?\n/);
  const header = (lines[0] ?? '').split(',');
  if (header.at(-1) !== 'label') {
    return undefined;
  }
  const dimensions = header.length - 1;
  const values = new Float64Array((lines.length - 1) * dimensions);
  const labels = new Uint8Array(lines.length - 1);
  for (let row = 0; row < labels.length; row++) {
    const cells = (lines[row + 1] ?? '').split(',');
    const label = Number(cells[dimensions]);
    if (cells.length !== header.length || (label !== 0 && label !== 1)) {
      throw new Error(`${file}:${row + 2}: not ${dimensions} values and a label of 0 or 1`);
    }
    labels[row] = label;
    for (let column = 0; column < dimensions; column++) {
      const cell = (cells[column] ?? '').trim();
      const value = cell === '' || cell.toLowerCase() === 'nan' ? Number.NaN : Number(cell);
      if (Number.isNaN(value) && cell !== '' && cell.toLowerCase() !== 'nan') {
        throw new Error(`${file}:${row + 2}: not a number: ${cell}`);
      }
      values[row * dimensions + column] = value;
    }
  }
  return { name: basename(file, SUFFIX), features: header.slice(0, -1), values, labels };
}
