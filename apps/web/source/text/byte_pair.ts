/**
 * The tokens of a RoBERTa or a BART, as `apps/byte_pair.py` gives them.
 *
 * A text is cut as GPT-2 cuts it, but for some white space at which KerasHub differs. KerasHub marks spaces with the
 * Devanagari digit six while it cuts, and loses such a digit at the end of a part, and what follows a NUL: so does
 * this.
 */
import {factsOf, type MarkedFacts, MarkedTokenizer, placed, type Placed} from './marked_tokenizer.js';
import {BYTE_CHARACTERS, Known, merged, type Ranks, ranksOf} from './merging.js';
import type {Piece} from './tokenizer.js';
import {utf8, utf8Length} from './unicode.js';

export const KIND = 'byte pair';
const MARK = '६', UNUSUAL = '\xa0\u2009\u202f\u3000', SPACES = ` \t\n\f\r${UNUSUAL}`;
const LAST = ` \t\r\f\v${MARK}${UNUSUAL}`;  // a part of its own where it ends one
const PARTS = new RegExp(  // on what `classOf` gives
  `'s|'t|'re|'ve|'m|'ll|'d|[${SPACES}]+[\n\r\t\f${MARK}${UNUSUAL}]`
  + `| ?[A-Za-zé]+| ?[0-9²${MARK}]+| ?[^${SPACES}A-Za-zé0-9²${MARK}]+`,
  'g',
);

interface BytePairFacts extends MarkedFacts {
  merges: string[];  // two tokens with a space between
  special: string[];  // tokens that are taken out of a text before it is cut
  space: boolean;  // before the text
  padding: number;
  kind: string;
}

const PATTERN: BytePairFacts = {
  vocabulary: [], start: '', end: '', merges: [], special: [], space: true, padding: 0, kind: KIND,
};

export class BytePair extends MarkedTokenizer {
  private readonly own: BytePairFacts;
  private readonly ranks: Ranks;
  private readonly special: RegExp;
  private readonly known = new Known();

  /** Throws `RangeError` when the facts are not those of such a tokenizer. */
  constructor(given: unknown) {
    super(factsOf(given, PATTERN));
    this.own = this.facts as BytePairFacts;
    this.ranks = ranksOf(this.own.merges.map((merge) => {
      const [left, right] = merge.split(' ') as [string, string];
      return [this.id(left), this.id(right), this.id(left + right)];
    }));
    for (const token of [...BYTE_CHARACTERS, ...this.own.special]) this.id(token);  // a text may hold any of them
    this.special = new RegExp(this.own.special.map(escaped).join('|') || '(?!)', 'gu');
  }

  protected* unmarked(text: string): Generator<Piece> {
    for (const part of this.parts(text)) yield* this.pieced(part);
  }

  /** What no token reaches over. */
  private* parts(text: string): Generator<Placed[]> {
    const given = placed(text.split('\0')[0]!);
    if (this.own.space) given.unshift({letter: ' ', start: 0, end: given[0]?.end ?? 1});
    const marked = given.flatMap((one, number) => {
      const next = given[number + 1];
      return one.letter === ' ' && next && !SPACES.includes(next.letter) ? [{...one, letter: MARK}, one] : [one];
    });
    for (const span of spans(this.special, marked)) {
      for (const part of this.own.special.includes(spelt(span)) ? [span] : cut(span)) {
        if (spelt(part) !== MARK) yield part;
      }
    }
  }

  private* pieced(part: Placed[]): Generator<Piece> {
    const owners = part.flatMap(({letter}, number) => new Array<number>(utf8Length(letter)).fill(number));
    const text = spelt(part), special = this.own.special.includes(text);
    let at = 0;
    for (const id of this.merged(text, special)) {
      const after = special ? owners.length : at + this.own.vocabulary[id]!.length, last = owners[after - 1]!;
      let first = owners[at]!;
      if (part[first]!.letter === ' ' && last > first) first++;
      yield {id, start: part[first]!.start, end: part[last]!.end};
      at = after;
    }
  }

  private merged(text: string, special: boolean): readonly number[] {
    return this.known.getOr(text, () => {
      const letters = special ? [text] : Array.from(utf8(text), (byte) => BYTE_CHARACTERS[byte]!);
      return merged(letters.map((letter) => this.id(letter)), this.ranks);
    });
  }
}

/** A pattern of a text. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll('-', '\\x2d');
}

function spelt(part: readonly Placed[]): string {
  return part.map(({letter}) => letter).join('');
}

/** ASCII, spaces and the mark as they are; of the rest é for a letter, ² for a number, § for others. */
function classOf({letter}: Placed): string {
  if (letter < '\x80' || UNUSUAL.includes(letter) || letter === MARK) return letter;
  return /\p{L}/u.test(letter) ? 'é' : /\p{N}/u.test(letter) ? '²' : '§';
}

/** Where the pattern is in a part, and what is between. */
function* spans(pattern: RegExp, part: Placed[], text = part.map(({letter}) => letter)): Generator<Placed[]> {
  const places: number[] = [];  // the number of the character at each place of the text
  for (const [number, letter] of text.entries()) for (let unit = 0; unit < letter.length; unit++) places.push(number);
  places.push(part.length);
  let end = 0;
  for (const found of text.join('').matchAll(pattern)) {
    const start = places[found.index]!, after = places[found.index + found[0].length]!;
    if (start > end) yield part.slice(end, start);
    yield part.slice(start, after);
    end = after;
  }
  if (part.length > end) yield part.slice(end);
}

/** The parts of what holds no special token. */
function* cut(part: Placed[]): Generator<Placed[]> {
  for (const span of spans(PARTS, part, part.map(classOf))) {
    const apart = span.length > 1 && LAST.includes(span.at(-1)!.letter);
    if (apart) yield span.slice(0, -1);
    yield apart ? span.slice(-1) : span;
  }
}
