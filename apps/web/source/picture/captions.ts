/** Captions: a sentence for a picture, and where the model looked for each of its words. */
import type {App, Asked} from '../engine/app.js';
import {InputError} from '../engine/errors.js';
import {check, fitting, type ModelFile} from '../engine/model_file.js';
import {type Decoding, decodingOf, withBeam, type Written} from '../writing/beam.js';
import {fits, written} from '../writing/decode_step.js';
import {pixelsOf} from './picture_file.js';
import {type Pixels, resized} from './resize.js';
import {joined} from './sentence.js';

const VOCABULARY = 'vocabulary.txt';  // one token a line, line n (from 0) is id n
const SPECIAL = ['<pad>', '<start>', '<end>', '<unknown>'];

export interface CaptionsAbout {
  size: number;  // of the square that the model sees
  grid: [rows: number, columns: number];  // cells of its maps
  beam: number;  // as the card has it
  maxWords: number;
}

/** A picture, decoded or as a file, and how many sentences are followed at once; as the card says by default. */
export type Shown = (Pixels | PictureFile) & {beam?: number | null};

export interface PictureFile {
  file: Blob;
  name: string;
}

/** Before the answer: of a file the picture for people, then the sentence so far, word by word. */
export type Part = {view: Pixels} | Caption;

/** A sentence, or what is known of it so far. */
export interface Caption {
  text: string;
  words: string[];
  attention: Float32Array[];  // for each word how much of the look went to each cell, row by row
}

export interface Captioned extends Caption {
  score: number | null;  // log-probability, length-normalised: higher is surer; null where the beam is 1
  beam: number;
  milliseconds: number;  // of the model, without making the picture ready
}

export function captions(file: ModelFile): App {
  const vocabulary = readVocabulary(file);
  const {about, decoding} = fitting(file, () => readFacts(file, vocabulary.length));
  return {
    about,
    ask: async ({beam, ...picture}: Shown, asked) => {
      const chosen = withBeam(decoding, beam);
      const image = 'file' in picture ? resized(await opened(picture, asked), about.size) : resized(picture, about.size);
      return caption(file, vocabulary, image, chosen, asked);
    },
  };
}

async function opened({file, name}: PictureFile, asked: Asked): Promise<Pixels> {
  const {view, ...pixels} = await pixelsOf(file, name);
  asked.part({view});
  return pixels;
}

async function caption(
  file: ModelFile, vocabulary: readonly string[], image: Uint8Array<ArrayBuffer>, decoding: Decoding, asked: Asked,
): Promise<Captioned> {
  const begun = performance.now();
  const found = await written(file, {image}, decoding, ['attention'], {
    stopped: () => asked.stopped(),
    sofar: (sofar) => asked.part(said(file, vocabulary, sofar)),
  });
  const score = Number.isNaN(found.score) ? null : found.score;
  return {...said(file, vocabulary, found), score, beam: decoding.beam, milliseconds: performance.now() - begun};
}

/** Throws `InputError` where there are fewer words than the graph writes. */
function said(file: ModelFile, vocabulary: readonly string[], {tokens, told}: Written): Caption {
  const words = fitting(file, () => tokens.map((token) => {
    check(token < vocabulary.length);
    return vocabulary[token]!;
  }));
  return {text: joined(words), words, attention: told['attention'] ?? []};
}

function readFacts(file: ModelFile, words: number): {about: CaptionsAbout; decoding: Decoding} {
  const {facts} = file, size = facts['image_size'], [rows, columns] = facts['grid'];
  const inputs = {image: {shape: [1, size, size, 3], kind: 'uint8' as const}};
  const decoding = decodingOf(facts), told = {attention: [rows * columns]};
  check([rows, columns].every((side) => Number.isInteger(side) && side > 0));
  check(fits(file, inputs, decoding.maxWords, words, told));
  return {about: {size, grid: [rows, columns], beam: decoding.beam, maxWords: decoding.maxWords}, decoding};
}

/** Throws `InputError` where the words are not as they have to be. */
function readVocabulary(file: ModelFile): string[] {
  const content = file.attachments[VOCABULARY];
  if (!content) throw new InputError(`${file.name} carries no ${VOCABULARY}: export the model again.`);
  let tokens: string[] = [];
  try {
    tokens = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(content).replace(/\n$/, '').split('\n');
  } catch { /* told below */ }
  if (SPECIAL.some((token, id) => tokens[id] !== token) || tokens.includes('')) {
    throw new InputError(`${file.name} carries a damaged ${VOCABULARY}: export the model again.`);
  }
  return tokens;
}
