/** What a speech model says to one window of sound. */

/** Of one window that begins `start` seconds after the recording does; negative where silence was put before. */
export interface Answer {
  start: number;
  probabilities: Float32Array<ArrayBuffer>;  // (labels,)
  attention: Float32Array<ArrayBuffer>;  // (heads, frames), row by row; each head sums to 1 over the window
}

/** The mean of the heads, `(frames,)`. */
export function meanOfHeads(attention: Float32Array, frames: number): Float32Array<ArrayBuffer> {
  const heads = attention.length / frames, mean = new Float32Array(frames);
  for (let index = 0; index < attention.length; index++) mean[index % frames]! += attention[index]!;
  return mean.map((sum) => sum / heads);
}

/**
 * Where in its window a model looked: in windows from the middle. It places a word better than the window does, and
 * says nothing (0) when the attention is even.
 */
export function looked(attention: Float32Array, frames: number): number {
  const mean = meanOfHeads(attention, frames);
  let weighted = 0, sum = 0;
  for (let frame = 0; frame < frames; frame++) {
    weighted += mean[frame]! * (frame + 0.5);
    sum += mean[frame]!;
  }
  return weighted / Math.max(sum, 1e-9) / frames - 0.5;
}
