/** The zip that rides behind the graph of a `.tflite`: its files are stored as they are, so reading is slicing. */
import {InputError} from './errors.js';

export type Attachments = Record<string, Uint8Array>;

const END = 0x06054b50, ENTRY = 0x02014b50, LOCAL = 0x04034b50;  // signatures of the records of a zip
const END_SIZE = 22, ENTRY_SIZE = 46, LOCAL_SIZE = 30;
const LONGEST_COMMENT = 0xffff;

export interface Container {
  graphSize: number;  // bytes before the zip
  attachments: Attachments;  // none where there is no zip
}

/** Graph and files of a `.tflite`. Throws `InputError` when there is a zip that cannot be read. */
export function split(content: Uint8Array, name: string): Container {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const end = endOfZip(view);
  if (end < 0) return {graphSize: content.length, attachments: {}};
  try {
    return entries(content, view, end);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(`${name} is damaged: its attached files cannot be read; copy or export it again.`);
  }
}

function endOfZip(view: DataView): number {
  const last = view.byteLength - END_SIZE;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    const whole = at + END_SIZE + view.getUint16(at + 20, true);  // with its comment
    if (view.getUint32(at, true) === END && whole === view.byteLength) return at;
  }
  return -1;
}

function entries(content: Uint8Array, view: DataView, end: number): Container {
  const attachments: Attachments = Object.create(null);  // a name may be that of anything
  let entry = view.getUint32(end + 16, true), graphSize = content.length, whole = 0;
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const local = view.getUint32(entry + 42, true), size = view.getUint32(entry + 24, true);
    const stored = view.getUint16(entry + 10, true) === 0 && view.getUint32(entry + 20, true) === size;
    const signed = view.getUint32(entry, true) === ENTRY && view.getUint32(local, true) === LOCAL;
    if (!signed || !stored) throw new RangeError();
    const start = local + LOCAL_SIZE + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    whole += size;
    if (start + size > end || whole > end) throw new RangeError();  // entries that lie over each other take for ever
    const named = view.getUint16(entry + 28, true);
    const title = new TextDecoder().decode(content.subarray(entry + ENTRY_SIZE, entry + ENTRY_SIZE + named));
    const file = content.subarray(start, start + size);
    if (crc32(file) !== view.getUint32(entry + 16, true)) throw new RangeError();
    attachments[title] = file;
    graphSize = Math.min(graphSize, local);
    entry += ENTRY_SIZE + named + view.getUint16(entry + 30, true) + view.getUint16(entry + 32, true);
  }
  return {graphSize, attachments};
}

const TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

/** The checksum of zip files (ISO 3309). */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 0xff]! ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
