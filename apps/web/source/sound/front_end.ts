/** How a waveform becomes log-mel features: `rate`, `low`, `high` in Hz; the other lengths in samples. */
import {check} from '../engine/model_file.js';

export interface FrontEnd {
  rate: number;
  samples: number;  // of the model's window
  window: number;
  hop: number;
  fft: number;
  bands: number;
  low: number;
  high: number;
}

const FASTEST = 192_000, LONGEST = 65_536;  // samples in a second, points of a transform: more is damage

const DEFAULT: FrontEnd = {
  rate: 16000, samples: 16000, window: 480, hop: 160, fft: 512, bands: 40, low: 20, high: 7600,
};

/** Of the facts on a card. Throws `RangeError` for one that cannot be. */
export function frontEndOf(given: unknown): FrontEnd {
  check(typeof given === 'object' && given !== null);
  check(Object.entries(given).every(([name, value]) => Object.hasOwn(DEFAULT, name) && Number.isFinite(value)));
  const found: FrontEnd = {...DEFAULT, ...given};
  const {rate, samples, window, hop, fft, bands, low, high} = found;
  check([rate, samples, window, hop, fft, bands].every((value) => Number.isInteger(value)));
  check(0 < hop && hop <= window && window <= Math.min(fft, samples));
  check(rate <= FASTEST && fft <= LONGEST && bands <= fft);
  check(bands >= 1 && 0 <= low && low < high && high <= rate / 2);
  return found;
}
