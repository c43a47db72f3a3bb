/** A picture in grey with a map of attention over it, as `heedful.apps.image_captioning.pictures.heat` draws it. */
import {CUBIC, weightsOf} from './filter_weights.js';
import type {Pixels} from './resize.js';

export const EVEN = 3;  // times the even share: a map whose peak is lower is not stretched to full colour, it says little
const STRENGTH = 0.85;  // of colour at the peak: the picture stays to be seen
const PALE = 0.35;  // of white in the grey picture: the colour stands out on it, dark as the picture may be

export type Colour = readonly [red: number, green: number, blue: number];

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
 * Writes into `drawn`, red, green, blue and opacity, the picture of `grey` with `attention` over it, which has its own
 * scale: full colour is its peak. Of the picture itself `plain` remains, from 0 to 1.
 */
export function heat(
  drawn: Uint8ClampedArray, picture: Pixels, grey: Float32Array, attention: Float32Array,
  [rows, columns]: readonly [number, number], colour: Colour, plain = 0,
): void {
  const {pixels, width, height} = picture, over = 1 - plain;
  const smooth = enlarged(attention, rows, columns, height, width);
  const limit = Math.max(smooth.reduce((most, value) => Math.max(most, value), 0), EVEN / attention.length);
  for (let at = 0, to = 0; at < smooth.length; at++, to += 4) {
    const share = STRENGTH * Math.min(1, Math.max(0, smooth[at]! / limit)), under = grey[at]! * (1 - share);
    for (let channel = 0; channel < 3; channel++) {
      drawn[to + channel] = over * (under + colour[channel]! * share) + plain * pixels[to + channel]!;
    }
    drawn[to + 3] = 255;
  }
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
