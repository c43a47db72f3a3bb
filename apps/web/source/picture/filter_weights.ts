/** Which old values make each new one when a line of values is made longer or shorter, as Pillow weighs them. */
export interface Filter {
  reach: number;  // beyond which it is 0
  at(distance: number): number;
}

export interface Weights {
  first: Int32Array;  // of each new value the first old one
  counts: Int32Array;  // and how many there are
  weights: Float64Array;  // `most` places for each new value
  most: number;
}

export const TRIANGLE: Filter = {reach: 1, at: (distance) => Math.max(0, 1 - Math.abs(distance))};

/** Catmull and Rom's. */
export const CUBIC: Filter = {
  reach: 2,
  at(distance) {
    const x = Math.abs(distance);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
  },
};

/** The filter around each new value's centre, as wide as the old values or, where that is more, as the new ones. */
export function weightsOf(filter: Filter, before: number, after: number): Weights {
  const scale = before / after, wide = Math.max(scale, 1), reach = filter.reach * wide;
  const most = 2 * Math.ceil(reach) + 1;
  const first = new Int32Array(after), counts = new Int32Array(after), weights = new Float64Array(after * most);
  for (let at = 0; at < after; at++) {
    const centre = (at + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - reach + 0.5));
    const count = Math.min(before, Math.trunc(centre + reach + 0.5)) - from;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      sum += weights[at * most + tap] = filter.at((tap + from - centre + 0.5) * (1 / wide));
    }
    if (sum !== 0) for (let tap = 0; tap < count; tap++) weights[at * most + tap]! /= sum;
    first[at] = from;
    counts[at] = count;
  }
  return {first, counts, weights, most};
}
