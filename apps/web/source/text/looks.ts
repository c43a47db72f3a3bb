/** Where a model looked for each word that it wrote, words for pieces, as `apps/look_picture.py` puts them together. */
import {partsOf, type Span} from './rewritten.js';
import type {Sofar} from './rewriter.js';

// A look whose peak is lower than so many times the even share, or than half, is not stretched to the full colour: it
// says little.
const EVEN = 4, HALF = 0.5;
const SLIGHT = 0.1;  // share of the look that is not worth a word
export const COPIED = 0.5;  // the probability from which on a word counts as copied

export interface Looks {
  words: string[];  // that were written, each with the white space before it
  copied: number[];  // for each of them the mean probability that its pieces were
  source: string[];  // the words of the text that were read
  looked: number[][];  // of each written word over those of the text: the mean of its pieces
}

export function together(sofar: Sofar, text: string): Looks {
  const {pieces, words, source, sourceWords, attention, copied} = sofar;
  const parts = partsOf(text, source.map(([, end]) => ({end})));
  return {
    words: words.map((word) => pieces.slice(...word).join('')),
    copied: words.map((word) => mean(copied.slice(...word))),
    source: sourceWords.map((word) => parts.slice(...word).join('')),
    looked: words.map((word) => {
      const own = attention.slice(...word);
      return sourceWords.map((column) => mean(own.map((shares) => sum(shares, column))));
    }),
  };
}

/** The mean look of all words. */
export function overall({looked, source}: Looks): number[] {
  return source.map((_, column) => mean(looked.map((row) => row[column]!)));
}

/** How strongly each is coloured, 0 to 1, in looks at so many words. */
export function strengths(shares: readonly number[], words = shares.length): number[] {
  const limit = Math.max(...shares, Math.min(HALF, EVEN / words));
  return shares.map((share) => share / limit);
}

/** The places of the greatest shares, the greatest first, and none that is slight beside all. */
export function strongest(shares: readonly number[], count: number): number[] {
  return [...shares.keys()].sort((one, other) => shares[other]! - shares[one]!).slice(0, count)
    .filter((place, rank) => !rank || shares[place]! > SLIGHT);
}

/** The rows that look at some of the columns. */
export function lookingAt({looked}: Looks, [start, end]: Span): number[] {
  return [...looked.keys()].filter((row) => {
    const shares = looked[row]!;
    return sum(shares, [start, end]) > SLIGHT * sum(shares, [0, shares.length]);
  });
}

function sum(values: ArrayLike<number>, [start, end]: Span): number {
  let total = 0;
  for (let place = start; place < end; place++) total += values[place]!;
  return total;
}

function mean(values: readonly number[]): number {
  return values.length ? sum(values, [0, values.length]) / values.length : 0;
}
