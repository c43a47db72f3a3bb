/**
 * From one rate to another, in chunks of any size: a low-pass filter of linear phase, a sinc in a Kaiser window, as
 * soxr designs it for its quality HQ. A model then hears what it hears in Python, and the same in every browser.
 *
 * The filter passes up to 0.9137 of half the lower rate and stops at half the lower rate by more than 120 dB. An output
 * sample stands where it does in time: the delay of the filter is taken out.
 */

const PASS = 0.9137;  // of half the lower rate
const ATTENUATION = 126;  // dB
const BETA = 0.1102 * (ATTENUATION - 8.7);  // of the Kaiser window, by Kaiser's formula

export class Resampler {
  private readonly up: number;  // the rates in lowest terms
  private readonly down: number;
  private readonly half: number;  // of the filter, in input samples
  private readonly cutoff: number;  // in cycles per input sample
  private readonly phases: (Float64Array | undefined)[] = [];  // made when they are first needed
  private input: Float32Array = new Float32Array(0);  // from `first` on: what outputs still need
  private first: number;  // position of its first sample; before the beginning there are zeros
  private received = 0;
  private given = 0;

  constructor(from: number, to: number) {
    const common = divisor(from, to), lower = Math.min(1, to / from);
    this.up = to / common;
    this.down = from / common;
    this.cutoff = (0.5 * lower * (1 + PASS)) / 2;
    // Kaiser's estimate of the length for this attenuation and width of the transition.
    this.half = Math.ceil((ATTENUATION - 7.95) / (2.285 * 2 * Math.PI * 0.5 * lower * (1 - PASS)) / 2);
    this.first = -this.half;
    this.input = new Float32Array(this.half);
  }

  /** The output samples that these samples complete. */
  push(samples: Float32Array): Float32Array<ArrayBuffer> {
    this.received += samples.length;
    if (this.up === this.down) {
      this.given += samples.length;
      return samples.slice() as Float32Array<ArrayBuffer>;
    }
    this.keep(samples);
    // Output n stands at input time n * down / up, and takes `half` samples behind it.
    return this.outputs(Math.floor(((this.received - this.half - 1) * this.up) / this.down) + 1);
  }

  /** The last ones, when there is no more: as many in all as the duration is long. */
  flush(): Float32Array<ArrayBuffer> {
    if (this.up === this.down) return new Float32Array(0);
    this.keep(new Float32Array(this.half + 1));
    return this.outputs(Math.round((this.received * this.up) / this.down));
  }

  private keep(samples: Float32Array): void {
    const needed = Math.max(0, Math.floor((this.given * this.down) / this.up) - this.half + 1 - this.first);
    const rest = this.input.subarray(Math.min(needed, this.input.length));
    this.first += this.input.length - rest.length;
    this.input = new Float32Array(rest.length + samples.length);
    this.input.set(rest);
    this.input.set(samples, rest.length);
  }

  /** Up to the output sample `end`. */
  private outputs(end: number): Float32Array<ArrayBuffer> {
    const outputs = new Float32Array(Math.max(0, end - this.given));
    for (let index = 0; index < outputs.length; index++, this.given++) {
      const place = this.given * this.down, whole = Math.floor(place / this.up), weights = this.phase(place % this.up);
      const start = whole - this.half + 1 - this.first;
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * this.input[start + tap]!;
      outputs[index] = sum;
    }
    return outputs;
  }

  /** The weights of the input samples around an output that stands `phase` parts of `up` behind one of them. */
  private phase(phase: number): Float64Array {
    return this.phases[phase] ??= this.designed(phase / this.up);
  }

  private designed(behind: number): Float64Array {
    const weights = Float64Array.from({length: 2 * this.half}, (_, tap) => {
      const distance = tap - this.half + 1 - behind, within = distance / this.half;
      if (Math.abs(within) > 1) return 0;
      return sinc(2 * this.cutoff * distance) * bessel(BETA * Math.sqrt(1 - within * within));
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);  // a constant stays what it is
    return weights.map((weight) => weight / sum);
  }
}

/** A whole recording at another rate. */
export function resample(samples: Float32Array, from: number, to: number): Float32Array<ArrayBuffer> {
  const resampler = new Resampler(from, to), parts = [resampler.push(samples), resampler.flush()];
  return joined(parts);
}

export function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((sum, {length}) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function divisor(one: number, other: number): number {
  return other ? divisor(other, one % other) : one;
}

function sinc(value: number): number {
  return value ? Math.sin(Math.PI * value) / (Math.PI * value) : 1;
}

/** The modified Bessel function of the first kind and order 0, by its series. */
function bessel(value: number): number {
  let term = 1, sum = 1;
  for (let order = 1; term > 1e-17 * sum; order++) {
    term *= (value / (2 * order)) ** 2;
    sum += term;
  }
  return sum;
}
