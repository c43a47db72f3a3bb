/** The pixels of a picture file, as the browser decodes it; in the worker, so that the page goes on meanwhile. */
import {InputError} from '../engine/errors.js';
import type {Pixels} from './resize.js';

export const MOST_PIXELS = 120_000_000;  // as many as `heedful.apps.images` reads
export const VIEW = 640;  // the longer side of a picture for people
const STRIP = 4_000_000;  // pixels of a canvas: the largest that every browser has is some times as large

export interface Decoded extends Pixels {
  view: Pixels;  // the same for people, on white
}

/**
 * Upright, in the colours as they are stored, the first frame of an animation.
 * Throws `InputError` for what is no picture, is damaged, or has too many pixels.
 */
export async function pixelsOf(file: Blob, name: string): Promise<Decoded> {
  const bitmap = await decoded(file, name);
  try {
    const {width, height} = bitmap;
    if (width * height > MOST_PIXELS) throw new InputError(tooMany(name));
    const pixels = new Uint8Array(4 * width * height), rows = Math.max(1, Math.min(height, Math.floor(STRIP / width)));
    const drawing = new OffscreenCanvas(width, rows).getContext('2d', {willReadFrequently: true})!;
    for (let top = 0; top < height; top += rows) {
      const here = Math.min(rows, height - top);
      drawing.clearRect(0, 0, width, rows);
      drawing.drawImage(bitmap, 0, -top);
      pixels.set(drawing.getImageData(0, 0, width, here).data, 4 * width * top);
    }
    return {pixels, width, height, view: viewOf(bitmap)};
  } finally {
    bitmap.close();
  }
}

/** Width and height of a view of a picture. */
export function viewSize(width: number, height: number): [width: number, height: number] {
  const scale = VIEW / Math.max(width, height);
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

function viewOf(bitmap: ImageBitmap): Pixels {
  const [width, height] = viewSize(bitmap.width, bitmap.height);
  const drawing = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true})!;
  drawing.fillStyle = 'white';
  drawing.fillRect(0, 0, width, height);
  drawing.imageSmoothingQuality = 'high';
  drawing.drawImage(bitmap, 0, 0, width, height);
  return {pixels: new Uint8Array(drawing.getImageData(0, 0, width, height).data.buffer), width, height};
}

async function decoded(file: Blob, name: string): Promise<ImageBitmap> {
  if (!file.size) throw new InputError(`${name} is an empty file: copy or save it again.`);
  try {
    return await createImageBitmap(file, {
      imageOrientation: 'from-image', colorSpaceConversion: 'none', premultiplyAlpha: 'none',
    });
  } catch {
    throw new InputError(`${name} is damaged, or no picture of a kind that this browser reads: save it as JPEG or PNG.`);
  }
}

export function tooMany(name: string): string {
  return `${name} has more pixels than the ${MOST_PIXELS / 1e6} million that are read: scale it down first.`;
}
