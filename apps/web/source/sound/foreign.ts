/** Sounds that are no new word, as the embeddings that a model gave them: they ride in its file. */
import {InputError} from '../engine/errors.js';
import type {ModelFile} from '../engine/model_file.js';

const EMBEDDINGS = 'foreign.int8', SOUNDS = 'foreign.txt';  // attachments
const FULL_SCALE = 127;  // stands for 1: the length of an embedding
export const BACKWARDS = 'backwards', SPLICED = 'spliced', PARTS = 'parts', NOISE = 'noise';  // kinds

/** Embeddings, what kind of sound each is of, and of a word which: "" where no word is said. */
export interface Foreign {
  embeddings: Float64Array<ArrayBuffer>[];  // each (width,)
  kinds: string[];
  words: string[];
}

/** Those that ride in a file whose embeddings have `width` numbers. Throws `InputError` where there are none. */
export function foreignOf(file: ModelFile, width: number): Foreign {
  const stored = file.attachments[EMBEDDINGS];
  if (!stored || !file.attachments[SOUNDS]) {
    throw new InputError(`${file.name} carries no foreign sounds to tell a new word from: train the model anew.`);
  }
  const levels = new Int8Array(stored.buffer, stored.byteOffset, stored.length);
  const lines = file.text(SOUNDS).split('\n').filter((line) => line);
  if (!lines.length || levels.length !== lines.length * width) {
    throw new InputError(`${file.name} carries foreign sounds that do not fit its embedding: train the model anew.`);
  }
  const pairs = lines.map((line) => (line.includes(' ') ? line.split(/ (.*)/s) : [line, '']) as [string, string]);
  return {
    embeddings: lines.map((_, index) => (
      Float64Array.from(levels.subarray(index * width, (index + 1) * width), (level) => Math.fround(level / FULL_SCALE))
    )),
    kinds: pairs.map(([kind]) => kind),
    words: pairs.map(([, word]) => word),
  };
}

/** Those in which the word is not said. */
export function without({embeddings, kinds, words}: Foreign, word: string): Foreign {
  const kept = words.flatMap((said, index) => (folded(said) === folded(word) ? [] : [index]));
  const of = <T>(all: T[]): T[] => kept.map((index) => all[index]!);
  return {embeddings: of(embeddings), kinds: of(kinds), words: of(words)};
}

/** A word without regard to its case. */
export function folded(word: string): string {
  return word.normalize('NFC').toUpperCase().toLowerCase();
}
