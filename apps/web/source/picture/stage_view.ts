/** The picture, large, with the map of one word over it; from map to map the colour moves. */
import {element} from '../page/elements.js';
import {drawHeat, type Grid, type Layers} from './layers_view.js';

const MOVES = 220;  // milliseconds from one map to the next

export const calm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

export class Stage {
  readonly canvas = element('canvas', {role: 'img'});
  private picture?: Layers;
  private from: Shade;
  private to: Shade;
  private now: Shade;
  private begun = 0;
  private frame = 0;

  constructor(private readonly grid: Grid) {
    this.from = this.to = this.now = {map: new Float32Array(grid[0] * grid[1]), plain: 1};
  }

  /** Another picture, without a map. */
  put(picture: Layers): void {
    this.picture = picture;
    Object.assign(this.canvas, {width: picture.plain.width, height: picture.plain.height});
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
    if (this.picture) drawHeat(this.canvas, this.picture, shade.map, this.grid, shade.plain);
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
