/** The picture, large, with the map of one word over it; from map to map the colour moves. */
import {element} from '../page/elements.js';
import {type Colour, heat, paleGrey} from './heat.js';
import type {Pixels} from './resize.js';

const LOOKED: Colour = [0xd1, 0x49, 0x5b];  // the same in light and dark: pictures are as bright in both
const MOVES = 220;  // milliseconds from one map to the next
export type Grid = readonly [rows: number, columns: number];

export const calm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

export class Stage {
  readonly canvas = element('canvas', {role: 'img'});
  private picture?: Pixels;
  private grey: Float32Array = new Float32Array();
  private from: Shade;
  private to: Shade;
  private now: Shade;
  private begun = 0;
  private frame = 0;

  constructor(private readonly grid: Grid) {
    this.from = this.to = this.now = {map: new Float32Array(grid[0] * grid[1]), plain: 1};
  }

  /** Another picture, without a map. */
  put(picture: Pixels): void {
    this.picture = picture;
    this.grey = paleGrey(picture);
    Object.assign(this.canvas, {width: picture.width, height: picture.height});
    this.jump({map: this.now.map, plain: 1});
  }

  /** The map of a word, or none; told in words for those who do not see it. */
  show(map: Float32Array | undefined, told: string, quickly = calm()): void {
    this.canvas.setAttribute('aria-label', told);
    const to = {map: map ?? this.to.map, plain: map ? 0 : 1};
    if (quickly) return this.jump(to);
    this.from = this.now;
    this.to = to;
    this.begun = performance.now();
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(this.move);
  }

  close(): void {
    cancelAnimationFrame(this.frame);
  }

  private jump(to: Shade): void {
    cancelAnimationFrame(this.frame);
    this.from = this.to = to;
    this.draw(to);
  }

  private readonly move = (time: number): void => {
    const share = Math.min(1, Math.max(0, (time - this.begun) / MOVES));
    this.draw(between(this.from, this.to, share * (2 - share)));
    if (share < 1) this.frame = requestAnimationFrame(this.move);
  };

  private draw(shade: Shade): void {
    this.now = shade;
    if (this.picture) drawHeat(this.canvas, this.picture, this.grey, shade.map, this.grid, shade.plain);
  }
}

/** What is to be seen: a map, and how much of the picture itself remains. */
interface Shade {
  map: Float32Array;
  plain: number;
}

/** Where only one of the two shows a map, that map comes or goes in its place. */
function between(from: Shade, to: Shade, share: number): Shade {
  const map = from.plain === 1 ? to.map : from.map.map((value, cell) => value + share * (to.map[cell]! - value));
  return {map, plain: from.plain + share * (to.plain - from.plain)};
}

/** Into a canvas of the picture's size. */
export function drawHeat(
  canvas: HTMLCanvasElement, picture: Pixels, grey: Float32Array, map: Float32Array, grid: Grid, plain = 0,
): void {
  const drawing = canvas.getContext('2d')!, image = drawing.createImageData(picture.width, picture.height);
  if (plain === 1) image.data.set(picture.pixels);
  else heat(image.data, picture, grey, map, grid, LOOKED, plain);
  drawing.putImageData(image, 0, 0);
}
