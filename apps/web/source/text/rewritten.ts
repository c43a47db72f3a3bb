/** What a model writes of a text, a summary or a translation, as `apps/rewritten.py` spells it. */
import {isSpace, stripped} from './unicode.js';
import {Utf8Decoder} from './utf8_decoder.js';

const ALONE = new RegExp(  // scripts without spaces between words, and emoji: a piece of them is a word
  '^[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\uff00-\uffef\u{1f000}-\u{1faff}'
  + '\u{20000}-\u{3ffff}]', 'u',
);
const LONGEST = 24;  // characters of a word; what goes on is another one

/**
 * What was written, and where in the text the model looked for each piece of it.
 *
 * A piece is what a token says: a word with the space before it, or a part of one; it is empty where it only goes on
 * with the character that a piece before began.
 */
export interface Rewritten {
  text: string;
  pieces: string[];
  attention: Float32Array[];  // of each piece over the pieces of the text: how much of the look went there
  copied: number[];  // for each piece the probability that it was copied from there
  score: number | null;  // log-probability, length-normalised: higher is surer; null where the beam is 1
  beam: number;
}

/** From one place to another, the end not included. */
export type Span = [start: number, end: number];

/** What each token says; a character of several tokens is said by its first one, what is no UTF-8 is replaced. */
export function spelt(tokens: Iterable<Uint8Array>): string[] {
  const decoder = new Utf8Decoder(), said: string[] = [];
  let begun: number | undefined;  // the token in which the character begins that is not complete
  const heard = (text: string): string => {
    if (!text || begun === undefined) return text;
    const [first] = text;
    said[begun] += first!;
    begun = undefined;
    return text.slice(first!.length);
  };
  for (const token of tokens) {
    said.push(heard(decoder.decode(token)));
    if (begun === undefined && decoder.pending) begun = said.length - 1;
  }
  heard(decoder.end());
  return said;
}

/** The pieces without the space before the first word of the text and of its lines. */
export function joined(pieces: readonly string[]): string[] {
  let begins = true;
  return pieces.map((piece) => {
    const own = begins && piece.startsWith(' ') ? piece.slice(1) : piece;
    begins = piece.endsWith('\n') || (begins && !piece);
    return own;
  });
}

/** The pieces of each word: one begins where there is white space, and alone are the signs of `ALONE`. */
export function wordsOf(pieces: readonly string[]): Span[] {
  const found = [0];
  let word = '';
  for (const [place, piece] of pieces.entries()) {
    const letters = [...word + piece], alone = ALONE.test(piece) || ALONE.test([...word].at(-1) ?? '');
    const begins = alone || isSpace(piece) || letters.length > LONGEST;
    if (stripped(word) && piece && begins) {
      found.push(place);
      word = '';
    }
    word += piece;
  }
  const spans = found.map((start, number): Span => [start, found[number + 1] ?? pieces.length]);
  return spans.filter(([start, end]) => end > start);
}

/** What each piece of a text adds to those before it, white space included. */
export function partsOf(text: string, pieces: readonly {end: number}[]): string[] {
  let start = 0;
  return pieces.map(({end}) => {
    const part = text.slice(start, Math.max(start, end));
    start = end;
    return part;
  });
}
