/** A live stream: from the microphone's samples to events, newest answers and columns of the spectrogram. */
import type {Answer} from './answer.js';
import type {SoundEvent} from './events.js';
import {Listener} from './listener.js';
import {LogMel} from './log_mel.js';
import {Resampler} from './resample.js';
import type {Vocabulary} from './vocabulary.js';

export interface LiveAnswer {
  labels: readonly string[];
  events: SoundEvent[];  // that these samples have completed
  answers: Answer[];  // to the windows that they have completed
  columns: Float32Array;  // new columns of log-mel, (columns, bands)
  heard: number;  // seconds of the stream
}

export class Live {
  private readonly resampler: Resampler;
  private readonly listener: Listener;
  private readonly logMel: LogMel;
  private heard = 0;  // samples at the model's rate

  constructor(private readonly model: Vocabulary, rate: number, threshold: number) {
    const {frontEnd} = model.speech;
    this.resampler = new Resampler(rate, frontEnd.rate);
    this.listener = new Listener(model, threshold);
    this.logMel = new LogMel(frontEnd);
  }

  set threshold(threshold: number) {
    this.listener.threshold = threshold;
  }

  feed(samples: Float32Array): Promise<LiveAnswer> {
    return this.hear(this.resampler.push(samples), false);
  }

  flush(): Promise<LiveAnswer> {
    return this.hear(this.resampler.flush(), true);
  }

  private async hear(samples: Float32Array, ended: boolean): Promise<LiveAnswer> {
    this.heard += samples.length;
    const {events, answers} = await this.listener.feed(samples), columns = this.logMel.push(samples);
    if (ended) {
      const last = await this.listener.flush();
      events.push(...last.events);
      answers.push(...last.answers);
    }
    const {labels, speech} = this.model;
    return {labels, events, answers, columns, heard: this.heard / speech.frontEnd.rate};
  }
}
