/** What a text is about, and which words say so. */
import type {App} from '../engine/app.js';
import {InputError} from '../engine/errors.js';
import {check, fitting, type ModelFile} from '../engine/model_file.js';
import {sameSpecs} from '../writing/decode_step.js';
import {tempered} from './calibration.js';
import {howFar, type Reading} from './reading_length.js';
import {partsOf, wordsOf} from './rewritten.js';
import {FILE, PAD} from './tokenizer.js';
import {opened} from './tokenizer_file.js';

const TOP = 3;  // labels that are shown

export interface ClassificationAnswer extends Reading {
  label: string | null;  // null: none of these
  top: [label: string, probability: number][];  // best first, calibrated
  words: [word: string, share: number][];  // that were read, with the white space before each; shares of the look
  attention: Float32Array[];  // of each head over the tokens; each sums to 1
  probabilities: number[];  // of the labels, calibrated
}

export interface ClassificationAbout {
  labels: string[];
  outside: number | null;  // the number of the label of "none of these"
  threshold: number;  // by which a label has to lead that one
  length: number;  // tokens of a text that are read
}

export function classification(file: ModelFile): App {
  const {tokenizer, labels, outside, length, point} = fitting(file, () => read(file));
  const about: ClassificationAbout = {labels, outside, threshold: point.threshold, length};
  return {
    about,
    async ask({text}: {text: string}): Promise<ClassificationAnswer> {
      const pieces = tokenizer.pieces(text, length);
      if (!pieces.length) throw new InputError('the text is empty: give at least a word.');
      const ids = new Int32Array(length).fill(PAD);
      ids.set(pieces.map(({id}) => id));
      const found = await file.run('classify', {ids});
      if (!Object.values(found).every((values) => values.every(Number.isFinite))) {
        throw new InputError(`${file.name} answers with NaN: export the model again.`);
      }
      const probabilities = tempered(found['probabilities']!, point.temperature);
      const attention = rows(found['attention'] as Float32Array, length).map((row) => row.slice(0, pieces.length));
      const parts = partsOf(text, pieces);
      const shares = pieces.map((_, place) => mean(attention.map((row) => row[place]!)));
      return {
        label: decided(probabilities, outside, point.threshold, labels),
        top: ranked(probabilities).slice(0, TOP).map((place) => [labels[place]!, probabilities[place]!]),
        words: wordsOf(parts).map(([start, end]) => [parts.slice(start, end).join(''), sum(shares.slice(start, end))]),
        attention, probabilities,
        ...howFar(tokenizer, text, length),
      };
    },
  };
}

function read(file: ModelFile) {
  const tokenizer = opened(file.text(FILE)), {labels, outside} = file.facts, length = Math.trunc(file.facts['length']);
  const given = file.card.file?.['operating_point'] ?? {};
  const point = {temperature: Number(given.temperature ?? 1), threshold: Number(given.threshold ?? 0)};
  check(Array.isArray(labels) && labels.every((label) => typeof label === 'string'));
  check(outside === null || (Number.isInteger(outside) && outside >= 0 && outside < labels.length));
  check(Number.isFinite(point.threshold) && point.temperature > 0);
  check(sameSpecs(file.signatures['classify']!.inputs, {ids: {shape: [1, length], kind: 'int32'}}));
  const {probabilities, attention} = file.outputs('classify');
  check(probabilities?.kind === 'float32' && probabilities.shape.join() === `1,${labels.length}`);
  check(attention?.kind === 'float32' && attention.shape.length === 3 && attention.shape[2] === length);
  return {tokenizer, labels: labels as string[], outside: outside as number | null, length, point};
}

/** The most probable label, if it leads that of "none of these" by the threshold. */
function decided(
  probabilities: readonly number[], outside: number | null, threshold: number, labels: string[],
): string | null {
  const inside = probabilities.map((value, place) => (place === outside ? 0 : value)), [best] = ranked(inside);
  const lead = inside[best!]! - (outside === null ? 0 : probabilities[outside]!);
  return lead < threshold ? null : labels[best!]!;
}

/** Places from the greatest value to the least, the first of equals first. */
function ranked(values: readonly number[]): number[] {
  return [...values.keys()].sort((one, other) => values[other]! - values[one]!);
}

function rows(values: Float32Array, length: number): Float32Array[] {
  return Array.from({length: values.length / length}, (_, row) => values.slice(row * length, (row + 1) * length));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
