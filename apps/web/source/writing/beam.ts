/** Beam search as `apps/beam.py` does it: the best sentence of a model that gives one word at a time, for one input. */
import type {Facts} from '../engine/model_file.js';
import {InputError} from '../engine/errors.js';

export const START = 1, END = 2;  // ids of tokens
const WIDEST = 1000;  // beam; what a card says beyond that is damage
const BARRED = -1e9;  // the score of a word that may not come next

/** How to search. A beam of 1 is greedy; a greater length penalty favours longer sentences, 0 does nothing. */
export interface Decoding {
  beam: number;
  lengthPenalty: number;
  noRepeatedNgram: number;  // no so many words follow each other twice; 0: any may
  maxWords: number;
  minWords: number;  // before so many words nothing ends
}

/** A sentence, and what the model tells of each of its words. */
export interface Written {
  tokens: number[];  // END not included
  told: Record<string, Float32Array[]>;  // by name, one for each token: `attention` over the cells, one number `copied`
  score: number;  // sum of log-probabilities / tokens ** length penalty, where END is a token too
}

export interface Stepped<State> {
  scores: Float32Array | Float64Array;  // log-probabilities of the next token
  told: Record<string, Float32Array>;  // of that token
  state: State;  // the next one
}

/** Takes the last token (START at place 0), its place, and the state of its sentence. */
export type Step<State> = (token: number, index: number, state: State) => Promise<Stepped<State>>;

/** What a card says. Throws `RangeError` when it says it wrongly. */
export function decodingOf(facts: Facts): Decoding {
  const how = facts['decoding'] ?? {};
  return checked({
    beam: whole(how.beam),
    lengthPenalty: number(how.length_penalty),
    noRepeatedNgram: whole(how.no_repeated_ngram),
    maxWords: whole(facts['max_words']),
    minWords: whole(how.min_words ?? 0),
  });
}

/** The same with another beam, if one is given. Throws `InputError` when it is no whole number from 1. */
export function withBeam(decoding: Decoding, beam: number | null | undefined): Decoding {
  if (beam === null || beam === undefined) return decoding;
  if (!Number.isInteger(beam) || beam < 1) throw new InputError(`the beam is ${beam}: give a whole number from 1.`);
  return {...decoding, beam};
}

function checked(decoding: Decoding): Decoding {
  const {beam, maxWords, noRepeatedNgram, minWords} = decoding;
  if (beam > WIDEST) throw new RangeError('wrong decoding');
  if (noRepeatedNgram === 1 || Math.min(noRepeatedNgram, minWords) < 0 || Math.min(beam, maxWords) < 1) {
    throw new RangeError('wrong decoding');
  }
  return decoding;
}

function number(given: unknown): number {
  if (typeof given !== 'number' || !Number.isFinite(given)) throw new RangeError(`${given} is no number`);
  return given;
}

function whole(given: unknown): number {
  return Math.trunc(number(given));
}

/** A sentence that goes on: `last` is its newest token. */
interface Open<State> extends Written {
  last: number;
  state: State;
}

/** A sentence of `open` with one more token. */
interface Candidate {
  sum: number;
  parent: number;
  token: number;
}

/**
 * The best sentence. At every step the `beam` best of all continuations stay, the lowest id of equals; those of them
 * that end leave the beam. It is done when nothing open can beat the best that ended; a sentence of `maxWords` ends as
 * it is. `between` hears after every step of the best sentence so far, and may throw to stop.
 * Throws `RangeError` when a log-probability is NaN.
 */
export async function search<State>(
  step: Step<State>, state: State, decoding: Decoding, between: (sofar: Written) => void | Promise<void> = () => {},
): Promise<Written> {
  const {beam, maxWords, lengthPenalty} = decoding;
  // By which the sum of so many tokens is divided (Wu et al. 2016): else two or three words would always win.
  const divisor = (tokens: number) => tokens ** lengthPenalty;
  let open: Open<State>[] = [{tokens: [], told: {}, score: 0, last: START, state}];  // best first; `score` is the sum
  let best: Written = {tokens: [], told: {}, score: -Infinity};
  const scored = ({tokens, told}: Written, score: number): Written => ({tokens, told, score});
  const offer = (written: Written, score: number) => {
    if (score > best.score) best = scored(written, score);  // the earlier of two equals stays
  };
  for (let index = 0; index < maxWords; index++) {
    const stepped: Stepped<State>[] = [];
    for (const one of open) stepped.push(await step(one.last, index, one.state));
    const scores = stepped.map((own, place) => allowed(own.scores, open[place]!.tokens, decoding));
    const chosen = likeliest(open, scores, beam);
    for (const {sum, parent, token} of chosen) if (token === END) offer(open[parent]!, sum / divisor(index + 1));
    const going = chosen.filter(({token}) => token !== END);
    open = going.map(({sum, parent, token}) => longer(open[parent]!, stepped[parent]!, token, sum));
    await between(open[0] ? scored(open[0], open[0].score / divisor(index + 1)) : best);
    if (index + 1 === maxWords) for (const one of open) offer(one, one.score / divisor(maxWords));
    // Sums only fall, so an open sentence ends at best with its sum of now over the greatest divisor to come.
    const hope = (open[0]?.score ?? -Infinity) / Math.max(divisor(index + 2), divisor(maxWords));
    if (best.score >= hope) break;
  }
  return best;
}

function longer<State>(one: Open<State>, stepped: Stepped<State>, token: number, sum: number): Open<State> {
  const told = Object.fromEntries(
    Object.entries(stepped.told).map(([name, of]) => [name, [...(one.told[name] ?? []), of]]),
  );
  return {tokens: [...one.tokens, token], told, score: sum, last: token, state: stepped.state};
}

/** The scores, in double precision, without what may not come after `tokens`. */
function allowed(scores: Float32Array | Float64Array, tokens: readonly number[], decoding: Decoding): Float64Array {
  const left = Float64Array.from(scores), n = decoding.noRepeatedNgram;
  if (left.some(Number.isNaN)) throw new RangeError('a log-probability is NaN');
  if (n && tokens.length >= n) {
    const last = tokens.slice(tokens.length - n + 1);
    for (let at = 0; at + n <= tokens.length; at++) {
      if (last.every((token, place) => tokens[at + place] === token)) left[tokens[at + n - 1]!] = BARRED;
    }
  }
  if (tokens.length < decoding.minWords) left[END] = BARRED;
  return left;
}

/** The best `count` continuations, best first, of equals the one of the better sentence, then the lowest id. */
function likeliest(open: readonly {score: number}[], scores: readonly Float64Array[], count: number): Candidate[] {
  const chosen: Candidate[] = [];
  for (const [parent, {score}] of open.entries()) {
    const own = scores[parent]!;
    for (let token = 0; token < own.length; token++) {
      const sum = score + own[token]!;
      if (!Number.isFinite(sum) || (chosen.length === count && sum <= chosen[count - 1]!.sum)) continue;
      let place = chosen.length;
      while (place > 0 && chosen[place - 1]!.sum < sum) place--;
      chosen.splice(place, 0, {sum, parent, token});
      if (chosen.length > count) chosen.pop();
    }
  }
  return chosen;
}
