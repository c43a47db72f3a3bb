/**
 * From a stream of sound in chunks of any size to what a model answers to its windows.
 *
 * The two ways give the same answers. `Windows` asks for every window anew, whatever the model; `Stream` is for models
 * with the signature `stream`, which takes the newest samples and the state that the samples before have left, and so
 * hears every sample once.
 */
import {check} from '../engine/model_file.js';
import {type Signature, sizeOf, type Values} from '../engine/tensors.js';
import {RingBuffer} from './events.js';

export interface Heard {
  middle: number;  // position of the window's middle in the stream, in samples
  probabilities: Float32Array<ArrayBuffer>;
  attention: Float32Array<ArrayBuffer>;
}

export type Asking = (window: Float32Array<ArrayBuffer>) => Promise<Omit<Heard, 'middle'>>;
export type Running = (signature: string, inputs: Values) => Promise<Values>;

export interface Hearing {
  /** The answers to the windows that these samples complete; the first window has its middle where they begin. */
  push(samples: Float32Array): AsyncGenerator<Heard>;
}

/** What the signature `stream` takes: `chunk` samples, and a state of so many numbers by name. */
export interface StreamSpecs {
  chunk: number;
  state: Record<string, number>;
}

/** Those of a file, undefined where it has no `stream`. Throws `RangeError` where that is another one. */
export function streamSpecs(signatures: Record<string, Signature>): StreamSpecs | undefined {
  const stream = signatures['stream'], classify = signatures['classify'];
  if (!stream || !classify) return undefined;
  const {samples, ...state} = stream.inputs;
  check(samples !== undefined && samples.shape.length === 2 && samples.shape[0] === 1 && samples.kind === 'float32');
  const given = [...Object.keys(state), ...classify.outputs].sort(), specs = Object.entries(state);
  check(given.join(' ') === [...stream.outputs].sort().join(' ') && specs.every(([, {kind}]) => kind === 'float32'));
  return {chunk: samples.shape[1]!, state: Object.fromEntries(specs.map(([name, {shape}]) => [name, sizeOf(shape)]))};
}

/** Every window of `samples`, a hop apart, by `classify`. */
export class Windows implements Hearing {
  private readonly buffer: RingBuffer;

  constructor(private readonly classify: Asking, samples: number, hop: number) {
    this.buffer = new RingBuffer(samples, hop);
  }

  async *push(samples: Float32Array): AsyncGenerator<Heard> {
    for (const [middle, window] of this.buffer.push(samples)) yield {middle, ...await this.classify(window)};
  }
}

/**
 * The same windows, by `stream`; the hop is of whole chunks.
 *
 * The state begins with zeros, which mean nothing, so the stream begins with as much silence as there is before the
 * middle of the first window, and as makes that window end with a chunk: then nothing is left of them.
 */
export class Stream implements Hearing {
  private readonly after: number;  // from the middle of a window on
  private readonly chunk: Float32Array<ArrayBuffer>;
  private lead: number;  // silence that has not been heard yet
  private state: Values;
  private filled = 0;
  private position: number;  // of the end of the last whole chunk, in samples from the beginning of the stream

  constructor(private readonly run: Running, specs: StreamSpecs, samples: number, private readonly hop: number) {
    const before = Math.floor(samples / 2), over = samples % specs.chunk;
    this.after = samples - before;
    this.lead = before + (over ? specs.chunk - over : 0);
    this.position = -this.lead;
    this.state = Object.fromEntries(Object.entries(specs.state).map(([name, size]) => [name, new Float32Array(size)]));
    this.chunk = new Float32Array(specs.chunk);
  }

  async *push(samples: Float32Array): AsyncGenerator<Heard> {
    if (this.lead) {
      const silence = new Float32Array(this.lead);
      this.lead = 0;
      yield* this.push(silence);
    }
    for (let room; samples.length >= (room = this.chunk.length - this.filled); ) {
      this.chunk.set(samples.subarray(0, room), this.filled);
      [samples, this.filled] = [samples.subarray(room), 0];
      this.position += this.chunk.length;
      const answer = await this.run('stream', {samples: this.chunk, ...this.state});
      this.state = Object.fromEntries(Object.keys(this.state).map((name) => [name, answer[name]!]));
      const middle = this.position - this.after;
      if (middle >= 0 && middle % this.hop === 0) {
        const {probabilities, attention} = answer as Record<string, Float32Array<ArrayBuffer>>;
        yield {middle, probabilities: probabilities!, attention: attention!};
      }
    }
    this.chunk.set(samples, this.filled);
    this.filled += samples.length;
  }
}
