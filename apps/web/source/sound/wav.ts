/** WAV files: PCM of 8, 16, 24 or 32 bits and float, also extensible; channels are averaged. */
import {InputError} from '../engine/errors.js';

export interface Wave {
  samples: Float32Array<ArrayBuffer>;  // mono
  rate: number;
}

type Reader = (view: DataView, at: number, little: boolean) => number;

const FORMS = ['RIFF', 'RIFX', 'RF64', 'BW64'];
const EXTENSIBLE = 0xfffe;  // codec: the real one stands further behind
const UNKNOWN_LENGTH = 0x7fff0000, UNKNOWN = 0xffffffff;  // what recorders write who cannot know the size
const FULL_SCALE = 16;  // float samples beyond are integers in disguise, not loud speech
const SLACK_SECONDS = 0.1, SLACK_SHARE = 0.05;  // a header may promise so much more than there is: it has miscounted

// By codec (1: PCM, 3: float) and bits.
const READERS: Record<string, Reader> = {
  '1/8': (view, at) => (view.getUint8(at) - 128) / 128,
  '1/16': (view, at, little) => view.getInt16(at, little) / 32768,
  '1/24': (view, at, little) => (
    (view.getInt8(little ? at + 2 : at) * 65536 + view.getUint16(little ? at : at + 1, little)) / 8388608
  ),
  '1/32': (view, at, little) => view.getInt32(at, little) / 2147483648,
  '3/32': (view, at, little) => view.getFloat32(at, little),
  '3/64': (view, at, little) => view.getFloat64(at, little),
};

/** The sound of a WAV file; null where it is none, or holds another codec. Throws `InputError` where it is damaged. */
export function readWav(content: Uint8Array, name: string): Wave | null {
  if (!content.length) throw new InputError(`${name} is an empty file: copy or record it again.`);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength), form = mark(content, 0);
  if (!FORMS.includes(form) || mark(content, 8) !== 'WAVE') return null;
  const little = form !== 'RIFX', {format, data} = chunks(content, view, little);
  if (!format || !data) {
    throw new InputError(`${name} is WAV sound, but damaged or cut short: copy it again or convert it.`);
  }
  const [codec, channels, rate, block, bits] = formatOf(view, format, little), reader = READERS[`${codec}/${bits}`];
  if (!reader) return null;
  if (!channels || !rate || block !== (channels * bits) / 8) {
    throw new InputError(`${name} is WAV sound whose header is damaged: copy it again or convert it.`);
  }
  const frames = Math.floor(Math.min(data.promised, data.held) / block);
  checkLength(name, data.promised / block / rate, data.held / block / rate, data.promised);
  const samples = new Float32Array(frames), width = bits / 8;
  for (let frame = 0, at = data.start; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += width) sum += Math.fround(reader(view, at, little));
    samples[frame] = sum / channels;
  }
  return {samples: checkedSamples(name, samples, rate), rate};
}

/** The samples, when they can be sound. Throws `InputError` otherwise. */
export function checkedSamples<T extends Float32Array>(name: string, samples: T, rate: number): T {
  if (!samples.length) throw new InputError(`${name} holds no samples: record it again.`);
  let bad = 0, first = 0, peak = 0;
  samples.forEach((value, index) => {
    if (!Number.isFinite(value)) {
      if (!bad++) first = index;
    } else if (Math.abs(value) > peak) peak = Math.abs(value);
  });
  if (bad) {
    throw new InputError(
      `${name} has ${bad} samples that are NaN or infinite, the first at ${(first / rate).toFixed(3)} s: `
      + 'repair the program that wrote it, or save it again as 16-bit PCM.',
    );
  }
  if (peak > FULL_SCALE) {
    throw new InputError(
      `${name} has float samples up to ${Number(peak.toPrecision(6))} where audio lies between -1 and 1: `
      + 'divide them by the full scale (32768 for 16 bits) or save it as 16-bit PCM.',
    );
  }
  return samples;
}

/** Throws `InputError` where a file holds less than its header promises, in seconds. */
export function checkLength(name: string, promised: number, held: number, bytes = 0): void {
  if (held >= promised || bytes >= UNKNOWN_LENGTH && bytes <= UNKNOWN) return;
  if (promised - held <= Math.max(SLACK_SECONDS, SLACK_SHARE * promised) + 1e-6) return;
  const both = `its header promises ${promised.toFixed(3)} s and the file holds ${held.toFixed(3)} s`;
  throw new InputError(`${name} is truncated: ${both}; copy or record it again.`);
}

interface Data {
  start: number;
  promised: number;  // bytes
  held: number;
}

/** Where the format and the sound stand. */
function chunks(content: Uint8Array, view: DataView, little: boolean): {format?: number; data?: Data} {
  let format: number | undefined, large = 0;
  for (let at = 12; at + 8 <= content.length; ) {
    const title = mark(content, at), length = view.getUint32(at + 4, little);
    const start = at + 8, held = content.length - start;
    if (title === 'ds64' && held >= 16) large = Number(view.getBigUint64(start + 8, true));
    if (title === 'fmt ' && held >= 16) format = start;
    if (title === 'data') {
      const promised = large && length === UNKNOWN ? large : length;
      const unsaid = promised === 0 && held > 0 && !onlyChunks(content, view, start, little);
      const data = {start, promised: unsaid ? held : promised, held};
      return format === undefined ? {data} : {format, data};
    }
    at = start + length + (length % 2);
  }
  return format === undefined ? {} : {format};
}

/** Whether nothing but whole chunks lies between here and the end: a list of tags, no sound. */
function onlyChunks(content: Uint8Array, view: DataView, at: number, little: boolean): boolean {
  while (at < content.length) {
    if (at + 8 > content.length || !/^[A-Za-z0-9_ ]{4}$/.test(mark(content, at))) return false;
    const length = view.getUint32(at + 4, little);
    at += 8 + length + (length % 2);
  }
  return at - content.length <= 1;
}

/** Codec, channels, rate, bytes of a frame, bits of a sample. */
function formatOf(view: DataView, at: number, little: boolean): [number, number, number, number, number] {
  const codec = view.getUint16(at, little);
  return [
    codec === EXTENSIBLE && at + 26 <= view.byteLength ? view.getUint16(at + 24, little) : codec,
    view.getUint16(at + 2, little), view.getUint32(at + 4, little),
    view.getUint16(at + 12, little), view.getUint16(at + 14, little),
  ];
}

function mark(content: Uint8Array, at: number): string {
  return String.fromCharCode(...content.subarray(at, at + 4));
}
