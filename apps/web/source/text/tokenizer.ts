/**
 * Text to the ids of tokens and back, as `apps/tokenizer.py` does it: byte-level byte-pair encoding.
 *
 * A text is cleaned, then cut into a word, one digit, a run of signs or a line's end, each with the space before it,
 * and no token reaches over such a cut. Places in a text are counted as JavaScript counts them.
 */
import {BYTE_CHARACTERS, Known, merged, type Ranks, ranksOf} from './merging.js';
import {lower, stripped, utf8, utf8Length} from './unicode.js';
import {Utf8Decoder} from './utf8_decoder.js';

export const PAD = 0, START = 1, END = 2;
export const FILE = 'tokenizer.json';  // attached to a model
const SPECIAL = ['<pad>', '<start>', '<end>'];

/** A token, and which characters of the text it stands for, from `start` to `end`, without the space before them. */
export interface Piece {
  id: number;
  start: number;
  end: number;
}

/** A tokenizer of any kind. */
export interface Tokenizes {
  encode(text: string, most?: number): number[];  // ids; the first `most` of them, if given
  pieces(text: string, most?: number): Piece[];  // the same with their places
}

const LINES = '\n\x0b\x0c\r\x85\u2028\u2029';
const SPACES = '\t \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000';
const DROPPED = /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\p{Surrogate}]/u;
const ALL_DROPPED = new RegExp(DROPPED.source, 'gu');
const OTHER_LINES = new RegExp(`[${LINES.slice(1)}]`, 'g');
const OTHER_SPACES = new RegExp(`[${SPACES.replace(' ', '')}]`, 'g');
const PATTERN = ' ?[\\p{L}\\p{M}]+| ?\\p{N}| ?[^\\p{L}\\p{M}\\p{N} \\n]+|\\n';  // of what no token reaches over
const PIECES = new RegExp(PATTERN, 'gu');
const JOINS = /^[\u1160-\u11ff\p{M}]/u;  // what composition may put together with the character before

/** Made by `fromJson`. */
export class Tokenizer implements Tokenizes {
  private readonly bytes: number[] = [];  // ids of single bytes
  private readonly known = new Known();

  /** `tokens` by id, the special ones first. */
  private constructor(
    readonly tokens: readonly Uint8Array[], private readonly ranks: Ranks, readonly lowercase: boolean,
  ) {
    for (const [id, token] of tokens.entries()) if (token.length === 1) this.bytes[token[0]!] = id;
  }

  /** Throws when the text is no JSON, or no tokenizer of this kind, or a damaged one. */
  static fromJson(text: string): Tokenizer {
    const facts = JSON.parse(text);
    const vocabulary = new Map(Object.entries<number>(facts.model.vocab));
    const names = [...vocabulary.keys()].sort((one, other) => vocabulary.get(one)! - vocabulary.get(other)!);
    const byteOf = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));
    const tokens = names.map((name, id) => (
      id < SPECIAL.length ? utf8(name) : Uint8Array.from(name, (character) => known(byteOf.get(character)))
    ));
    const merges = facts.model.merges.map((merge: string | [string, string]) => {
      const [left, right] = typeof merge === 'string' ? merge.split(' ') : merge;
      return [left!, right!, left! + right!].map((name) => known(vocabulary.get(name)));
    });
    const steps: string[] = facts.normalizer.normalizers.map((step: {type: string}) => step.type);
    const single = tokens.slice(SPECIAL.length, SPECIAL.length + 256);
    known(
      steps.includes('Prepend')
      && facts.pre_tokenizer.pretokenizers[0].pattern.Regex === PATTERN
      && !facts.added_tokens.length
      && SPECIAL.every((name, id) => names[id] === name)
      && names.every((name, id) => vocabulary.get(name) === id)
      && single.every((token) => token.length === 1) && new Set(single.map((token) => token[0])).size === 256
      || undefined,
    );
    return new Tokenizer(tokens, ranksOf(merges), steps.includes('Lowercase'));
  }

  /** How many tokens there are. */
  get size(): number {
    return this.tokens.length;
  }

  /** The text as it is cut into tokens. */
  clean(text: string): string {
    const clean = text.replace(ALL_DROPPED, '').normalize('NFC').replace(OTHER_LINES, '\n').replace(OTHER_SPACES, ' ')
      .replace(/ {2,}/g, ' ').replace(/ ?\n[\n ]*/g, '\n').replace(/^[ \n]+|[ \n]+$/g, '');
    return this.lowercase ? lower(clean) : clean;
  }

  encode(text: string, most = Infinity): number[] {
    const ids: number[] = [];
    for (const word of this.clean(text).replaceAll('\n', '\n ').split(' ')) {
      if (ids.length >= most) break;
      if (word) for (const id of this.word(` ${word}`)) ids.push(id);
    }
    return ids.slice(0, most);
  }

  pieces(text: string, most = Infinity): Piece[] {
    const found: Piece[] = [];
    for (const word of words(this.aligned(text))) {
      if (found.length >= most) break;
      const owners = word.flatMap(({part}, number) => new Array<number>(utf8Length(part)).fill(number));
      let at = 0;
      for (const id of this.word(word.map(({part}) => part).join(''))) {
        const after = at + this.tokens[id]!.length, last = owners[after - 1]!;
        let first = owners[at]!;
        if (word[first]!.part === ' ' && last > first) first++;
        found.push({id, start: word[first]!.start, end: word[last]!.end});
        at = after;
      }
    }
    return found.slice(0, most);
  }

  /** The text of ids; the special ones say nothing, and what is no UTF-8 becomes a replacement character. */
  decode(ids: Iterable<number>): string {
    const decoder = new Utf8Decoder();
    let text = '';
    for (const id of ids) if (id > END) text += decoder.decode(this.tokens[id]!);
    return stripped(text + decoder.end()).replaceAll('\n ', '\n');
  }

  /** The ids of what stands between two spaces, the space before it included. */
  private word(word: string): readonly number[] {
    return this.known.getOr(word, () => (word.match(PIECES) ?? []).flatMap(
      (cut) => merged(Array.from(utf8(cut), (byte) => this.bytes[byte]!), this.ranks),
    ));
  }

  /** What is cut into words, in parts. A space that is no part of the text has the place of what it stands before. */
  private* aligned(text: string): Generator<Part> {
    let begun = false, space: Part | undefined;
    for (const {part: unit, start, end} of units(text)) {
      if (white(unit[0]!)) {
        space = {part: [...unit].some((character) => LINES.includes(character)) ? '\n' : ' ', start, end};
        continue;
      }
      if (begun && space) yield space;
      if (!begun || space?.part === '\n') yield {part: ' ', start, end};
      [begun, space] = [true, undefined];
      const part = unit.normalize('NFC');
      yield {part: this.lowercase ? lower(part) : part, start, end};
    }
  }
}

/** A part of what is cut, and where it comes from. */
interface Part {
  part: string;
  start: number;
  end: number;
}

function white(character: string): boolean {
  return LINES.includes(character) || SPACES.includes(character);
}

/** What cleaning changes as one: a run of white space, or a character and the marks on it. */
function* units(text: string): Generator<Part> {
  let unit = '', start = 0, end = 0, place = 0;
  for (const character of text) {
    const here = place;
    place += character.length;
    if (DROPPED.test(character)) continue;
    const space = white(character);
    if (unit && space === white(unit[0]!) && (space || JOINS.test(character))) {
      unit += character;
    } else {
      if (unit) yield {part: unit, start, end};
      [unit, start] = [character, here];
    }
    end = place;
  }
  if (unit) yield {part: unit, start, end};
}

/** Cut before every space. */
function* words(parts: Iterable<Part>): Generator<Part[]> {
  let word: Part[] = [];
  for (const part of parts) {
    if (part.part === ' ' && word.length) {
      yield word;
      word = [];
    }
    word.push(part);
  }
  if (word.length) yield word;
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw new RangeError('this is no tokenizer of heedful, or a damaged one');
  return found;
}
