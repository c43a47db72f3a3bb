/** The discrete Fourier transform of real numbers, in double precision. */

export class Fourier {
  private readonly cosines: Float64Array;
  private readonly sines: Float64Array;
  private readonly order: Int32Array | undefined;  // of bits reversed; none where the size is no power of two

  constructor(private readonly size: number) {
    this.cosines = Float64Array.from({length: size}, (_, index) => Math.cos((2 * Math.PI * index) / size));
    this.sines = Float64Array.from({length: size}, (_, index) => -Math.sin((2 * Math.PI * index) / size));
    if (size > 1 && (size & (size - 1)) === 0) this.order = reversed(size);
  }

  /** The magnitudes of the bins from 0 to half the rate. */
  magnitudes(values: Float64Array): Float64Array {
    const [real, imaginary] = this.order ? this.fast(values, this.order) : this.plain(values);
    return Float64Array.from({length: (this.size >> 1) + 1}, (_, bin) => Math.hypot(real[bin]!, imaginary[bin]!));
  }

  /** By Cooley and Tukey (1965), in place, with the radix 2. */
  private fast(values: Float64Array, order: Int32Array): [Float64Array, Float64Array] {
    const {size, cosines, sines} = this, real = new Float64Array(size), imaginary = new Float64Array(size);
    for (let index = 0; index < size; index++) real[index] = values[order[index]!]!;
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let offset = 0; offset < half; offset++) {
          const one = start + offset, other = one + half, angle = offset * stride;
          const a = real[other]! * cosines[angle]! - imaginary[other]! * sines[angle]!;
          const b = real[other]! * sines[angle]! + imaginary[other]! * cosines[angle]!;
          real[other] = real[one]! - a;
          imaginary[other] = imaginary[one]! - b;
          real[one]! += a;
          imaginary[one]! += b;
        }
      }
    }
    return [real, imaginary];
  }

  /** By its definition, for any size. */
  private plain(values: Float64Array): [Float64Array, Float64Array] {
    const bins = (this.size >> 1) + 1, real = new Float64Array(bins), imaginary = new Float64Array(bins);
    for (let bin = 0; bin < bins; bin++) {
      for (let index = 0; index < this.size; index++) {
        const angle = (bin * index) % this.size;
        real[bin]! += values[index]! * this.cosines[angle]!;
        imaginary[bin]! += values[index]! * this.sines[angle]!;
      }
    }
    return [real, imaginary];
  }
}

function reversed(size: number): Int32Array {
  const order = new Int32Array(size);
  for (let index = 1; index < size; index++) order[index] = (order[index >> 1]! >> 1) | (index & 1 ? size >> 1 : 0);
  return order;
}
