/** Files that write one text of another, a summary or a translation, as `apps/rewriter.py` asks them. */
import type {App, Asked} from '../engine/app.js';
import {InputError} from '../engine/errors.js';
import {check, fitting, type ModelFile} from '../engine/model_file.js';
import {type Decoding, decodingOf, withBeam, type Written} from '../writing/beam.js';
import {fits, written} from '../writing/decode_step.js';
import {howFar, type Reading} from './reading_length.js';
import {joined, partsOf, type Rewritten, type Span, spelt, wordsOf} from './rewritten.js';
import {stripped} from './unicode.js';
import {END, FILE, PAD, type Piece, Tokenizer} from './tokenizer.js';

export interface RewritingInput {
  text: string;
  beam?: number | null;  // without one, what the model was made for
}

/** What is told while words come. */
export interface Sofar extends Rewritten {
  words: Span[];  // the pieces of each word that was written
  source: Span[];  // the place in the text of each token that was read
  sourceWords: Span[];  // the tokens of each word that was read
}

export interface RewritingAnswer extends Sofar, Reading {}

export interface RewritingAbout {
  beam: number;
  length: number;  // tokens of a text that are read
}

/** What was written of a text, in words; the tokens that were read are `source`. */
export type Said = (
  model: Rewriter, text: string, source: readonly Piece[], written: Written, beam: number,
) => Rewritten;

export class Rewriter {
  readonly tokenizer: Tokenizer;
  readonly length: number;
  readonly decoding: Decoding;

  /** Throws `InputError` where the card does not fit the graph. */
  constructor(readonly file: ModelFile) {
    const content = file.text(FILE);
    try {
      this.tokenizer = Tokenizer.fromJson(content);
    } catch {
      throw new InputError(`${file.name} carries a damaged ${FILE}: export the model again.`);
    }
    [this.length, this.decoding] = fitting(file, () => {
      const length = Math.trunc(file.facts['max_source']);
      const decoding = decodingOf(file.facts), told = {attention: [length], copied: []};
      check(fits(file, {ids: {shape: [1, length], kind: 'int32'}}, decoding.maxWords, this.tokenizer.size, told));
      return [length, decoding];
    });
  }

  /** What the model writes of a text, of which it reads the first tokens. */
  async answer({text, beam}: RewritingInput, asked: Asked, said: Said): Promise<RewritingAnswer> {
    const decoding = withBeam(this.decoding, beam), source = this.tokenizer.pieces(text, this.length);
    const ids = new Int32Array(this.length).fill(PAD);
    ids.set(source.map(({id}) => id));
    const spans = source.map(({start, end}): Span => [start, end]), sourceWords = wordsOf(partsOf(text, source));
    const sofar = (found: Written): Sofar => {
      const rewritten = said(this, text, source, found, decoding.beam);
      return {...rewritten, words: wordsOf(rewritten.pieces), source: spans, sourceWords};
    };
    const found = await written(this.file, {ids}, decoding, ['attention', 'copied'], {
      stopped: () => asked.stopped(),
      sofar: (open) => asked.part(sofar(open)),
    });
    return {...sofar(found), ...howFar(this.tokenizer, text, this.length)};
  }

  get about(): RewritingAbout {
    return {beam: this.decoding.beam, length: this.length};
  }
}

export const said: Said = ({tokenizer}, _, source, {tokens, told, score}, beam) => {
  const kept = [...tokens.keys()].filter((place) => tokens[place]! > END);
  const pieces = joined(spelt(kept.map((place) => tokenizer.tokens[tokens[place]!]!)));
  return {
    text: stripped(pieces.join('')),
    pieces,
    attention: kept.map((place) => told['attention']![place]!.slice(0, source.length)),
    copied: kept.map((place) => told['copied']?.[place]![0] ?? 0),
    score: Number.isNaN(score) ? null : score,
    beam,
  };
};

/** An app of a rewriter that refuses an empty text with these words. */
export function rewriting(file: ModelFile, empty: string, say: (model: Rewriter) => Said): App {
  const model = new Rewriter(file), own = say(model);
  return {
    about: model.about,
    async ask(input: RewritingInput, asked) {
      if (!model.tokenizer.encode(input.text, 1).length) throw new InputError(empty);
      return model.answer(input, asked, own);
    },
  };
}
