/** How much of a text a model has read, which takes so many tokens and no more. */
import type {Tokenizes} from './tokenizer.js';

export interface Reading {
  read: number;  // tokens that are read
  tokens: number;  // that there are
}

export function howFar(tokenizer: Tokenizes, text: string, most: number): Reading {
  const read = tokenizer.encode(text, most).length;
  return {read, tokens: read < most ? read : tokenizer.encode(text).length};
}
