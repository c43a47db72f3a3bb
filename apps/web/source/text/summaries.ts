/** Summaries: a headline or a few sentences for a text, and what each word came from. */
import type {App} from '../engine/app.js';
import type {ModelFile} from '../engine/model_file.js';
import {PLAIN, recased} from './capitals.js';
import {rewriting, said, type Said} from './rewriter.js';
import {stripped} from './unicode.js';

export function summaries(file: ModelFile): App {
  return rewriting(file, 'the text is empty: give what is to be summarized.', ({tokenizer}) => {
    if (!tokenizer.lowercase) return said;
    // A model that was trained on texts without capitals has no such list.
    return withCapitals(new Set(file.attachments[PLAIN] ? file.text(PLAIN).split(/\s+/).filter(Boolean) : []));
  });
}

/** What was written with the upper case of what was read, but for `plain` words. */
function withCapitals(plain: ReadonlySet<string>): Said {
  return (model, text, source, written, beam) => {
    const answer = said(model, text, source, written, beam), {pieces, copied} = answer, whole = pieces.join('');
    const taken = pieces.flatMap((piece, place) => new Array<boolean>(piece.length).fill(copied[place]! > 0.5));
    const cased = recased(whole, text.slice(0, source.at(-1)?.end ?? 0), taken, plain);
    if (cased.length !== whole.length) return {...answer, text: stripped(cased)};  // a few letters become two
    let end = 0;
    return {...answer, text: stripped(cased), pieces: pieces.map((piece) => cased.slice(end, end += piece.length))};
  };
}
