/** The log-mel front end for pictures: the numbers of `speech_commands/log_mel.py`. */
import {Fourier} from './fourier.js';
import type {FrontEnd} from './front_end.js';

const FLOOR = 1e-6;  // added before the logarithm: digital silence becomes -13.8 instead of minus infinity

function mel(hertz: number): number {
  return 1127 * Math.log1p(hertz / 700);
}

/** Triangular filters: for each band its first bin, and its weights from there on. */
function filters({fft, rate, low, high, bands}: FrontEnd): {first: number; weights: Float32Array}[] {
  const bins = Math.floor(fft / 2) + 1, step = (mel(high) - mel(low)) / (bands + 1);
  return Array.from({length: bands}, (_, band) => {
    const left = mel(low) + band * step, centre = left + step, right = centre + step;
    const row = Array.from({length: bins}, (_, bin) => {
      const place = mel((bin * rate) / fft);
      return bin ? Math.max(0, Math.min((place - left) / step, (right - place) / step)) : 0;
    });
    const first = Math.max(0, row.findIndex((weight) => weight > 0));
    return {first, weights: Float32Array.from(row.slice(first, row.findLastIndex((weight) => weight > 0) + 1))};
  });
}

/** Columns of log-mel out of a stream of samples in chunks of any size: frame `i` begins at `i * hop`. */
export class LogMel {
  private readonly fourier: Fourier;
  private readonly hann: Float64Array;
  private readonly bands: {first: number; weights: Float32Array}[];
  private rest: Float32Array = new Float32Array(0);  // of which frames are still to come

  constructor(private readonly frontEnd: FrontEnd) {
    const {window, fft} = frontEnd;
    this.fourier = new Fourier(fft);
    this.hann = Float64Array.from({length: window}, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / window));
    this.bands = filters(frontEnd);
  }

  /** The frames that these samples complete, `(frames, bands)` row by row. */
  push(samples: Float32Array): Float32Array<ArrayBuffer> {
    const {window, hop, bands} = this.frontEnd;
    const all = new Float32Array(this.rest.length + samples.length);
    all.set(this.rest);
    all.set(samples, this.rest.length);
    const frames = all.length < window ? 0 : 1 + Math.floor((all.length - window) / hop);
    const columns = new Float32Array(frames * bands);
    for (let frame = 0; frame < frames; frame++) {
      columns.set(this.column(all.subarray(frame * hop, frame * hop + window)), frame * bands);
    }
    this.rest = all.slice(frames * hop);
    return columns;
  }

  private column(samples: Float32Array): Float64Array {
    const windowed = new Float64Array(this.frontEnd.fft);
    for (let index = 0; index < samples.length; index++) windowed[index] = samples[index]! * this.hann[index]!;
    const magnitudes = this.fourier.magnitudes(windowed);
    return Float64Array.from(this.bands, ({first, weights}) => {
      let sum = 0;
      for (let index = 0; index < weights.length; index++) sum += magnitudes[first + index]! * weights[index]!;
      return Math.log(sum + FLOOR);
    });
  }
}
