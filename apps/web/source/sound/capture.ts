/** The audio worklet that hands the samples of the microphone to the page, about 20 ms at a time. */
declare const registerProcessor: any, AudioWorkletProcessor: any;

const SIZE = 1024;

registerProcessor('capture', class extends AudioWorkletProcessor {
  private block = new Float32Array(SIZE);
  private filled = 0;

  process(inputs: Float32Array[][]): boolean {
    const samples = inputs[0]?.[0];
    if (!samples) return true;
    this.block.set(samples, this.filled);
    this.filled += samples.length;
    if (this.filled + samples.length > SIZE) {
      const block = this.block.slice(0, this.filled);
      (this as any).port.postMessage(block, [block.buffer]);
      this.filled = 0;
    }
    return true;
  }
});
