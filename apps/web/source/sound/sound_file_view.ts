/** Sound files: WAV by our own reader, all others by the browser's decoder, at the rate that they have. */
import {InputError} from '../engine/errors.js';
import type {Asks} from '../page/client.js';
import {TEXTS} from '../page/texts.js';
import {headOf} from './sound_rate.js';
import {otherKind, soundKind} from './sound_kind.js';
import {checkLength, type Wave} from './wav.js';

const LARGEST = 200e6;  // bytes
const LONGEST = 600;  // seconds
const USUAL = 48000;  // rate, where the head of a file does not say
const PART = 1 << 20;  // frames between two pauses

/** Mono, at the file's own rate. Throws `InputError` where it is damaged, or no sound. */
export async function readSound(content: ArrayBuffer, name: string, client: Asks): Promise<Wave> {
  const told = TEXTS.speech.file, bytes = new Uint8Array(content);
  if (!bytes.length) throw new InputError(told.empty(name));
  if (bytes.length > LARGEST) throw new InputError(told.tooLarge(name));
  const other = otherKind(bytes);
  if (other) throw new InputError(told.other(name, other));
  const wave = (await client.ask<Wave | null>({do: 'wav', content, name})).answer ?? await decoded(bytes, name);
  if (wave.samples.length / wave.rate > LONGEST) throw new InputError(told.tooLong(name));
  return wave;
}

async function decoded(bytes: Uint8Array, name: string): Promise<Wave> {
  const head = headOf(bytes), told = TEXTS.speech.file;
  let buffer: AudioBuffer;
  try {
    buffer = await contextOf(head?.rate).decodeAudioData(bytes.slice().buffer);
  } catch {
    const kind = soundKind(bytes);
    throw new InputError(kind ? told.damaged(name, kind) : told.unreadable(name));
  }
  if (head?.frames) checkLength(name, head.frames / head.rate, buffer.duration);
  if (buffer.duration > LONGEST) throw new InputError(told.tooLong(name));
  return {samples: await averaged(buffer), rate: buffer.sampleRate};
}

/** One that decodes at this rate; browsers take other rates than the usual ones, but not all. */
function contextOf(rate = USUAL): OfflineAudioContext {
  try {
    return new OfflineAudioContext(1, 1, rate);
  } catch {
    return new OfflineAudioContext(1, 1, USUAL);
  }
}

/** The mean of the channels, in parts, so that the page stays awake. */
async function averaged(buffer: AudioBuffer): Promise<Float32Array<ArrayBuffer>> {
  const samples = new Float32Array(buffer.length), count = buffer.numberOfChannels;
  for (let channel = 0; channel < count; channel++) {
    const own = buffer.getChannelData(channel);
    for (let begin = 0; begin < own.length; begin += PART) {
      const end = Math.min(own.length, begin + PART);
      for (let index = begin; index < end; index++) samples[index]! += own[index]! / count;
      if (end < own.length) await new Promise((ready) => setTimeout(ready));
    }
  }
  return samples;
}
