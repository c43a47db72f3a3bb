/** Speech: clips, recordings, a live stream, and words that are learnt. */
import type {App, Asked} from '../engine/app.js';
import {Cancelled, InputError, reason} from '../engine/errors.js';
import type {ModelFile} from '../engine/model_file.js';
import type {Answer} from './answer.js';
import {type Columns, columnsOf} from './columns.js';
import {enrol, type Enrolled, forget} from './enrolment.js';
import type {Detection, SoundEvent} from './events.js';
import type {FrontEnd} from './front_end.js';
import {foreignOf} from './foreign.js';
import {eventsOf} from './listener.js';
import {Live, type LiveAnswer} from './live.js';
import {classify, hear, type Heard} from './recordings.js';
import {resample} from './resample.js';
import {SpeechModel} from './speech_model.js';
import {envelopeOf} from './trace.js';
import {type LearntWord, Vocabulary} from './vocabulary.js';
import {checkedSamples, readWav, type Wave} from './wav.js';

export type SpeechInput =
  | {do: 'clip'; samples: Float32Array; rate?: number}  // `rate` by default the model's
  | {do: 'recording'; samples: Float32Array; rate?: number; name?: string}
  | {do: 'listen'; samples: Float32Array; rate?: number}  // the next chunk of a live stream
  | {do: 'reset'}  // ends the live stream: its last events come back
  | {do: 'threshold'; threshold: number}  // from now on; the events of the last recording by it come back
  | {do: 'enrol'; word: string; takes: Float32Array[]; rate?: number}
  | {do: 'forget'; word: string}
  | {do: 'learnt'; words: LearntWord[]}  // puts in place what was learnt before
  | {do: 'wav'; content: ArrayBuffer; name: string};  // the samples of a WAV file

interface Sound {
  samples: Float32Array;
  rate?: number | undefined;
}

export interface SpeechAbout {
  labels: readonly string[];
  frontEnd: FrontEnd;
  detection: Detection;
  frames: number;  // of the attention in a window
  digest: string;
  cannotLearn: string | null;  // why, in a sentence
}

export interface ClipAnswer extends Answer {
  labels: readonly string[];
}

export interface RecordingAnswer {
  labels: readonly string[];
  duration: number;  // seconds
  events: SoundEvent[] | null;  // null for a clip of up to 1.25 windows
  answers: Answer[];
  envelope: Columns;  // least and greatest sample, (count, 2)
  columns: Columns;  // log-mel, (count, bands)
}

export interface Learnt {
  labels: readonly string[];
  words: readonly LearntWord[];
  enrolled?: Enrolled;
}

const ENVELOPE = 1600;  // columns
const PAUSE = 40;  // milliseconds of work after which a message can come in

class Speech implements App {
  readonly about: SpeechAbout;
  private readonly words: Vocabulary;
  private live: Live | undefined;
  private threshold: number;
  private last: Heard | undefined;  // recording, to find its events by another threshold

  constructor(private readonly model: SpeechModel) {
    const {labels, frontEnd, detection, frames, digest} = model;
    this.words = new Vocabulary(model);
    this.threshold = detection.threshold;
    this.about = {labels, frontEnd, detection, frames, digest, cannotLearn: this.cannotLearn()};
  }

  async ask(input: SpeechInput, asked: Asked): Promise<unknown> {
    switch (input.do) {
      case 'clip': return this.clip(this.atRate(input));
      case 'recording': return this.recording(this.checked(input), asked);
      case 'listen': return this.listen(input);
      case 'reset': return this.reset();
      case 'threshold': return this.choose(input.threshold);
      case 'enrol': return this.enrol(input);
      case 'forget': return this.change(() => forget(this.words, input.word));
      case 'learnt': return this.change(() => this.words.put(input.words));
      case 'wav': return readWav(new Uint8Array(input.content), input.name) satisfies Wave | null;
    }
  }

  private atRate({samples, rate}: Sound): Float32Array {
    return rate === undefined ? samples : resample(samples, rate, this.model.frontEnd.rate);
  }

  private checked(input: {samples: Float32Array; rate?: number; name?: string}): Float32Array {
    const {samples, rate = this.model.frontEnd.rate, name = 'The recording'} = input;
    return this.atRate({samples: checkedSamples(name, samples, rate), rate});
  }

  private async clip(samples: Float32Array): Promise<ClipAnswer> {
    return {labels: this.words.labels, ...await classify(this.words, samples)};
  }

  private async recording(samples: Float32Array, asked: Asked): Promise<RecordingAnswer> {
    let paused = performance.now();
    const told = async (share: number): Promise<void> => {
      if (performance.now() - paused < PAUSE) return;
      await new Promise((ready) => setTimeout(ready));
      if (asked.stopped()) throw new Cancelled('stopped');
      asked.part(share);
      paused = performance.now();
    };
    this.last = undefined;
    const heard = await hear(this.words, samples, this.threshold, (share) => told(0.9 * share));
    const columns = await columnsOf(samples, this.model.frontEnd, (share) => told(0.9 + 0.1 * share));
    this.last = heard;
    const {rate} = this.model.frontEnd, {step, ...envelope} = envelopeOf(samples, ENVELOPE);
    return {
      labels: this.words.labels, duration: samples.length / rate, events: heard.events, answers: heard.answers, columns,
      envelope: {...envelope, begin: 0, step: step / rate},
    };
  }

  private listen({samples, rate = this.model.frontEnd.rate}: Sound): Promise<LiveAnswer> {
    this.live ??= new Live(this.words, rate, this.threshold);
    return this.live.feed(samples);
  }

  private async reset(): Promise<LiveAnswer | null> {
    const live = this.live;
    this.live = undefined;
    return live ? live.flush() : null;
  }

  private choose(threshold: number): {events: SoundEvent[] | null} {
    if (!(threshold > 0 && threshold <= 1)) throw new InputError('A threshold lies above 0 and is at most 1.');
    this.threshold = threshold;
    if (this.live) this.live.threshold = threshold;
    const last = this.last;
    return {events: last?.events ? eventsOf(this.words, last.times, last.answers, threshold) : null};
  }

  private async enrol({word, takes, rate}: {word: string; takes: Float32Array[]; rate?: number}): Promise<Learnt> {
    const enrolled = await enrol(this.words, word, takes.map((samples) => this.atRate({samples, rate})));
    return {...this.change(() => {}), enrolled};
  }

  /** Other labels: a stream or a recording that was heard by the old ones is over. */
  private change(work: () => void): Learnt {
    work();
    this.live = this.last = undefined;
    return {labels: this.words.labels, words: this.words.learnt};
  }

  private cannotLearn(): string | null {
    try {
      foreignOf(this.model.file, this.words.rows[0]!.weights.length);
      return null;
    } catch (error) {
      if (error instanceof InputError) return reason(error);
      throw error;
    }
  }
}

export function speech(file: ModelFile): App {
  return new Speech(new SpeechModel(file));
}
