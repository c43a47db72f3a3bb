/**
 * Upper case for what a lower-case model wrote, as `apps/text_summarization/capitals.py` gives it: a word is written as
 * its document writes it.
 */
import {LETTERS, lower, titled} from './unicode.js';

export const PLAIN = 'plain_words.txt';  // attached to a model: words that are mostly lower-case inside sentences
const CONTINUES = /^[^.!?:;…。！？\n\x0b\x0c\r\x85\u2028\u2029]*$/;  // between two words of a sentence
const ALPHANUMERIC = /[\p{L}\p{N}]/u;

/**
 * A lower-case summary with upper case as in its document.
 *
 * A word is written as the document mostly writes it. The beginnings of sentences count only if it stands nowhere else,
 * is none of the `plain` words, and its first letter was copied, where `copied` says so of each place of the summary.
 * The first word gets an upper-case letter. Where the document has none, nothing changes.
 */
export function recased(
  summary: string, document: string, copied?: readonly boolean[], plain: ReadonlySet<string> = new Set(),
): string {
  if (document === lower(document)) return summary;
  const inside = new Counts(), first = new Counts();
  for (const [word, begins] of written(document)) (begins ? first : inside).add(lower(word), word);
  const text = summary.replace(LETTERS, (word, at: number) => {
    const named = !plain.has(word) && (!copied || copied[at]);
    return inside.most(word) ?? (named ? first.most(word) : undefined) ?? word;
  });
  const begin = text.search(ALPHANUMERIC);
  const word = [...text.matchAll(LETTERS)].find(({index}) => index === begin)?.[0];
  if (!word || word !== lower(word)) return text;
  const [letter] = word;
  return text.slice(0, begin) + titled(letter!) + text.slice(begin + letter!.length);
}

/** The words of a document, and whether a sentence or line begins with it. */
export function written(document: string): [word: string, begins: boolean][] {
  const text = document.normalize('NFC');
  let after = 0;
  return [...text.matchAll(LETTERS)].map(({0: word, index}) => {
    const begins = !after || !CONTINUES.test(text.slice(after, index));
    after = index + word.length;
    return [word, begins];
  });
}

/** How often a word is written in which way. */
class Counts {
  private readonly counts = new Map<string, Map<string, number>>();

  add(plain: string, word: string): void {
    const ways = this.counts.get(plain) ?? new Map<string, number>();
    this.counts.set(plain, ways.set(word, (ways.get(word) ?? 0) + 1));
  }

  /** The most frequent way, the first of equals. */
  most(plain: string): string | undefined {
    let most: string | undefined, often = 0;
    for (const [word, count] of this.counts.get(plain) ?? []) if (count > often) [most, often] = [word, count];
    return most;
  }
}
