/** A speech model: its labels, its front end, and the detection that was chosen for it when it was exported. */
import {InputError} from '../engine/errors.js';
import {check, fitting, type ModelFile} from '../engine/model_file.js';
import type {Values} from '../engine/tensors.js';
import type {Answer} from './answer.js';
import {type Detection, detectionOf} from './events.js';
import {type FrontEnd, frontEndOf} from './front_end.js';
import {type StreamSpecs, streamSpecs} from './hearing.js';

export class SpeechModel {
  readonly labels: readonly string[];
  readonly frontEnd: FrontEnd;
  readonly detection: Detection;
  readonly frames: number;  // of the attention, in a window
  readonly stream: StreamSpecs | undefined;  // what the signature of that name takes

  /** Throws `InputError` when the card does not fit the graph. */
  constructor(readonly file: ModelFile) {
    const read = fitting(file, () => {
      const {labels} = file.facts;
      check(Array.isArray(labels));
      const frontEnd = frontEndOf(file.facts['front_end'] ?? null);
      const input = file.signatures['classify']?.inputs['waveform'];
      check(input !== undefined && input.kind === 'float32' && input.shape.join() === `1,${frontEnd.samples}`);
      const {probabilities, attention} = file.outputs('classify');
      check(probabilities?.shape.join() === `1,${labels.length}` && attention?.shape.length === 3);
      return {
        labels: labels.map(String), frontEnd, detection: detectionOf(file.card), frames: attention.shape[2]!,
        stream: streamSpecs(file.signatures),
      };
    });
    [this.labels, this.frontEnd, this.detection] = [read.labels, read.frontEnd, read.detection];
    [this.frames, this.stream] = [read.frames, read.stream];
  }

  /** The digest of the graph, by which words that were learnt for it are kept. */
  get digest(): string {
    return this.file.text('model.sha256').trim().split(' ')[0]!;
  }

  async classify(window: Float32Array<ArrayBuffer>): Promise<Omit<Answer, 'start'>> {
    const {probabilities, attention} = await this.run('classify', {waveform: window});
    return {probabilities: probabilities!, attention: attention!};
  }

  async embed(window: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>> {
    const {embedding} = await this.run('embed', {waveform: window});
    if (!embedding) throw new InputError(`${this.file.name} gives no embedding: train the model anew.`);
    return embedding;
  }

  readonly run = async (signature: string, inputs: Values): Promise<Record<string, Float32Array<ArrayBuffer>>> => (
    await this.file.run(signature, inputs) as Record<string, Float32Array<ArrayBuffer>>
  );
}
