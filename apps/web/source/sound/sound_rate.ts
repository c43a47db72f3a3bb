/**
 * The rate in the head of a sound file, so that the browser decodes it at that rate and does not resample: our
 * resampler does, and gives the same samples everywhere.
 */

export interface Head {
  rate: number;
  frames?: number;  // that the head promises
}

/** Of FLAC, Ogg, MP3, AAC, MP4 and WebM; undefined where the head is of something else, or says nothing. */
export function headOf(content: Uint8Array): Head | undefined {
  const start = behindTags(content), view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  try {
    if (mark(content, start) === 'fLaC') return flac(view, start);
    if (mark(content, 0) === 'OggS') return ogg(content, view);
    if (mark(content, 4) === 'ftyp') return mp4(content, view, 0, content.length);
    if (view.getUint32(0) === 0x1a45dfa3) return webm(content, view);
    return frame(content, view, start);
  } catch (error) {
    if (error instanceof RangeError) return undefined;  // it ends inside its head
    throw error;
  }
}

/** Where the sound begins, behind an ID3 tag. */
function behindTags(content: Uint8Array): number {
  if (mark(content, 0).slice(0, 3) !== 'ID3') return 0;
  return 10 + [6, 7, 8, 9].reduce((size, at) => size * 128 + (content[at]! & 127), 0);
}

function flac(view: DataView, at: number): Head {
  const rate = (view.getUint16(at + 18) << 4) | (view.getUint8(at + 20) >> 4);
  const frames = (view.getUint8(at + 21) & 15) * 2 ** 32 + view.getUint32(at + 22);
  return frames ? {rate, frames} : {rate};
}

/** By the first packet: Vorbis, Opus, which is always decoded at 48 kHz, FLAC and Speex. */
function ogg(content: Uint8Array, view: DataView): Head | undefined {
  const packet = 27 + view.getUint8(26), title = mark(content, packet);
  if (title === '\x01vor') return {rate: view.getUint32(packet + 12, true)};
  if (title === 'Opus') return {rate: 48000};
  if (title === '\x7fFLA') return flac(view, packet + 9);
  return title === 'Spee' ? {rate: view.getUint32(packet + 36, true)} : undefined;
}

const MP3_RATES = [44100, 48000, 32000], DIVISORS: Record<number, number> = {3: 1, 2: 2, 0: 4};  // by version
const AAC_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
const SEARCHED = 4096;  // bytes in which the first frame or field is looked for

/** The first frame of MPEG sound: MP3, or AAC in ADTS. */
function frame(content: Uint8Array, view: DataView, start: number): Head | undefined {
  for (let at = start; at < Math.min(start + SEARCHED, content.length - 4); at++) {
    const [one, two, three] = [content[at]!, content[at + 1]!, content[at + 2]!];
    if (one !== 0xff || (two & 0xe0) !== 0xe0) continue;
    const version = (two >> 3) & 3, layer = (two >> 1) & 3;
    if (layer === 0 && (two & 0xf6) === 0xf0) {
      const rate = AAC_RATES[(view.getUint8(at + 2) >> 2) & 15];
      if (rate) return {rate};
    }
    const rate = MP3_RATES[(three >> 2) & 3], divisor = DIVISORS[version];
    if (layer !== 0 && (three >> 4) !== 15 && rate && divisor) return {rate: rate / divisor};
  }
  return undefined;
}

const CONTAINERS = ['moov', 'trak', 'mdia', 'minf', 'stbl'];

/** By the description of the first track of sound. */
function mp4(content: Uint8Array, view: DataView, begin: number, end: number): Head | undefined {
  for (let at = begin; at + 8 <= end; ) {
    const short = view.getUint32(at), title = mark(content, at + 4);
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short || end - at, head = short === 1 ? 16 : 8;
    if (size < head) return undefined;
    if (title === 'stsd' && ['mp4a', 'Opus', 'fLaC', 'alac'].includes(mark(content, at + 20))) {
      const rate = mark(content, at + 20) === 'Opus' ? 48000 : view.getUint16(at + 48);
      return rate ? {rate} : undefined;
    }
    const found = CONTAINERS.includes(title) ? mp4(content, view, at + head, Math.min(end, at + size)) : undefined;
    if (found) return found;
    at += size;
  }
  return undefined;
}

/** Opus, or the field SamplingFrequency (B5). */
function webm(content: Uint8Array, view: DataView): Head | undefined {
  const head = String.fromCharCode(...content.subarray(0, SEARCHED));
  if (head.includes('A_OPUS')) return {rate: 48000};
  for (let at = head.indexOf('\xb5'); at >= 0; at = head.indexOf('\xb5', at + 1)) {
    const size = content[at + 1];
    const rate = size === 0x84 ? view.getFloat32(at + 2) : size === 0x88 ? view.getFloat64(at + 2) : 0;
    if (Number.isInteger(rate) && rate >= 4000 && rate <= 384000) return {rate};
  }
  return undefined;
}

function mark(content: Uint8Array, at: number): string {
  return String.fromCharCode(...content.subarray(at, at + 4));
}
