/** Histograms of projections on a grid that follows their mean and deviation. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { ProjectionHistograms } from './projection-histograms.ts';
import type { SparseProjections } from './sparse-projections.ts';

/** Bins between the tails, and how many standard deviations they reach to either side of the mean. */
const BINS = 24;
const REACH = 4;
/** With the two tails. */
const CELLS = BINS + 2;
const LAST = CELLS - 1;
/** Where the mean lies on the grid, and a standard deviation in bins. */
const CENTRE = 1 + BINS / 2;
const BINS_PER_DEVIATION = BINS / (2 * REACH);
/** Events that the prior stands for, and its share in either tail. */
const PRIOR_EVENTS = 8;
const PRIOR_TAIL = 0.01;
/** A window that counted less than this share of its events goes on. */
const MIN_COUNTED = 0.25;
/** Events that mean and deviation of a projection remember. */
const MOMENT_EVENTS = 10_000;
const MIN_VARIANCE = 1e-20;
/** What binning adds to a variance (Sheppard's correction), in bins squared. */
const SHEPPARD = 1 / 12;
/** In the first window the histogram is published at each of so many events, then at every so many. */
const FIRST_EVENTS = 32;
const FIRST_INTERVAL = 8;
/** Up to this count -ln of a mass is looked up. */
const MAX_TABLED = 1024;

/**
 * 24 equal bins over four standard deviations to either side of a projection's mean, and a cell for either tail.
 *
 * The density of a cell is `(count + 8 g) / (events + 8)`, where `g` is the mass there of Student's t with three degrees
 * of freedom: an empty cell surprises the more, the further out it lies and the more events could have hit it. Windows
 * take turns as in the paper, but the first one already scores while it is being built. Between windows the grid
 * follows the moments of the projections, which values beyond the tails move no further than the tails.
 */
export class GridHistograms implements ProjectionHistograms {
  readonly #projections: SparseProjections;
  readonly #surprisals: Float64Array;
  readonly #windowEvents: number;
  /** Entries of the projections times the grid's cells a unit, so that a product's sum is a place on the grid. */
  readonly #scaled: Float64Array;
  readonly #offsets: Float64Array;
  /** Cells a unit. */
  readonly #gains: Float64Array;
  readonly #means: Float64Array;
  readonly #variances: Float64Array;
  /** Events in the moments, per projection. */
  readonly #momentEvents: Float64Array;
  /** `rows x CELLS`, row-major, and one for projections that were left out: the window being built. */
  readonly #counts: Int32Array;
  /** `rows x CELLS`, row-major: -ln density of the window that scores. */
  readonly #table: Float64Array;
  /** Where the vector scored last falls in {@link #counts}, and its places on the grid. */
  readonly #cells: Int32Array;
  readonly #places: Float64Array;
  /** `CELLS x tabled counts`: -ln(count + prior). */
  readonly #logs: Float64Array;
  readonly #tabled: number;
  readonly #prior: Float64Array = priorMasses();
  #isReady = false;
  #counted = 0;
  #passed = 0;

  /** @param windowEvents Events of a window, 1 or more. */
  constructor(projections: SparseProjections, windowEvents: number) {
    const { rows } = projections;
    this.#projections = projections;
    this.#windowEvents = windowEvents;
    this.#surprisals = new Float64Array(rows);
    this.#scaled = new Float64Array(projections.weights.length);
    this.#offsets = new Float64Array(rows);
    this.#gains = new Float64Array(rows);
    this.#means = new Float64Array(rows);
    this.#variances = new Float64Array(rows);
    this.#momentEvents = new Float64Array(rows);
    this.#counts = new Int32Array(rows * CELLS + 1);
    this.#table = new Float64Array(rows * CELLS);
    this.#cells = new Int32Array(rows);
    this.#places = new Float64Array(rows);
    this.#tabled = Math.min(windowEvents, MAX_TABLED) + 1;
    this.#logs = Float64Array.from({ length: CELLS * this.#tabled }, (_, at) => {
      const cell = Math.floor(at / this.#tabled);
      return -Math.log((at % this.#tabled) + PRIOR_EVENTS * (this.#prior[cell] ?? 0));
    });
    this.#publish();
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  score(x: Float64Array): number {
    const { rows, perRow, features } = this.#projections;
    const scaled = this.#scaled;
    const offsets = this.#offsets;
    const table = this.#table;
    const cells = this.#cells;
    const places = this.#places;
    const isFirst = !this.#isReady;
    let sum = 0;
    let known = 0;
    let entry = 0;
    for (let row = 0; row < rows; row++) {
      let place =
        (offsets[row] ?? 0) +
        (scaled[entry] ?? 0) * (x[features[entry] ?? 0] ?? 0) +
        (scaled[entry + 1] ?? 0) * (x[features[entry + 1] ?? 0] ?? 0);
      entry += 2;
      if (perRow > 2) {
        place +=
          (scaled[entry] ?? 0) * (x[features[entry] ?? 0] ?? 0) +
          (scaled[entry + 1] ?? 0) * (x[features[entry + 1] ?? 0] ?? 0);
        entry += 2;
        for (let left = perRow - 4; left > 0; left -= 2) {
          place +=
            (scaled[entry] ?? 0) * (x[features[entry] ?? 0] ?? 0) +
            (scaled[entry + 1] ?? 0) * (x[features[entry + 1] ?? 0] ?? 0);
          entry += 2;
        }
      }
      if (isFirst) {
        places[row] = place;
      }
      if (Number.isNaN(place)) {
        cells[row] = rows * CELLS;
        continue;
      }
      const cell = row * CELLS + (place < 1 ? 0 : place >= LAST ? LAST : place | 0);
      cells[row] = cell;
      sum += table[cell] ?? 0;
      known++;
    }
    return known === 0 ? 0 : sum / known;
  }

  surprisals(): Float64Array {
    const missing = this.#cells.length * CELLS;
    for (let row = 0; row < this.#cells.length; row++) {
      const cell = this.#cells[row] ?? 0;
      this.#surprisals[row] = cell === missing ? Number.NaN : (this.#table[cell] ?? 0);
    }
    return this.#surprisals;
  }

  learn(): void {
    const counts = this.#counts;
    const cells = this.#cells;
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row] ?? 0;
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    if (!this.#isReady) {
      this.#learnMoments();
    }
    this.#counted++;
    this.skip();
  }

  skip(): void {
    this.#passed++;
    if (this.#passed >= this.#windowEvents && this.#counted >= this.#windowEvents * MIN_COUNTED) {
      if (this.#isReady) {
        this.#foldMoments();
      }
      this.#publish();
      this.#isReady = true;
      this.#counts.fill(0);
      this.#counted = 0;
      this.#passed = 0;
    } else if (!this.#isReady && (this.#passed <= FIRST_EVENTS || this.#passed % FIRST_INTERVAL === 0)) {
      this.#publish();
    }
  }

  save(state: StateWriter): void {
    state.u32(this.#isReady ? 1 : 0);
    state.u32(this.#counted);
    state.u32(this.#passed);
    state.array(this.#counts);
    for (const values of this.#doubles()) {
      state.array(values);
    }
  }

  restore(state: StateReader): void {
    this.#isReady = state.u32(1) === 1;
    this.#counted = state.u32(this.#windowEvents);
    this.#passed = state.u32();
    state.fill(this.#counts);
    if (this.#counts.some((count) => count < 0)) {
      state.fail('a histogram holds a negative count');
    }
    for (const values of this.#doubles()) {
      state.fill(values);
      if (!values.every(Number.isFinite)) {
        state.fail('a model holds a value that is not finite');
      }
    }
  }

  #doubles(): Float64Array[] {
    return [
      this.#scaled,
      this.#offsets,
      this.#gains,
      this.#means,
      this.#variances,
      this.#momentEvents,
      this.#table,
    ];
  }

  /** Takes the vector scored last into the moments: in the first window, while the grid still moves under the counts. */
  #learnMoments(): void {
    for (let row = 0; row < this.#places.length; row++) {
      const away = ((this.#places[row] ?? 0) - CENTRE) / (this.#gains[row] ?? 1);
      if (away >= 0 || away < 0) {
        this.#fold(row, 1, away + this.#centres(row), 0);
      }
    }
  }

  /** Takes the moments of the window that was built, read off its counts, into those of the projections. */
  #foldMoments(): void {
    for (let row = 0; row < this.#means.length; row++) {
      let events = 0;
      let sum = 0;
      let squares = 0;
      for (let cell = 0; cell < CELLS; cell++) {
        const count = this.#counts[row * CELLS + cell] ?? 0;
        const place = cell + 0.5 - CENTRE;
        events += count;
        sum += count * place;
        squares += count * place * place;
      }
      if (events > 0) {
        const mean = sum / events;
        const gain = this.#gains[row] ?? 1;
        const variance = Math.max(0, squares / events - mean * mean - SHEPPARD);
        this.#fold(row, events, this.#centres(row) + mean / gain, variance / gain / gain);
      }
    }
  }

  /** Joins the moments of `events` values with those of the projection so far (Chan, Golub & LeVeque 1983). */
  #fold(row: number, events: number, mean: number, variance: number): void {
    const before = this.#momentEvents[row] ?? 0;
    const share = events / (before + events);
    const apart = mean - (this.#means[row] ?? 0);
    this.#means[row] = (this.#means[row] ?? 0) + share * apart;
    this.#variances[row] =
      (1 - share) * ((this.#variances[row] ?? 0) + share * apart * apart) + share * variance;
    this.#momentEvents[row] = Math.min(MOMENT_EVENTS, before + events);
  }

  /** The value that the grid of `row` is laid around; means may have moved since. */
  #centres(row: number): number {
    return (CENTRE - (this.#offsets[row] ?? 0)) / (this.#gains[row] ?? 1);
  }

  /** Makes what was counted so far the window that scores, and lays the grid by the moments so far. */
  #publish(): void {
    const { perRow, weights } = this.#projections;
    for (let row = 0; row < this.#means.length; row++) {
      let events = 0;
      for (let cell = 0; cell < CELLS; cell++) {
        events += this.#counts[row * CELLS + cell] ?? 0;
      }
      const all = Math.log(events + PRIOR_EVENTS);
      for (let cell = 0; cell < CELLS; cell++) {
        this.#table[row * CELLS + cell] = all + this.#logOf(cell, this.#counts[row * CELLS + cell] ?? 0);
      }
      const gain = BINS_PER_DEVIATION / Math.sqrt(Math.max(MIN_VARIANCE, this.#variances[row] ?? 0));
      this.#gains[row] = gain;
      this.#offsets[row] = CENTRE - (this.#means[row] ?? 0) * gain;
      for (let entry = row * perRow; entry < (row + 1) * perRow; entry++) {
        this.#scaled[entry] = (weights[entry] ?? 0) * gain;
      }
    }
  }

  /** -ln of the mass of a cell, not yet divided by that of all cells. */
  #logOf(cell: number, count: number): number {
    return count < this.#tabled
      ? (this.#logs[cell * this.#tabled + count] ?? 0)
      : -Math.log(count + PRIOR_EVENTS * (this.#prior[cell] ?? 0));
  }
}

/** Student's t (3 degrees of freedom) in each bin, and {@link PRIOR_TAIL} of them all in either tail; sums to 1. */
function priorMasses(): Float64Array {
  const masses = new Float64Array(CELLS);
  for (let bin = 0; bin < BINS; bin++) {
    const z = (bin + 0.5) / BINS_PER_DEVIATION - REACH;
    masses[bin + 1] = (1 + (z * z) / 3) ** -2;
  }
  const inside = masses.reduce((sum, mass) => sum + mass, 0);
  masses[0] = inside * PRIOR_TAIL;
  masses[LAST] = inside * PRIOR_TAIL;
  return masses.map((mass) => mass / (inside * (1 + 2 * PRIOR_TAIL)));
}
