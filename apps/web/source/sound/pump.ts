/** Live samples on their way to the worker: one chunk at a time, and what comes meanwhile is joined to the next. */
import {joined} from './resample.js';

export class Pump {
  private waiting: Float32Array[] = [];
  private held = 0;
  private busy: Promise<void> | undefined;

  /**
   * `send` resolves when a chunk has been heard. No chunk is smaller than `least` samples; beyond `most` that wait the
   * sound is not kept, and `lost` hears how much of it was left out.
   */
  constructor(
    private readonly send: (samples: Float32Array) => Promise<void>, private readonly least: number,
    private readonly most: number, private readonly lost: (samples: number) => void,
  ) {}

  push(samples: Float32Array): void {
    this.waiting.push(samples);
    this.held += samples.length;
    if (this.held > this.most) {
      this.lost(this.held);
      this.clear();
    }
    this.go();
  }

  /** Resolves when all that came in is heard, but for less than the least chunk. */
  async idle(): Promise<void> {
    while (this.busy) await this.busy;
  }

  clear(): void {
    this.waiting = [];
    this.held = 0;
  }

  private go(): void {
    if (this.busy || this.held < this.least) return;
    const samples = joined(this.waiting);
    this.clear();
    this.busy = this.send(samples).finally(() => {
      this.busy = undefined;
      this.go();
    });
    this.busy.catch(() => {});  // `send` tells its errors itself
  }
}
