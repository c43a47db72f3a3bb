/** A picture as canvases, the map of a word laid over it: what costs little enough for every frame of a movement. */
import {element} from '../page/elements.js';
import {paleGrey, shares} from './heat.js';
import type {Pixels} from './resize.js';

const LOOKED = [0xd1, 0x49, 0x5b] as const;  // as in Python, in light and dark: pictures are as bright in both
const FINE = 96;  // pixels of a map's longer side: between them it is smooth enough to be stretched

export type Grid = readonly [rows: number, columns: number];

export interface Layers {
  plain: HTMLCanvasElement;
  grey: HTMLCanvasElement;
}

export function layersOf(picture: Pixels): Layers {
  const {pixels, width, height} = picture, grey = paleGrey(picture);
  const pale = new Uint8ClampedArray(pixels.length).fill(255);
  for (let at = 0; at < grey.length; at++) pale[4 * at] = pale[4 * at + 1] = pale[4 * at + 2] = grey[at]!;
  return {plain: canvasOf(new Uint8ClampedArray(pixels), width, height), grey: canvasOf(pale, width, height)};
}

/** Into a canvas of any size, of which the picture takes all; of the picture itself `plain` remains, from 0 to 1. */
export function drawHeat(canvas: HTMLCanvasElement, picture: Layers, map: Float32Array, grid: Grid, plain = 0): void {
  const drawing = canvas.getContext('2d')!, {width, height} = canvas;
  drawing.imageSmoothingQuality = 'high';
  drawing.globalAlpha = 1;
  if (plain < 1) {
    drawing.drawImage(picture.grey, 0, 0, width, height);
    drawing.drawImage(colourOf(map, grid, width, height), 0, 0, width, height);
  }
  drawing.globalAlpha = plain;
  if (plain > 0) drawing.drawImage(picture.plain, 0, 0, width, height);
}

/** The colour of a map, for a picture of such proportions. */
function colourOf(map: Float32Array, grid: Grid, width: number, height: number): HTMLCanvasElement {
  const scale = Math.min(1, FINE / Math.max(width, height));
  const [across, down] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const opacity = shares(map, grid, down, across), pixels = new Uint8ClampedArray(4 * opacity.length);
  for (let at = 0; at < opacity.length; at++) {
    pixels.set(LOOKED, 4 * at);
    pixels[4 * at + 3] = 255 * opacity[at]!;
  }
  return canvasOf(pixels, across, down);
}

function canvasOf(pixels: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): HTMLCanvasElement {
  const canvas = Object.assign(element('canvas'), {width, height});
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}
