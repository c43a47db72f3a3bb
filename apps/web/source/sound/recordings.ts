/** The word in a clip, or the words of a long recording and their times: as `speech_commands/app.py`. */
import type {Answer} from './answer.js';
import type {SoundEvent} from './events.js';
import {type Listened, Listener} from './listener.js';
import {largest} from './numbers.js';
import type {Vocabulary} from './vocabulary.js';

const CLIP = 1.25;  // model windows; a longer recording is searched for events

/** Of a clip, whose `events` are null, one answer; of a longer recording its events and the answer to every window. */
export interface Heard {
  answers: Answer[];
  times: number[];  // where each window heard its word, in seconds
  events: SoundEvent[] | null;
}

/** What is said in a recording; `told` hears which share of it has been heard, and may throw to stop it. */
export async function hear(
  model: Vocabulary, samples: Float32Array, threshold: number, told: (share: number) => Promise<void>,
): Promise<Heard> {
  if (samples.length > CLIP * model.speech.frontEnd.samples) return detect(model, samples, threshold, told);
  return {answers: [await classify(model, samples)], times: [], events: null};
}

/** The word in a clip: a short one is centred in silence, of a longer one the loudest window is heard. */
export async function classify(model: Vocabulary, samples: Float32Array): Promise<Answer> {
  const {frontEnd} = model.speech, [window, start] = fit(samples, frontEnd.samples);
  return {start: start / frontEnd.rate, ...await model.answer(window)};
}

async function detect(
  model: Vocabulary, samples: Float32Array, threshold: number, told: (share: number) => Promise<void>,
): Promise<Heard> {
  const listener = new Listener(model, threshold), all: Listened = {answers: [], times: [], events: []};
  const step = model.speech.frontEnd.samples;
  for (let begin = 0; begin < samples.length; begin += step) {
    add(all, await listener.feed(samples.subarray(begin, begin + step)));
    await told(Math.min(1, (begin + step) / samples.length));
  }
  add(all, await listener.flush());
  return all;
}

function add(all: Listened, {answers, times, events}: Listened): void {
  all.answers.push(...answers);
  all.times.push(...times);
  all.events.push(...events);
}

/**
 * A window of the recording, and the sample at which it starts (negative: zeros were put before).
 *
 * Among windows within 1 % of the greatest energy it is the middle one, so that the word stands in its middle.
 */
export function fit(recording: Float32Array, samples: number): [Float32Array<ArrayBuffer>, number] {
  const missing = samples - recording.length;
  if (missing >= 0) {
    const before = Math.floor(missing / 2), window = new Float32Array(samples);
    window.set(recording, before);
    return [window, before ? -before : 0];
  }
  const total = new Float64Array(recording.length + 1);
  for (let index = 0; index < recording.length; index++) total[index + 1] = total[index]! + recording[index]! ** 2;
  const energy = total.subarray(samples).map((sum, index) => sum - total[index]!);
  const enough = 0.99 * energy[largest(energy)]!, loudest: number[] = [];
  energy.forEach((value, index) => value >= enough && loudest.push(index));
  const start = loudest[loudest.length >> 1]!;
  return [recording.slice(start, start + samples) as Float32Array<ArrayBuffer>, start];
}
