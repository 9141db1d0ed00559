/** The scaling that reference runs of half-space trees used. */

/**
 * River's `MinMaxScaler`, learning a row before it scales it: `(x - min) / (max - min)`, and 0 while both are the same.
 *
 * @param rows `rows x dimensions`, row-major; NaN stays NaN and is not learnt.
 * @returns The same shape, values from 0 to 1.
 */
export function scaleOnline(rows: Float64Array, dimensions: number): Float64Array {
  const low = new Float64Array(dimensions).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(dimensions).fill(Number.NEGATIVE_INFINITY);
  return rows.map((value, at) => {
    const feature = at % dimensions;
    if (Number.isNaN(value)) {
      return value;
    }
    const min = Math.min(low[feature] ?? value, value);
    const max = Math.max(high[feature] ?? value, value);
    low[feature] = min;
    high[feature] = max;
    return max === min ? 0 : (value - min) / (max - min);
  });
}
