/** New words out of a handful of recordings and without training: as `speech_commands/enrolment.py`. */
import {InputError} from '../engine/errors.js';
import {NEVER_EVENTS} from './events.js';
import {type Foreign, folded, foreignOf, without} from './foreign.js';
import {less, middle, product, type Vector} from './linear.js';
import {largest} from './numbers.js';
import {fit} from './recordings.js';
import type {Vocabulary} from './vocabulary.js';
import {Background, logit, STEEPNESS} from './word_row.js';

export const FEWEST = 3;  // different recordings of a word
const SILENT = 1e-4;  // the loudest sample of a recording in which there is nothing
const LEFT_OUT = 20;  // parts at most: so often is a row made anew, to be asked for recordings that it had no part in
const ODD = 0.5;  // standard deviations above the foreign sounds; below it nothing resembles the others
const ALIKE = 0.8;  // cosine of two words, seen from the mean of the foreign sounds

/** A word as it was learnt; `found` counts the recordings that it is heard in by a row they had no part in. */
export interface Enrolled {
  word: string;
  recordings: number;
  found: number;
  threshold: number;  // how far a sound must stand out of the foreign ones, in their standard deviations
  taken: number;  // foreign sounds that are taken for it
  foreign: number;  // of so many
  replaced: boolean;  // whether the model knew it
  odd: number[];  // recordings, counted from 1, that do not resemble the others
  missed: {recording: number; heard: string}[];  // that are not heard even so
  alike: string[];  // words and labels that sound like it
}

/** Learns a word from recordings at the model's rate, beside all that is there. Throws `InputError`. */
export async function enrol(model: Vocabulary, given: string, takes: readonly Float32Array[]): Promise<Enrolled> {
  const word = checkedWord(given), windows = windowsOf(model, word, takes), known = model.current;
  const place = model.place(word), others = known.filter((_, index) => index !== place);
  const foreign = foreignOf(model.speech.file, known[0]!.weights.length);
  const embeddings: Vector[] = [];
  for (const window of windows) embeddings.push(Float64Array.from(await model.speech.embed(window)));
  const background = new Background(without(foreign, word), others);
  const {row, limit, threshold, taken} = background.learn(embeddings);
  const logits = background.leftOut(embeddings, limit, LEFT_OUT), best = background.bestOther(embeddings);
  const label = model.labels[place] ?? word, mean = middle(embeddings), alike = alikeOf(model, place, mean, foreign);
  const learnt = {
    word: label, row: {weights: [...row.weights], bias: row.bias}, mean: [...mean], recordings: windows.length,
  };
  model.put([...model.learnt.filter((other) => folded(other.word) !== folded(word)), learnt]);
  return {
    word: label, recordings: windows.length, threshold, taken, foreign: foreign.kinds.length, alike,
    found: logits.filter((value, index) => value > best[index]!).length,
    replaced: place >= 0,
    odd: [...logits].flatMap((value, index) => ((value + limit) / STEEPNESS < ODD ? [index + 1] : [])),
    missed: embeddings.flatMap((embedding, index) => {
      const heard = model.labels[largest(model.current.map((other) => logit(other, embedding)))]!;
      return heard === label ? [] : [{recording: index + 1, heard}];
    }),
  };
}

/** Takes a word away again; one that it had replaced is as it was. */
export function forget(model: Vocabulary, word: string): void {
  model.put(model.learnt.filter((other) => folded(other.word) !== folded(word)));
}

function checkedWord(given: string): string {
  const word = given.normalize('NFC').trim();
  if (!word) throw new InputError('The word has no name: type it first.');
  if (word.startsWith('_')) {
    throw new InputError(`${word} is no word that can be learnt: take a name without _ before it.`);
  }
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(word)) {
    throw new InputError('The word holds letters that cannot be shown: type it anew.');
  }
  return word;
}

/** The different recordings of a word, each as the window that is heard of it. */
function windowsOf(model: Vocabulary, word: string, takes: readonly Float32Array[]): Float32Array<ArrayBuffer>[] {
  const windows: Float32Array<ArrayBuffer>[] = [];
  takes.forEach((take, index) => {
    const [window] = fit(take, model.speech.frontEnd.samples);
    if (!window.some((value) => Math.abs(value) >= SILENT)) {
      throw new InputError(`Recording ${index + 1} of ${word} is silent: look at the microphone, and record it again.`);
    }
    if (!windows.some((other) => other.every((value, at) => value === window[at]))) windows.push(window);
  });
  if (windows.length < FEWEST) {
    const count = windows.length === 1 ? 'is 1 recording' : `are ${windows.length} recordings`;
    throw new InputError(`There ${count} of ${word}: record it at least ${FEWEST} times.`);
  }
  return windows;
}

/** Other learnt words, and labels of the training, that lie in the direction of a word. */
function alikeOf(model: Vocabulary, place: number, mean: Vector, foreign: Foreign): string[] {
  const centre = middle(foreign.embeddings), own = less(mean, centre);
  const enrolled = model.speech.file.card['enrolled'] ?? {};
  const learnt = new Map(model.learnt.map((other) => [folded(other.word), Float64Array.from(other.mean)]));
  const directions = model.current.flatMap((row, index): [string, Vector][] => {
    const label = model.labels[index]!, kept = learnt.get(folded(label));
    if (index === place || NEVER_EVENTS.has(label)) return [];
    if (kept) return [[label, kept]];
    const length = Math.sqrt(product(row.weights, row.weights));
    return Object.hasOwn(enrolled, label) ? [] : [[label, Float64Array.from(row.weights, (weight) => weight / length)]];
  });
  return directions.filter(([, other]) => cosine(own, less(other, centre)) >= ALIKE).map(([label]) => label);
}

function cosine(one: Vector, other: Vector): number {
  return product(one, other) / Math.max(Math.sqrt(product(one, one) * product(other, other)), 1e-12);
}
