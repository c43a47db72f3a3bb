/**
 * The tokens of a BERT, as `apps/wordpiece.py` gives them.
 *
 * A text loses its accents where the tokenizer says so, is cut at white space, signs and Chinese characters, folded
 * where it says so, and each word becomes the longest pieces of the vocabulary from left to right; a word that has
 * none, or more than 100 bytes, is unknown.
 */
import {factsOf, type MarkedFacts, MarkedTokenizer, placed, type Placed} from './marked_tokenizer.js';
import type {Piece} from './tokenizer.js';
import {caseless, utf8Length} from './unicode.js';

export const KIND = 'wordpiece';
const LONGEST = 100;  // bytes of a word
const ALONE = new RegExp(  // punctuation, the other signs of ASCII, and Chinese characters
  '[\\p{P}!-/:-@[-`{-~\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]', 'u',
);
const BETWEEN = /[ \t\n\r\f\p{Cc}\p{Cf}]/u;
const IGNORED = new RegExp(  // what Unicode lets be ignored
  '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f'
  + '\ufeff\uffa0\ufff0-\ufff8\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]', 'gu',
);

interface WordPieceFacts extends MarkedFacts {
  lowercase: boolean;
  strip_accents: boolean;
  unknown: string;  // token
  kind: string;
}

const PATTERN: WordPieceFacts = {
  vocabulary: [], start: '', end: '', lowercase: true, strip_accents: true, unknown: '', kind: KIND,
};

export class WordPiece extends MarkedTokenizer {
  private readonly own: WordPieceFacts;

  /** Throws `RangeError` when the facts are not those of such a tokenizer. */
  constructor(given: unknown) {
    super(factsOf(given, PATTERN));
    this.own = this.facts as WordPieceFacts;
    this.id(this.own.unknown);
  }

  protected* unmarked(text: string): Generator<Piece> {
    for (const word of words(text, this.own.strip_accents)) yield* this.word(word);
  }

  private word(word: Placed[]): Piece[] {
    const spelt = word.map(({letter}) => letter).join(''), folded = [...(this.own.lowercase ? fold(spelt) : spelt)];
    const whole = {start: word[0]!.start, end: word.at(-1)!.end}, found: Piece[] = [];
    let start = utf8Length(folded.join('')) <= LONGEST ? 0 : Infinity;
    while (start < folded.length) {
      const known = (until: number) => this.ids.get((start ? '##' : '') + folded.slice(start, until).join(''));
      let end = folded.length, id = known(end);
      while (id === undefined && --end > start) id = known(end);
      if (id === undefined) break;
      const reach = folded.length === word.length ? {start: word[start]!.start, end: word[end - 1]!.end} : whole;
      found.push({id, ...reach});
      start = end;
    }
    return start === folded.length ? found : [{id: this.id(this.own.unknown), ...whole}];
  }
}

/** The letters of each word with their places in the text. */
function words(text: string, stripAccents: boolean): Placed[][] {
  const found: Placed[][] = [[]];
  for (const {letter: given, start, end} of placed(text)) {
    for (const letter of stripAccents ? given.normalize('NFD') : given) {
      if (stripAccents && /\p{Mn}/u.test(letter)) continue;
      if (BETWEEN.test(letter)) found.push([]);
      else if (ALONE.test(letter)) found.push([{letter, start, end}], []);
      else found.at(-1)!.push({letter, start, end});
    }
  }
  return found.filter((word) => word.length);
}

/** Without case: NFKC_Casefold of Unicode. */
export function fold(word: string): string {
  return caseless(word.normalize('NFKC')).normalize('NFKC').replace(IGNORED, '');
}
