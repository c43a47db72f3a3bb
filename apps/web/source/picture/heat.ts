/** A picture in grey with a map of attention over it, as `heedful.apps.image_captioning.pictures.heat` draws it. */
import {CUBIC, weightsOf} from './filter_weights.js';
import type {Pixels} from './resize.js';

export const EVEN = 3;  // times the even share: a map whose peak is lower is not stretched to full colour, it says little
const STRENGTH = 0.85;  // of colour at the peak: the picture stays to be seen
const PALE = 0.35;  // of white in the grey picture: the colour stands out on it, dark as the picture may be

/** How bright each pixel of a picture is in the pale grey under a map. */
export function paleGrey({pixels, width, height}: Pixels): Float32Array {
  const grey = new Float32Array(width * height);
  for (let at = 0; at < grey.length; at++) {
    const bright = 0.299 * pixels[4 * at]! + 0.587 * pixels[4 * at + 1]! + 0.114 * pixels[4 * at + 2]!;
    grey[at] = 255 * PALE + (1 - PALE) * bright;
  }
  return grey;
}

/**
 * How much of each pixel `(height, width)` is colour and no longer the grey picture, from 0 to 1. Every map has its own
 * scale, which ends at its peak.
 */
export function shares(
  attention: Float32Array, [rows, columns]: readonly [number, number], height: number, width: number,
): Float32Array {
  const smooth = enlarged(attention, rows, columns, height, width);
  const limit = Math.max(smooth.reduce((most, value) => Math.max(most, value), 0), EVEN / attention.length);
  return smooth.map((value) => STRENGTH * Math.min(1, Math.max(0, value / limit)));
}

/** `(rows, columns)` to `(height, width)`, cubic between the cells, which may swing beyond their values. */
export function enlarged(cells: Float32Array, rows: number, columns: number, height: number, width: number): Float32Array {
  const along = weightsOf(CUBIC, columns, width), lines = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < width; at++) {
      let sum = 0;
      for (let tap = 0; tap < along.counts[at]!; tap++) {
        sum += cells[row * columns + along.first[at]! + tap]! * along.weights[at * along.most + tap]!;
      }
      lines[row * width + at] = sum;
    }
  }
  const down = weightsOf(CUBIC, rows, height), result = new Float32Array(height * width);
  for (let row = 0; row < height; row++) {
    for (let tap = 0; tap < down.counts[row]!; tap++) {
      const from = width * (down.first[row]! + tap), weight = down.weights[row * down.most + tap]!;
      for (let at = 0; at < width; at++) result[row * width + at]! += lines[from + at]! * weight;
    }
  }
  return result;
}
