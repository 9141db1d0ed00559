/** What other implementations scored on the same streams: `models_reference.tsv`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { meanAndSd } from './ranking.ts';

const FILE = 'models_reference.tsv';

/** One run of another implementation. */
export interface ReferenceRun {
  readonly dataset: string;
  readonly model: string;
  readonly settings: string;
  /** Empty where the run had none. */
  readonly seed: string;
  readonly rocAuc: number;
  readonly prAuc: number;
}

/** Which runs a contender is held against. */
export interface ReferenceName {
  readonly model: string;
  /** What the settings have to begin with; any when left out. */
  readonly settings?: string;
}

/** The runs of one implementation with one set of settings on one stream. */
export interface Reference {
  readonly model: string;
  readonly settings: string;
  readonly runs: readonly ReferenceRun[];
  readonly rocAuc: number;
  readonly prAuc: number;
}

/** The file that was asked for, else the one beside the data or in the folder `golden` next to it. */
export function findReferenceFile(asked: string | undefined, dataFolder: string): string | undefined {
  if (asked !== undefined) {
    return asked;
  }
  const places = [join(dataFolder, FILE), join(dataFolder, '..', 'golden', FILE)];
  return places.find((place) => existsSync(place));
}

/** @throws {Error} If a column is missing. */
export function readReferences(file: string): ReferenceRun[] {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const columns = header.split('\t');
  const place = (name: string): number => {
    const index = columns.indexOf(name);
    if (index < 0) {
      throw new Error(`${file}: no column ${name}`);
    }
    return index;
  };
  const [dataset, model, settings, seed] = ['dataset', 'model', 'settings', 'seed'].map(place);
  const [roc, pr] = ['roc_auc', 'pr_auc'].map(place);
  const text = (cells: readonly string[], index: number | undefined) => cells[index ?? -1] ?? '';
  return lines
    .map((line) => line.split('\t'))
    .map((cells) => ({
      dataset: text(cells, dataset),
      model: text(cells, model),
      settings: text(cells, settings),
      seed: text(cells, seed),
      rocAuc: Number.parseFloat(text(cells, roc)),
      prAuc: Number.parseFloat(text(cells, pr)),
    }));
}

/** Of the implementations named, the one with the highest mean ROC-AUC on the stream. */
export function bestReference(
  runs: readonly ReferenceRun[],
  dataset: string,
  names: readonly ReferenceName[],
): Reference | undefined {
  const groups = new Map<string, ReferenceRun[]>();
  for (const run of runs) {
    const isNamed = names.some(
      ({ model, settings = '' }) => run.model === model && run.settings.startsWith(settings),
    );
    if (run.dataset === dataset && isNamed && Number.isFinite(run.rocAuc)) {
      const key = `${run.model}\t${run.settings}`;
      groups.set(key, [...(groups.get(key) ?? []), run]);
    }
  }
  return [...groups.entries()]
    .map(([key, members]) => {
      const [model = '', settings = ''] = key.split('\t');
      const mean = (of: (run: ReferenceRun) => number) => meanAndSd(members.map(of)).mean;
      return {
        model,
        settings,
        runs: members,
        rocAuc: mean((run) => run.rocAuc),
        prAuc: mean((run) => run.prAuc),
      };
    })
    .sort((a, b) => b.rocAuc - a.rocAuc)[0];
}
