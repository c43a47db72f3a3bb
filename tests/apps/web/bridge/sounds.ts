import {readFileSync} from 'node:fs';
import type {Detection} from '../../../../apps/web/source/sound/events.js';
import {Decoder, detectionOf, RingBuffer} from '../../../../apps/web/source/sound/events.js';
import type {FrontEnd} from '../../../../apps/web/source/sound/front_end.js';
import {LogMel} from '../../../../apps/web/source/sound/log_mel.js';
import {looked} from '../../../../apps/web/source/sound/answer.js';
import {Stream, Windows} from '../../../../apps/web/source/sound/hearing.js';
import {labelRows} from '../../../../apps/web/source/sound/label_rows.js';
import {Pump} from '../../../../apps/web/source/sound/pump.js';
import {fit} from '../../../../apps/web/source/sound/recordings.js';
import {joined, resample, Resampler} from '../../../../apps/web/source/sound/resample.js';
import {otherKind, soundKind} from '../../../../apps/web/source/sound/sound_kind.js';
import {headOf} from '../../../../apps/web/source/sound/sound_rate.js';
import {Envelope, Rolling} from '../../../../apps/web/source/sound/trace.js';
import {readWav} from '../../../../apps/web/source/sound/wav.js';

/** Cut into chunks of the sizes, over and over. */
function cut(samples: Float32Array, sizes: number[]): Float32Array[] {
  const chunks: Float32Array[] = [];
  for (let at = 0, index = 0; at < samples.length; at += sizes[index++ % sizes.length]!) {
    chunks.push(samples.subarray(at, at + sizes[index % sizes.length]!));
  }
  return chunks;
}

export const sounds = {
  detection: (card: any) => detectionOf(card),
  events: (labels: string[], detection: Detection, times: number[], rows: number[][]) => {
    const decoder = new Decoder(labels, detection);
    return [...times.map((time, index) => decoder.add(time, rows[index]!)), decoder.finish()];
  },
  ring: (samples: number, hop: number, stream: Float32Array, sizes: number[]) => {
    const buffer = new RingBuffer(samples, hop);
    return cut(stream, sizes).flatMap((chunk) => [...buffer.push(chunk)]);
  },
  looked: (attention: Float32Array, frames: number) => looked(attention, frames),
  fit: (samples: Float32Array, length: number) => fit(samples, length),
  log_mel: (samples: Float32Array, frontEnd: FrontEnd, sizes: number[]) => {
    const logMel = new LogMel(frontEnd);
    return joined(cut(samples, sizes).map((chunk) => logMel.push(chunk)));
  },
  /** By windows, and by a made-up model whose answer is its window, once in its state. */
  windows: async (stream: Float32Array, samples: number, hop: number, sizes: number[]) => {
    const hearing = new Windows(async (window) => ({probabilities: window, attention: window}), samples, hop);
    return heardIn(hearing, cut(stream, sizes));
  },
  stream: async (stream: Float32Array, samples: number, chunk: number, hop: number, sizes: number[]) => {
    const run = async (_: string, given: any) => {
      const seen = joined([given.past, given.samples]), window = seen.slice(-samples);
      return {probabilities: window, attention: window, past: seen.slice(chunk)};
    };
    return heardIn(new Stream(run, {chunk, state: {past: samples}}, samples, hop), cut(stream, sizes));
  },
  resample: (samples: Float32Array, from: number, to: number) => resample(samples, from, to),
  resample_chunks: (samples: Float32Array, from: number, to: number, sizes: number[]) => {
    const resampler = new Resampler(from, to);
    return joined([...cut(samples, sizes).map((chunk) => resampler.push(chunk)), resampler.flush()]);
  },
  wav: (path: string) => readWav(new Uint8Array(readFileSync(path)), path),
  sound_head: (path: string) => headOf(new Uint8Array(readFileSync(path))),
  kinds: (content: Uint8Array) => [soundKind(content), otherKind(content)],
  rolling: (width: number, capacity: number, parts: Float32Array[]) => {
    const rolling = new Rolling(width, capacity);
    parts.forEach((part) => rolling.push(part));
    return [rolling.first, rolling.values.slice(0, rolling.count * width)];
  },
  envelope: (samples: Float32Array, step: number, sizes: number[]) => {
    const envelope = new Envelope(step, samples.length);
    cut(samples, sizes).forEach((chunk) => envelope.push(chunk));
    return envelope.rows.values.slice(0, 2 * envelope.rows.count);
  },
  /** What is sent when each chunk takes so many turns of the microphone to be heard; samples are their own number. */
  pump: async (turns: number, size: number, count: number, least: number, most: number) => {
    const sent: number[][] = [], lost: number[] = [];
    const waiting: (() => void)[] = [];
    const send = (samples: Float32Array) => {
      sent.push([samples[0]!, samples.length]);
      return new Promise<void>((heard) => waiting.push(heard));
    };
    const pump = new Pump(send, least, most, (samples) => lost.push(samples));
    for (let turn = 0; turn < count; turn++) {
      pump.push(Float32Array.from({length: size}, (_, index) => turn * size + index));
      if (turn % turns === turns - 1) waiting.shift()?.();
      await new Promise((ready) => setTimeout(ready));
    }
    if (waiting.length > 1) throw new Error('more than one at a time');
    for (let heard; (heard = waiting.shift()); ) {
      heard();
      await new Promise((ready) => setTimeout(ready));
    }
    await pump.idle();
    return [sent, lost];
  },
  label_rows: (path: string) => labelRows(new Uint8Array(readFileSync(path)), 'classify', 'probabilities'),
};

async function heardIn(hearing: Windows | Stream, chunks: Float32Array[]): Promise<unknown[]> {
  const heard: unknown[] = [];
  for (const chunk of chunks) for await (const {middle, probabilities} of hearing.push(chunk)) heard.push([middle, probabilities]);
  return heard;
}
