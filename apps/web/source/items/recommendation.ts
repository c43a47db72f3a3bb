/** What a recommender says of one item, and which past actions said so. */
import type {Catalogue} from './catalogue.js';

const EXPLAINED = 3;  // past actions named with a recommendation

/** A past action and how much an item attended to it; the newest action is 1 step back. */
export interface Attended {
  item: string;
  title: string;
  stepsBack: number;
  weight: number;
}

export interface Recommendation {
  item: string;
  title: string;
  score: number;  // higher is better; comparable within one answer
  attention: Float32Array;  // of the actions that the model read, the oldest first
  attended: Attended[];  // the most attended actions, best first
  parts: Record<string, number>;  // of a model that counts besides: the share of each part
}

/** `window` is the attention over the model's whole window, `parts` names what decides, `shares` says how much each. */
export function explained(
  catalogue: Catalogue, history: readonly string[], item: string, score: number, window: Float32Array,
  parts: readonly string[] = [], shares: ArrayLike<number> = [],
): Recommendation {
  const read = Math.min(history.length, window.length), past = history.slice(history.length - read);
  const attention = window.slice(window.length - read);
  const order = [...attention.keys()].sort((one, other) => attention[other]! - attention[one]!);
  const attended = order.slice(0, EXPLAINED).filter((at) => attention[at]! > 0).map((at) => ({
    item: past[at]!, title: catalogue.title(past[at]!), stepsBack: read - at, weight: attention[at]!,
  }));
  return {
    item, title: catalogue.title(item), score, attention, attended,
    parts: Object.fromEntries(parts.slice(0, shares.length).map((part, place) => [part, shares[place]!])),
  };
}

/** The scores with as many decimals as give the greatest three digits, in one width. */
export function aligned(scores: readonly number[]): string[] {
  const greatest = Math.max(0, ...scores.map(Math.abs));
  const decimals = greatest > 0 ? Math.min(9, Math.max(0, Math.trunc(2 - Math.floor(Math.log10(greatest))))) : 0;
  const texts = scores.map((score) => score.toFixed(decimals));
  const widest = Math.max(0, ...texts.map(({length}) => length));
  return texts.map((text) => text.padStart(widest));
}
