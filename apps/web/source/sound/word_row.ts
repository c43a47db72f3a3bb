/**
 * A word as a row of a classifier, of few embeddings of it and many of foreign sounds.
 *
 * As `speech_commands/word_row.py`, which explains it: a logistic regression of the word against the foreign sounds,
 * held to the direction in which the word stands out of them; the bias sets the threshold, so that of every kind of
 * foreign sounds at most `SHARE` are taken for it.
 */
import {BACKWARDS, type Foreign, NOISE, PARTS, SPLICED} from './foreign.js';
import type {Row} from './label_rows.js';
import {less, middle, product, scatter, solved, type Vector} from './linear.js';
import {mean, median} from './numbers.js';

const SHARE = 0.01;
const SHRINKAGE = 0.05;  // of the covariance towards that of a ball, in parts of its mean variance
const HOLD = 3e-4;  // of the regression to its start, where the foreign sounds have the standard deviation 1
const STEPS = 30;  // of Newton's method at most
export const STEEPNESS = 8;  // logits for a standard deviation of the foreign sounds
const FOLDS = 5;  // a fifth of the foreign sounds at a time has no part in the row that judges it
const TOGETHER: Record<string, string> = {[SPLICED]: BACKWARDS, [PARTS]: NOISE};  // kinds that are judged as one

/** The row of a word, and how it stands to the foreign sounds. */
export interface LearntRow {
  row: Row;
  limit: number;  // what the bias takes away, in logits
  threshold: number;  // the same above the mean of the foreign sounds, in their standard deviations, for people
  taken: number;  // foreign sounds that are taken for the word
}

/** What words must stand out of: foreign sounds, and the rows of all other labels. */
export class Background {
  private readonly sounds: Vector[];
  private readonly groups: number[][];

  constructor(foreign: Foreign, private readonly others: readonly Row[]) {
    this.sounds = foreign.embeddings;
    const groups = new Map<string, number[]>();
    foreign.kinds.forEach((kind, index) => {
      const group = Object.hasOwn(TOGETHER, kind) ? TOGETHER[kind]! : kind;
      groups.set(group, [...groups.get(group) ?? [], index]);
    });
    this.groups = [...groups.values()];
  }

  /** The largest logit of the other labels for each embedding; 0 without any. */
  bestOther(embeddings: readonly Vector[]): Vector {
    return Float64Array.from(embeddings, (embedding) => (
      this.others.length ? this.others.reduce((best, row) => Math.max(best, logit(row, embedding)), -Infinity) : 0
    ));
  }

  /** The row of the word of these embeddings. */
  learn(word: readonly Vector[]): LearntRow {
    const best = this.bestOther(this.sounds), margins = new Float64Array(this.sounds.length);
    for (let fold = 0; fold < FOLDS; fold++) {
      const rest = this.sounds.filter((_, index) => index % FOLDS !== fold);
      const weights = discriminant(word, rest), centre = middle(rest);
      for (let index = fold; index < margins.length; index += FOLDS) {
        margins[index] = product(less(this.sounds[index]!, centre), weights) - best[index]!;
      }
    }
    const limit = Math.max(...this.groups.map((group) => highestBut(group.map((index) => margins[index]!))));
    return {
      row: this.row(word, limit),
      limit,
      threshold: (limit + median(best)) / STEEPNESS,
      taken: margins.filter((margin) => margin > limit).length,
    };
  }

  /** The row at a limit that is known. */
  private row(word: readonly Vector[], limit: number): Row {
    const weights = discriminant(word, this.sounds);
    return {weights: Float32Array.from(weights), bias: -product(weights, middle(this.sounds)) - limit};
  }

  /** Logits of the recordings of a word, each by a row that it had no part in: so many parts are left out in turn. */
  leftOut(word: readonly Vector[], limit: number, parts: number): Vector {
    const logits = new Float64Array(word.length);
    for (let part = 0; part < Math.min(parts, word.length); part++) {
      const row = this.row(word.filter((_, index) => index % parts !== part), limit);
      for (let index = part; index < word.length; index += parts) logits[index] = logit(row, word[index]!);
    }
    return logits;
  }
}

export function logit({weights, bias}: Row, embedding: ArrayLike<number>): number {
  return product(weights, embedding) + bias;
}

/** Weights that tell a word from foreign sounds, which scatter along them by `STEEPNESS`. */
function discriminant(word: readonly Vector[], foreign: readonly Vector[]): Vector {
  const centre = middle(foreign);
  [word, foreign] = [word, foreign].map((rows) => rows.map((row) => less(row, centre))) as [Vector[], Vector[]];
  const covariance = scatter(foreign, new Float64Array(foreign.length).fill(1 / foreign.length));
  const ball = covariance.reduce((sum, row, index) => sum + row[index]!, 0) / covariance.length + 1e-12;
  covariance.forEach((row, index) => (row[index]! += SHRINKAGE * ball));
  const start = scaled(solved(covariance, middle(word)), foreign);
  return scaled(regression(word, foreign, start), foreign).map((weight) => weight * STEEPNESS);
}

/** Along which the foreign sounds have the standard deviation 1. */
function scaled(weights: Vector, foreign: readonly Vector[]): Vector {
  const along = foreign.map((row) => product(row, weights)), centre = mean(along);
  const deviation = Math.max(Math.sqrt(mean(along.map((value) => (value - centre) ** 2))), 1e-12);
  return weights.map((weight) => weight / deviation);
}

/**
 * Weights of a logistic regression in which both sides count alike, held to `start` by `HOLD` times half the square of
 * the distance: by Newton's method, a step halved until it leads down.
 */
function regression(word: readonly Vector[], foreign: readonly Vector[], from: Vector): Vector {
  const inputs = [...word, ...foreign].map((row) => Float64Array.of(...row, 1));
  const signs = inputs.map((_, index) => (index < word.length ? 1 : -1));
  const shares = inputs.map((_, index) => 0.5 / (index < word.length ? word.length : foreign.length));
  const start = Float64Array.of(...from, -0.5 * mean(word.map((row) => product(row, from))));
  const loss = (weights: Vector): number => (
    inputs.reduce((sum, row, index) => sum + shares[index]! * softplus(-signs[index]! * product(row, weights)), 0)
    + weights.reduce((sum, weight, index) => sum + HOLD * (weight - start[index]!) ** 2, 0) / 2
  );
  let weights = start;
  for (let count = 0; count < STEPS; count++) {
    const wrong = inputs.map((row, index) => (
      shares[index]! / (1 + Math.exp(Math.max(-50, Math.min(50, signs[index]! * product(row, weights)))))
    ));
    const slope = weights.map((weight, index) => HOLD * (weight - start[index]!));
    inputs.forEach((row, index) => {
      const part = signs[index]! * wrong[index]!;
      for (let at = 0; at < slope.length; at++) slope[at]! -= part * row[at]!;
    });
    const curve = scatter(inputs, wrong.map((value, index) => value * (1 - value / shares[index]!)));
    curve.forEach((row, index) => (row[index]! += HOLD));
    let step = solved(curve, slope);
    while (loss(less(weights, step)) > loss(weights) && longest(step) > 1e-4) step = step.map((value) => value / 2);
    weights = less(weights, step);
    if (longest(step) < 1e-3) break;
  }
  return weights.subarray(0, -1);
}

/** log(1 + exp(x)). */
function softplus(value: number): number {
  return Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
}

function longest(step: Vector): number {
  return step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** The largest margin but for the `SHARE` that may lie above it. */
function highestBut(margins: readonly number[]): number {
  return Float64Array.from(margins).sort().at(-1 - Math.floor(SHARE * margins.length))!;
}
