/** The last seconds of a live stream, for its picture. */

/** Rows of `width` numbers by their place in the stream; only the last `capacity` are kept. */
export class Rolling {
  readonly values: Float32Array<ArrayBuffer>;
  first = 0;  // place of the first row that is kept
  count = 0;

  constructor(readonly width: number, private readonly capacity: number) {
    this.values = new Float32Array(width * capacity);
  }

  get end(): number {
    return this.first + this.count;
  }

  push(rows: Float32Array): void {
    for (let at = 0; at < rows.length; at += this.width) this.row(this.end).set(rows.subarray(at, at + this.width));
  }

  /** Makes rows up to a place, with zeros; gives that row, or one that is thrown away where it is no longer kept. */
  row(place: number): Float32Array {
    if (place < this.first) return new Float32Array(this.width);
    const over = place + 1 - this.first - this.capacity;
    if (over > 0) {
      const dropped = Math.min(over, this.count) * this.width;
      this.values.copyWithin(0, dropped, this.count * this.width);
      this.first += over;
      this.count = Math.max(0, this.count - over);
    }
    const rows = place + 1 - this.first;
    if (rows > this.count) {
      this.values.fill(0, this.count * this.width, rows * this.width);
      this.count = rows;
    }
    return this.values.subarray((rows - 1) * this.width, rows * this.width);
  }

  clear(): void {
    this.first = this.count = 0;
  }
}

/** Least and greatest sample of each `step` samples, out of chunks of any size. */
export class Envelope {
  readonly rows: Rolling;
  private place = 0;  // of the row that is being made, of so many samples
  private held = 0;
  private low = 0;
  private high = 0;

  constructor(readonly step: number, capacity: number) {
    this.rows = new Rolling(2, capacity);
  }

  push(samples: Float32Array): void {
    for (let at = 0; at < samples.length; at++) {
      const sample = samples[at]!;
      if (!this.held || sample < this.low) this.low = sample;
      if (!this.held || sample > this.high) this.high = sample;
      if (++this.held === this.step) this.put();
    }
    if (this.held) this.put(false);
  }

  private put(whole = true): void {
    this.rows.row(this.place).set([this.low, this.high]);
    if (!whole) return;
    this.place++;
    this.held = 0;
  }
}

/** The envelope of a whole recording in so many columns. */
export function envelopeOf(
  samples: Float32Array, columns: number,
): {values: Float32Array<ArrayBuffer>; count: number; step: number} {
  const step = Math.max(1, Math.ceil(samples.length / columns)), envelope = new Envelope(step, columns + 1);
  envelope.push(samples);
  return {values: envelope.rows.values, count: envelope.rows.count, step};
}
