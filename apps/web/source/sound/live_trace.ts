/** What a live picture shows: the sound as it comes in, and the model's answers as they follow. */
import {type Answer, meanOfHeads} from './answer.js';
import type {SoundEvent} from './events.js';
import type {LiveAnswer} from './live.js';
import type {SpeechAbout} from './speech.js';
import {Envelope, Rolling} from './trace.js';

export const SPAN = 6;  // seconds that are seen
const KEPT = SPAN + 2, STEP = 0.01;  // seconds

interface Strip {
  values: Float32Array<ArrayBuffer>;
  count: number;
  begin: number;
  step: number;
}

export class LiveTrace {
  events: SoundEvent[] = [];
  captured = 0;  // seconds of sound that have come in
  private readonly envelope: Envelope;
  private readonly columns: Rolling;
  private readonly attention: Rolling;  // sum of the windows over each step, and how many they are
  offset = 0;  // seconds of the stream before what the model hears now
  private drawn: Strip | undefined;  // spectrogram, anew for every answer

  constructor(private readonly about: SpeechAbout, private readonly rate: number) {
    const {frontEnd, frames} = about;
    this.envelope = new Envelope(Math.round(rate * STEP), Math.ceil(KEPT / STEP));
    this.columns = new Rolling(frontEnd.bands, Math.ceil((KEPT * frontEnd.rate) / frontEnd.hop));
    this.attention = new Rolling(2, Math.ceil((KEPT * frontEnd.rate * frames) / frontEnd.samples));
  }

  /** Length of a step of the attention, in seconds. */
  private get step(): number {
    const {frontEnd, frames} = this.about;
    return frontEnd.samples / frontEnd.rate / frames;
  }

  hear(samples: Float32Array): void {
    this.envelope.push(samples);
    this.captured += samples.length / this.rate;
  }

  /** Some sound was left out: the model begins anew where the sound is now. */
  skip(): void {
    this.offset = this.captured;
    this.columns.clear();
    this.attention.clear();
    this.drawn = undefined;
  }

  /** The events of an answer, at their time in the stream. `offset` is what it was when the answer was asked for. */
  add({answers, columns, events}: LiveAnswer, offset: number): SoundEvent[] {
    if (offset === this.offset) this.look(answers, columns);
    const placed = events.map((event) => ({...event, time: event.time + offset}));
    this.events = [...this.events, ...placed].filter(({time}) => time > this.captured - KEPT);
    return placed;
  }

  private look(answers: readonly Answer[], columns: Float32Array): void {
    this.columns.push(columns);
    this.drawn = undefined;
    for (const {start, attention} of answers) {
      const first = Math.round(start / this.step);
      meanOfHeads(attention, this.about.frames).forEach((value, index) => {
        if (first + index < 0) return;
        const row = this.attention.row(first + index);
        row[0]! += value;
        row[1]!++;
      });
    }
  }

  get waveform(): Strip {
    const {rows, step} = this.envelope, seconds = step / this.rate;
    return {values: rows.values, count: rows.count, begin: rows.first * seconds, step: seconds};
  }

  get spectrogram(): Strip {
    const {hop, window, rate, bands} = this.about.frontEnd, {values, first, count} = this.columns;
    return this.drawn ??= {
      values: values.slice(0, count * bands), count, step: hop / rate,
      begin: this.offset + (first * hop + (window - hop) / 2) / rate,
    };
  }

  get looks(): Strip {
    const {values, first, count} = this.attention;
    const mean = (_: unknown, index: number): number => values[2 * index]! / Math.max(1, values[2 * index + 1]!);
    const {step} = this;
    return {values: Float32Array.from({length: count}, mean), count, begin: this.offset + first * step, step};
  }
}
