/** The tokenizer of a model, of whichever kind it is. */
import {BytePair, KIND as BYTE_PAIR} from './byte_pair.js';
import {Tokenizer, type Tokenizes} from './tokenizer.js';
import {KIND as WORDPIECE, WordPiece} from './wordpiece.js';

/** The tokenizer in a JSON. Throws where it is of no kind. */
export function opened(text: string): Tokenizes {
  const facts = JSON.parse(text), kind = facts?.kind;
  if (kind === BYTE_PAIR) return new BytePair(facts);
  return kind === WORDPIECE ? new WordPiece(facts) : Tokenizer.fromJson(text);
}
