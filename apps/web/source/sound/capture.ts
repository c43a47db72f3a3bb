/** The audio worklet that hands the samples of the microphone to the page. */
declare const registerProcessor: any, AudioWorkletProcessor: any;

registerProcessor('capture', class extends AudioWorkletProcessor {
  process(inputs: Float32Array[][]): boolean {
    const samples = inputs[0]?.[0];
    if (samples) this.port.postMessage(samples.slice());
    return true;
  }
});
