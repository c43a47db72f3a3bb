/** Words in a stream of chunks of any size, at the model's rate. */
import {type Answer, looked} from './answer.js';
import {Decoder, type SoundEvent} from './events.js';
import {halfToEven} from './numbers.js';
import {type Hearing, Stream, Windows} from './hearing.js';
import type {Vocabulary} from './vocabulary.js';

/** What some samples have brought. */
export interface Listened {
  events: SoundEvent[];
  answers: Answer[];  // to the windows that they completed
  times: number[];  // where each of these heard its word, in seconds
}

/** A file with the signature `stream` is asked by it where the hop is of whole chunks: the answers are the same. */
export class Listener {
  private readonly hearing: Hearing;
  private readonly decoder: Decoder;

  constructor(private readonly model: Vocabulary, threshold: number) {
    const {detection, frontEnd, stream} = model.speech, {rate, samples} = frontEnd;
    const hop = Math.max(1, halfToEven(detection.hop * rate));
    // The signature gives no embedding, by which learnt words are told.
    const streamed = stream !== undefined && hop % stream.chunk === 0 && !model.learnt.length;
    this.hearing = streamed
      ? new Stream(model.speech.run, stream, samples, hop)
      : new Windows((window) => model.answer(window), samples, hop);
    this.decoder = new Decoder(model.labels, {...detection, threshold});
  }

  set threshold(threshold: number) {
    this.decoder.detection = {...this.decoder.detection, threshold};
  }

  async feed(samples: Float32Array): Promise<Listened> {
    const {samples: length, rate} = this.model.speech.frontEnd, heard: Listened = {events: [], answers: [], times: []};
    for await (const {middle, probabilities, attention} of this.hearing.push(samples)) {
      const time = (middle + looked(attention, this.model.speech.frames) * length) / rate;
      const event = this.decoder.add(time, probabilities);
      heard.answers.push({start: (middle - Math.floor(length / 2)) / rate, probabilities, attention});
      heard.times.push(time);
      if (event) heard.events.push(event);
    }
    return heard;
  }

  /** The last events, when the stream has ended: its end is followed by half a window of silence. */
  async flush(): Promise<Listened> {
    const heard = await this.feed(new Float32Array(Math.floor(this.model.speech.frontEnd.samples / 2)));
    const last = this.decoder.finish();
    return last ? {...heard, events: [...heard.events, last]} : heard;
  }
}

/** The events of a whole trace by another threshold. */
export function eventsOf(
  model: Vocabulary, times: readonly number[], answers: readonly Answer[], threshold: number,
): SoundEvent[] {
  const decoder = new Decoder(model.labels, {...model.speech.detection, threshold});
  const events = answers.map(({probabilities}, index) => decoder.add(times[index]!, probabilities));
  return [...events, decoder.finish()].filter((event) => event !== null);
}
