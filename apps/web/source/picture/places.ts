/** Where in a picture a map has its peak, in words. */
import {EVEN} from './heat.js';

export type Place = 'everywhere' | `${'upper' | 'middle' | 'lower'} ${'left' | 'centre' | 'right'}`;

const DOWN = ['upper', 'middle', 'lower'] as const, ACROSS = ['left', 'centre', 'right'] as const;

/** The third of the height and of the width; `everywhere` where no cell stands out. */
export function placeOf(attention: Float32Array, [rows, columns]: readonly [number, number]): Place {
  const peak = peakOf(attention);
  if (attention[peak]! < EVEN / attention.length) return 'everywhere';
  const down = third(Math.floor(peak / columns), rows), across = third(peak % columns, columns);
  return `${DOWN[down]!} ${ACROSS[across]!}`;
}

/** The place of the greatest, of equals the first. */
export function peakOf(attention: Float32Array): number {
  return attention.reduce((best, value, at) => (value > attention[best]! ? at : best), 0);
}

function third(at: number, of: number): number {
  return Math.min(2, Math.floor((3 * (at + 0.5)) / of));
}
