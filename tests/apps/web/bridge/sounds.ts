import {readFileSync} from 'node:fs';
import type {Detection} from '../../../../apps/web/source/sound/events.js';
import {Decoder, detectionOf, RingBuffer} from '../../../../apps/web/source/sound/events.js';
import type {FrontEnd} from '../../../../apps/web/source/sound/front_end.js';
import {LogMel} from '../../../../apps/web/source/sound/log_mel.js';
import {looked} from '../../../../apps/web/source/sound/answer.js';
import {Stream, Windows} from '../../../../apps/web/source/sound/hearing.js';
import {labelRows} from '../../../../apps/web/source/sound/label_rows.js';
import {fit} from '../../../../apps/web/source/sound/recordings.js';
import {joined, resample, Resampler} from '../../../../apps/web/source/sound/resample.js';
import {headOf} from '../../../../apps/web/source/sound/sound_rate.js';
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
  label_rows: (path: string) => labelRows(new Uint8Array(readFileSync(path)), 'classify', 'probabilities'),
};

async function heardIn(hearing: Windows | Stream, chunks: Float32Array[]): Promise<unknown[]> {
  const heard: unknown[] = [];
  for (const chunk of chunks) for await (const {middle, probabilities} of hearing.push(chunk)) heard.push([middle, probabilities]);
  return heard;
}
