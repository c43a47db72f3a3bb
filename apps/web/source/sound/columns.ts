/** The spectrogram of a recording of any length, and its attention along time. */
import {type Answer, meanOfHeads} from './answer.js';
import type {FrontEnd} from './front_end.js';
import {LogMel} from './log_mel.js';

const LIMIT = 1600;  // columns: about one per pixel
const PART = 200;  // frames between two pauses

/** Columns of several numbers, row by row; the first begins `begin` seconds after the recording, each lasts `step`. */
export interface Columns {
  values: Float32Array<ArrayBuffer>;
  count: number;
  begin: number;
  step: number;
}

/** Log-mel in at most `LIMIT` columns, each the mean of its frames. */
export async function columnsOf(
  samples: Float32Array, frontEnd: FrontEnd, told: (share: number) => Promise<void>,
): Promise<Columns> {
  const {bands, hop, window, rate} = frontEnd, logMel = new LogMel(frontEnd);
  const frames = 1 + Math.floor((Math.max(samples.length, window) - window) / hop), count = Math.min(frames, LIMIT);
  const values = new Float32Array(count * bands), members = new Float32Array(count);
  let frame = 0;
  const add = (rows: Float32Array): void => {
    for (let start = 0; start < rows.length; start += bands, frame++) {
      const column = Math.floor((frame * count) / frames);
      members[column]!++;
      for (let band = 0; band < bands; band++) values[column * bands + band]! += rows[start + band]!;
    }
  };
  const part = PART * hop, short = Math.max(0, window - samples.length);
  for (let begin = 0; begin < samples.length; begin += part) {
    add(logMel.push(samples.subarray(begin, begin + part)));
    await told((begin + part) / samples.length);
  }
  if (short) add(logMel.push(new Float32Array(short)));
  for (let index = 0; index < values.length; index++) values[index]! /= members[Math.floor(index / bands)]! || 1;
  return {values, count, begin: (0.5 * (window - hop)) / rate, step: (frames * hop) / rate / count};
}

/**
 * Attention along time: the mean of the heads, averaged over the windows that cover each step. A step is as long as the
 * model's attention frame; `length` of a window and `duration` of the recording in seconds.
 */
export function averagedAttention(
  answers: readonly Answer[], frames: number, length: number, duration: number,
): Float32Array {
  const step = length / frames, steps = Math.max(1, Math.round(duration / step));
  const total = new Float32Array(steps), count = new Float32Array(steps);
  for (const {start, attention} of answers) {
    const mean = meanOfHeads(attention, frames), first = Math.round(start / step);
    for (let at = Math.max(0, first); at < Math.min(steps, first + frames); at++) {
      total[at]! += mean[at - first]!;
      count[at]!++;
    }
  }
  return total.map((sum, at) => sum / Math.max(1, count[at]!));
}
