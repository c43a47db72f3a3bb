/** The labels of a model and the words that were learnt beside them, and the answer over all of them. */
import {InputError} from '../engine/errors.js';
import type {Answer} from './answer.js';
import {folded} from './foreign.js';
import {labelRows, NoRows, type Row} from './label_rows.js';
import {softmax} from './numbers.js';
import type {SpeechModel} from './speech_model.js';
import {logit} from './word_row.js';

/** A word that was learnt: what is kept of it. */
export interface LearntWord {
  word: string;
  row: {weights: number[]; bias: number};
  mean: number[];  // of the embeddings of its recordings
  recordings: number;
}

export class Vocabulary {
  private known: Row[] | undefined;  // rows of the file; read when they are first needed
  private all: Row[] = [];  // of all labels, where words were learnt
  private words: LearntWord[] = [];
  labels: readonly string[];

  constructor(readonly speech: SpeechModel) {
    this.labels = speech.labels;
  }

  get learnt(): readonly LearntWord[] {
    return this.words;
  }

  /** The rows of the labels of the file. Throws `InputError` where none can be added. */
  get rows(): readonly Row[] {
    const {file, labels} = this.speech;
    if (this.known) return this.known;
    if (!file.signatures['embed']) {
      throw new InputError(`${file.name} has no signature embed, by which words are learnt: train the model anew.`);
    }
    try {
      this.known = labelRows(file.content, 'classify', 'probabilities');
    } catch (error) {
      if (!(error instanceof NoRows)) throw error;
      const which = 'give the float32, float16 or dynamic file';
      throw new InputError(`${file.name} cannot learn words (${error.message}): ${which}.`);
    }
    if (this.known.length !== labels.length) {
      const counts = `${this.known.length} rows for ${labels.length} labels`;
      throw new InputError(`${file.name} has ${counts}: export the model again.`);
    }
    return this.known;
  }

  /** Rows of all labels as they are now. */
  get current(): readonly Row[] {
    return this.words.length ? this.all : this.rows;
  }

  /** The place of a word among the labels, with no regard to case; -1 where it is new. */
  place(word: string): number {
    return this.labels.findIndex((label) => folded(label) === folded(word));
  }

  /** Puts words in place of those that were learnt; one that the model knows is replaced. */
  put(words: readonly LearntWord[]): void {
    const rows = words.length ? [...this.rows] : [], labels = [...this.speech.labels];
    for (const {word, row} of words) {
      if (row.weights.length !== rows[0]!.weights.length) {
        throw new InputError(`${word} was learnt for another model: forget it, and teach it again.`);
      }
      const found = labels.findIndex((label) => folded(label) === folded(word));
      const place = found < 0 ? labels.length : found;
      rows[place] = {weights: Float32Array.from(row.weights), bias: row.bias};
      labels[place] ??= word;
    }
    [this.words, this.all, this.labels] = [[...words], rows, labels];
  }

  /** The answer to a window over all labels: those of the model keep their proportions. */
  async answer(window: Float32Array<ArrayBuffer>): Promise<Omit<Answer, 'start'>> {
    const answer = await this.speech.classify(window);
    if (!this.words.length) return answer;
    const embedding = await this.speech.embed(window);
    return {...answer, probabilities: softmax(this.all.map((row) => logit(row, embedding)))};
  }
}
