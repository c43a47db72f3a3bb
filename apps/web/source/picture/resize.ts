/**
 * Pictures as the square that a model takes, byte for byte as `heedful.apps.images.resized` makes it with Pillow:
 * bilinear with antialiasing, in whole numbers, one direction after the other; then transparency on white.
 * The order of the two is that of Pillow 13: older ones always go across first, and differ by a level here and there.
 */
import {TRIANGLE, type Weights, weightsOf} from './filter_weights.js';

export interface Pixels {
  pixels: Uint8Array;  // red, green, blue and opacity, row by row
  width: number;
  height: number;
}

const PRECISION = 22, HALF = 1 << (PRECISION - 1);  // bits behind the point of a weight
const CHANNELS = 4;

/** Red, green and blue of `size` x `size`, the whole picture made to fit. Throws `RangeError` for what is no picture. */
export function resized({pixels, width, height}: Pixels, size: number): Uint8Array<ArrayBuffer> {
  if (!(width > 0 && height > 0) || pixels.length !== CHANNELS * width * height) throw new RangeError('no picture');
  if (width === size && height === size) return onWhite(pixels);
  const clear = !opaque(pixels);
  let values = clear ? multiplied(pixels) : pixels;
  if (height > size && height - size > 2 * (width - size)) {  // much is lost on the way down: that first
    values = across(down(values, width, height, size), width, size, size);
  } else {
    values = down(across(values, width, height, size), size, height, size);
  }
  return onWhite(clear ? divided(values) : values);
}

/** The weights as whole numbers of 2 ** -22; none is negative. */
function wholeWeights(before: number, after: number): Omit<Weights, 'weights'> & {weights: Int32Array} {
  const {weights, ...rest} = weightsOf(TRIANGLE, before, after);
  return {...rest, weights: Int32Array.from(weights, (weight) => Math.trunc(0.5 + weight * (1 << PRECISION)))};
}

/** `(height, width)` to `(height, size)`. */
function across(values: Uint8Array, width: number, height: number, size: number): Uint8Array {
  if (width === size) return values;
  const {first, counts, weights, most} = wholeWeights(width, size);
  const result = new Uint8Array(CHANNELS * height * size);
  for (let row = 0, to = 0; row < height; row++) {
    for (let at = 0; at < size; at++, to += CHANNELS) {
      let from = CHANNELS * (row * width + first[at]!), tap = at * most, a = HALF, b = HALF, c = HALF, d = HALF;
      for (const end = tap + counts[at]!; tap < end; tap++, from += CHANNELS) {
        const weight = weights[tap]!;
        a += values[from]! * weight;
        b += values[from + 1]! * weight;
        c += values[from + 2]! * weight;
        d += values[from + 3]! * weight;
      }
      result[to] = clipped(a);
      result[to + 1] = clipped(b);
      result[to + 2] = clipped(c);
      result[to + 3] = clipped(d);
    }
  }
  return result;
}

/** `(height, width)` to `(size, width)`. */
function down(values: Uint8Array, width: number, height: number, size: number): Uint8Array {
  if (height === size) return values;
  const {first, counts, weights, most} = wholeWeights(height, size);
  const line = CHANNELS * width, result = new Uint8Array(line * size), sums = new Int32Array(line);
  for (let row = 0; row < size; row++) {
    sums.fill(HALF);
    for (let tap = 0; tap < counts[row]!; tap++) {
      const weight = weights[row * most + tap]!, from = line * (first[row]! + tap);
      for (let at = 0; at < line; at++) sums[at]! += values[from + at]! * weight;
    }
    for (let at = 0; at < line; at++) result[line * row + at] = clipped(sums[at]!);
  }
  return result;
}

/** A sum as a byte. No weight is negative, so that only what rounding adds can be too much. */
function clipped(sum: number): number {
  return Math.min(255, sum >> PRECISION);
}

function opaque(pixels: Uint8Array): boolean {
  for (let at = 3; at < pixels.length; at += CHANNELS) if (pixels[at] !== 255) return false;
  return true;
}

/** Colours times opacity, so that those of what is not to be seen do not bleed into their neighbours. */
function multiplied(pixels: Uint8Array): Uint8Array {
  const result = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += CHANNELS) {
    const alpha = pixels[at + 3]!;
    for (let channel = at; channel < at + 3; channel++) {
      const product = pixels[channel]! * alpha + 128;
      result[channel] = (product + (product >> 8)) >> 8;
    }
    result[at + 3] = alpha;
  }
  return result;
}

function divided(pixels: Uint8Array): Uint8Array {
  const result = Uint8Array.from(pixels);
  for (let at = 0; at < pixels.length; at += CHANNELS) {
    const alpha = pixels[at + 3]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) {
      result[channel] = Math.min(255, Math.trunc((255 * pixels[channel]!) / alpha));
    }
  }
  return result;
}

/** The three colours over white, in the whole numbers of Pillow's `alpha_composite`. */
function onWhite(pixels: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(3 * pixels.length / CHANNELS);
  for (let from = 0, to = 0; from < pixels.length; from += CHANNELS, to += 3) {
    const share = pixels[from + 3]! * 128, white = 255 * (255 * 128 - share);
    for (let channel = 0; channel < 3; channel++) {
      const sum = pixels[from + channel]! * share + white + (128 << 7);
      result[to + channel] = ((sum >> 8) + sum) >> 8 >> 7;
    }
  }
  return result;
}
