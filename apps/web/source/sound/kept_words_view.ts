/** The words that were learnt, kept on this device for each model. */
import type {LearntWord} from './vocabulary.js';

const KEY = (digest: string): string => `heedful-words-${digest}`;

export function keptWords(digest: string): LearntWord[] {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY(digest)) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isWord) : [];
  } catch {
    return [];  // a browser that keeps nothing, or something that is not ours
  }
}

function isWord({word, row, mean}: Partial<LearntWord>): boolean {
  return typeof word === 'string' && Array.isArray(row?.weights) && Array.isArray(mean);
}

/** Whether they could be kept. */
export function keepWords(digest: string, words: readonly LearntWord[]): boolean {
  try {
    if (words.length) localStorage.setItem(KEY(digest), JSON.stringify(words));
    else localStorage.removeItem(KEY(digest));
    return true;
  } catch {
    return false;
  }
}
