/**
 * From the answers of a sliding window to events: which word was said, and when.
 *
 * As `speech_commands/events.py`, which explains the decoder; the events are the same, to the last bit.
 */
import {check, type Card} from '../engine/model_file.js';
import {halfToEven, largest} from './numbers.js';

const SILENCE = '_silence_', UNKNOWN = '_unknown_';
export const NEVER_EVENTS: ReadonlySet<string> = new Set([SILENCE, UNKNOWN]);
const LONGEST = 60;  // seconds; what a card says beyond that is damage

/** When a run of answers is an event. Times in seconds, `threshold` an averaged probability. */
export interface Detection {
  hop: number;  // between two windows
  average: number;  // span of windows whose probabilities are averaged; longer merges quick repetitions
  threshold: number;
  minimum_count: number;  // windows within the average in which the word must be the top answer
  suppression: number;  // least distance of two events, middle to middle; one endless sound repeats at it
}

/** A word in a stream: `time` of its middle in seconds from the start, `score` its best averaged probability. */
export interface SoundEvent {
  time: number;
  label: string;
  score: number;
}

const DEFAULT: Detection = {hop: 0.1, average: 0.5, threshold: 0.7, minimum_count: 3, suppression: 0.7};

/** How many windows are averaged. */
export function averagedWindows({average, hop}: Detection): number {
  return halfToEven(average / hop);
}

/** The detection, when it can be meant. Throws `RangeError` otherwise. */
export function checked(detection: Detection): Detection {
  const {hop, average, threshold, minimum_count: count, suppression} = detection;
  check(hop > 0 && average >= hop && suppression >= 0);
  check(threshold > 0 && threshold <= 1 && count >= 1 && count <= averagedWindows(detection));
  return detection;
}

/**
 * The detection of an exported file: that of the operating point on its card, or the default where there is none.
 * Throws `RangeError` for one that cannot be meant.
 */
export function detectionOf(card: Card): Detection {
  const file: unknown = 'file' in card ? card.file : {};
  check(isObject(file));
  const point = 'operating_point' in file ? file['operating_point'] : {};
  check(isObject(point));
  if (!Object.keys(point).length) return DEFAULT;
  const given = point['detection'];
  check(isObject(given));
  const names = Object.keys(DEFAULT) as (keyof Detection)[];
  const values = Object.fromEntries(names.map((name) => [name, given[name]]));
  check(Object.values(values).every((value) => Number.isFinite(value) && (value as number) <= LONGEST));
  const detection = values as unknown as Detection;
  check(Number.isInteger(detection.minimum_count) && detection.hop >= 0.001);
  return checked(detection);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The last `samples` samples of a stream, handed out every `hop` samples whatever the size of the chunks.
 *
 * It starts filled with zeros, and the first window handed out has its middle at the first sample of the stream.
 */
export class RingBuffer {
  private readonly buffer: Float32Array<ArrayBuffer>;
  private due: number;  // samples until the next window
  private received = 0;

  constructor(private readonly samples: number, private readonly hop: number) {
    this.buffer = new Float32Array(samples);
    this.due = samples - Math.floor(samples / 2);
  }

  /** Position of the window's middle in the stream, and the window, for each window that is due. */
  *push(chunk: Float32Array): Generator<[number, Float32Array<ArrayBuffer>]> {
    while (chunk.length >= this.due) {
      this.append(chunk.subarray(0, this.due));
      chunk = chunk.subarray(this.due);
      this.due = this.hop;
      yield [this.received - (this.samples - Math.floor(this.samples / 2)), this.buffer.slice()];
    }
    this.due -= chunk.length;
    this.append(chunk);
  }

  private append(part: Float32Array): void {
    const count = Math.min(part.length, this.samples);
    this.buffer.copyWithin(0, count);
    this.buffer.set(part.subarray(part.length - count), this.samples - count);
    this.received += part.length;
  }
}

/** Turns probabilities, one row per window, into events: `add` per window, `finish` at the end of the stream. */
export class Decoder {
  private history: {time: number; row: Float64Array}[] = [];
  private candidate: SoundEvent | null = null;  // above the threshold, its peak not yet passed
  private last = -Infinity;  // time of the last event

  /** `detection` may be replaced by one with another threshold while sound comes in. */
  constructor(private readonly labels: readonly string[], public detection: Detection) {}

  /** The event that this window completes, if any. `time` is where it hears its word. */
  add(time: number, probabilities: ArrayLike<number>): SoundEvent | null {
    this.history.push({time, row: Float64Array.from(probabilities)});
    if (this.history.length > averagedWindows(this.detection)) this.history.shift();
    const mean = this.mean();
    if (this.candidate) {
      const label = this.labels.indexOf(this.candidate.label);
      if (mean[label]! <= this.candidate.score) return this.close(this.candidate);
      this.candidate = this.event(label, mean[label]!);
      return null;
    }
    const label = largest(mean);
    if (this.starts(label, mean[label]!)) this.candidate = this.event(label, mean[label]!);
    return null;
  }

  /** The event that was still waiting for its peak, if any. */
  finish(): SoundEvent | null {
    return this.candidate && this.close(this.candidate);
  }

  private mean(): Float64Array {
    const sum = new Float64Array(this.labels.length);
    for (const {row} of this.history) for (let label = 0; label < sum.length; label++) sum[label]! += row[label]!;
    return sum.map((value) => value / this.history.length);
  }

  private starts(label: number, score: number): boolean {
    if (NEVER_EVENTS.has(this.labels[label]!) || score < this.detection.threshold) return false;
    const heard = this.history.map(({row}) => largest(row) === label);
    // The newest window must hear it too, or the end of a long word would be a second one.
    if (!heard.at(-1) || heard.filter(Boolean).length < this.detection.minimum_count) return false;
    return this.event(label, score).time - this.last >= this.detection.suppression;
  }

  /** Its time is the centre of gravity of the label's probability over the averaged windows. */
  private event(label: number, score: number): SoundEvent {
    let weighted = 0, sum = 0;
    for (const {time, row} of this.history) {
      weighted += time * row[label]!;
      sum += row[label]!;
    }
    return {time: weighted / sum, label: this.labels[label]!, score};
  }

  private close(event: SoundEvent): SoundEvent {
    this.candidate = null;
    this.last = event.time;
    return event;
  }
}
