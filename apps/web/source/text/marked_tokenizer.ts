/** What the tokenizers that come with a backbone share: a vocabulary, and a token before and after each text. */
import {InputError} from '../engine/errors.js';
import type {Piece, Tokenizes} from './tokenizer.js';
import {halfCharacter} from './unicode.js';

export interface MarkedFacts {
  vocabulary: string[];  // by ids, the padding first
  start: string;  // token
  end: string;
}

export abstract class MarkedTokenizer implements Tokenizes {
  protected readonly ids: Map<string, number>;
  private readonly marks: [number, number];

  constructor(protected readonly facts: MarkedFacts) {
    this.ids = new Map(facts.vocabulary.map((token, id) => [token, id]));
    this.marks = [this.id(facts.start), this.id(facts.end)];
  }

  /** `most` ids where it is given, start and end among them. */
  encode(text: string, most?: number): number[] {
    return this.pieces(text, most).map(({id}) => id);
  }

  /** Start and end stand for nothing. Throws `InputError` for half of a character, which no encoding can write. */
  pieces(text: string, most = Infinity): Piece[] {
    const half = halfCharacter(text);
    if (half) throw new InputError(`character ${half} of a text is half a character: save the text as UTF-8.`);
    const found: Piece[] = [], limit = Math.max(0, most - 2);
    for (const piece of limit ? this.unmarked(text) : []) {
      found.push(piece);
      if (found.length >= limit) break;
    }
    const after = found.at(-1)?.end ?? 0, [start, end] = this.marks;
    return [{id: start, start: 0, end: 0}, ...found, {id: end, start: after, end: after}];
  }

  /** The pieces of a text, one after the other, without start and end. */
  protected abstract unmarked(text: string): Iterable<Piece>;

  protected id(token: string): number {
    const id = this.ids.get(token);
    if (id === undefined) throw new RangeError(`there is no token ${token}`);
    return id;
  }
}

/** A character of a text and its place there. */
export interface Placed {
  letter: string;
  start: number;
  end: number;
}

export function placed(text: string): Placed[] {
  let place = 0;
  return Array.from(text, (letter) => ({letter, start: place, end: place += letter.length}));
}

/** The facts of a JSON, if each is of the type of its pattern. Throws `RangeError` where it is not. */
export function factsOf<T extends MarkedFacts & {kind: string}>(facts: any, pattern: T): T {
  const fits = facts !== null && typeof facts === 'object' && sorted(facts).join() === sorted(pattern).join()
    && Object.entries(pattern).every(([name, like]) => (
      Array.isArray(like) ? Array.isArray(facts[name]) && facts[name].every((one: unknown) => typeof one === 'string')
        : typeof facts[name] === typeof like
    ));
  if (!fits) throw new RangeError(`this is no ${pattern.kind} tokenizer of heedful, or a damaged one`);
  return facts;
}

function sorted(facts: object): string[] {
  return Object.keys(facts).sort();
}
