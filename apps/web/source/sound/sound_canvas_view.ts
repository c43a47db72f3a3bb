/** The picture of a sound: events, waveform, spectrogram, and under it where the model looked, on one axis of time. */
import {colour, element, sharpen} from '../page/elements.js';

/** Rows of numbers along time: the first begins at `begin` seconds, each lasts `step`. */
export interface Strip {
  values: Float32Array;
  count: number;
  begin: number;
  step: number;
}

export interface Marked {
  time: number;
  text: string;
}

export interface Scene {
  begin: number;  // seconds
  end: number;
  envelope: Strip;  // (count, 2)
  spectrogram: Strip;  // (count, bands)
  attention: Strip;  // (count,)
  even: number;  // attention that is even: so much of it makes a low line
  events: Marked[];
  playhead?: number | undefined;
}

const NEPERS = 9;  // of the scale, 78 dB: digital silence would swallow it all
const LEVELS = 64;  // of ink
const TOP = 26, AXIS = 20, GAP = 8, MARGIN = 2;
const SHARES = {wave: 0.24, mel: 0.48, attention: 0.28};

export class SoundCanvas {
  readonly canvas: HTMLCanvasElement;
  private readonly image = document.createElement('canvas');
  private painted: Strip | undefined;
  private paintedInk = '';
  private loudest = 0.02;
  private colours = {ink: '', soft: '', accent: '', line: ''};

  constructor(label: string, private readonly height = 260) {
    this.canvas = element('canvas', {class: 'sound', role: 'img', 'aria-label': label});
    this.restyle();
  }

  set label(text: string) {
    this.canvas.setAttribute('aria-label', text);
  }

  /** Reads the colours of the theme anew. */
  restyle(): void {
    this.colours = {ink: colour('--ink'), soft: colour('--soft'), accent: colour('--accent'), line: colour('--line')};
  }

  /** A place on the picture as a time. */
  timeAt(scene: Scene, across: number): number {
    return scene.begin + (across / Math.max(1, this.canvas.clientWidth)) * (scene.end - scene.begin);
  }

  draw(scene: Scene): void {
    const width = this.canvas.clientWidth;
    if (!width) return;
    const drawing = sharpen(this.canvas, width, this.height), place = new Places(scene, width);
    const room = this.height - TOP - AXIS - 2 * GAP;
    const wave = {top: TOP, height: room * SHARES.wave};
    const mel = {top: wave.top + wave.height + GAP, height: room * SHARES.mel};
    const attention = {top: mel.top + mel.height + GAP, height: room * SHARES.attention};
    const bottom = attention.top + attention.height;
    this.axis(drawing, place, bottom, width);
    this.wave(drawing, place, scene.envelope, wave);
    this.spectrogram(drawing, place, scene.spectrogram, mel);
    this.attention(drawing, place, scene, attention);
    this.events(drawing, place, bottom, width);
    if (scene.playhead !== undefined) this.line(drawing, place.x(scene.playhead), TOP, bottom, this.colours.ink, 2);
  }

  private axis(drawing: CanvasRenderingContext2D, place: Places, bottom: number, width: number): void {
    const seconds = place.scene.end - place.scene.begin;
    const step = [0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300].find((each) => (each / seconds) * width >= 56) ?? 600;
    drawing.fillStyle = this.colours.soft;
    drawing.font = '12px system-ui, sans-serif';
    drawing.textAlign = 'center';
    drawing.textBaseline = 'alphabetic';
    for (let time = Math.max(0, Math.ceil(place.scene.begin / step) * step); time <= place.scene.end; time += step) {
      const x = place.x(time), text = `${Number(time.toFixed(1))} s`;
      this.line(drawing, x, TOP, bottom + 3, this.colours.line, 1);
      if (x > 14 && x < width - 14) drawing.fillText(text, x, bottom + 16);
    }
  }

  private wave(drawing: CanvasRenderingContext2D, place: Places, strip: Strip, {top, height}: Band): void {
    const {values, count, begin, step} = strip;
    const [first, last] = place.visible(begin, step, count);
    let peak = 0.02;
    for (let index = first; index < last; index++) peak = Math.max(peak, -values[2 * index]!, values[2 * index + 1]!);
    // The scale follows at once where it gets louder, and slowly back.
    this.loudest = Math.max(peak, this.loudest * 0.97);
    const middle = top + height / 2, scale = height / 2 / this.loudest;
    const wide = Math.max(1, place.x(begin + step) - place.x(begin));
    drawing.fillStyle = this.colours.ink;
    drawing.beginPath();
    for (let index = first; index < last; index++) {
      const low = middle - values[2 * index]! * scale, high = middle - values[2 * index + 1]! * scale;
      drawing.rect(place.x(begin + index * step), high, wide, Math.max(1, low - high));
    }
    drawing.fill();
  }

  private spectrogram(drawing: CanvasRenderingContext2D, place: Places, strip: Strip, {top, height}: Band): void {
    if (!strip.count) return;
    if (this.painted !== strip || this.paintedInk !== this.colours.ink) this.paint(strip);
    drawing.imageSmoothingEnabled = true;
    const left = place.x(strip.begin), right = place.x(strip.begin + strip.count * strip.step);
    drawing.save();
    drawing.beginPath();
    drawing.rect(0, top, this.canvas.clientWidth, height);
    drawing.clip();
    drawing.drawImage(this.image, left, top, right - left, height);
    drawing.restore();
  }

  /** In the ink of the theme, the louder the denser. */
  private paint(strip: Strip): void {
    const {values, count} = strip, bands = Math.round(values.length / count), [lowest, range] = scaleOf(values);
    const ink = inkOf(this.colours.ink), pixels = new ImageData(count, bands);
    const words = new Uint32Array(pixels.data.buffer);
    for (let column = 0; column < count; column++) {
      for (let band = 0; band < bands; band++) {
        const share = (values[column * bands + band]! - lowest) / range;
        const level = Math.max(0, Math.min(LEVELS - 1, Math.floor(share * LEVELS)));
        words[(bands - 1 - band) * count + column] = ink[level]!;
      }
    }
    [this.image.width, this.image.height] = [count, bands];
    this.image.getContext('2d')!.putImageData(pixels, 0, 0);
    [this.painted, this.paintedInk] = [strip, this.colours.ink];
  }

  private attention(drawing: CanvasRenderingContext2D, place: Places, scene: Scene, {top, height}: Band): void {
    const {values, count, begin, step} = scene.attention, [first, last] = place.visible(begin, step, count);
    let peak = 6 * scene.even;
    for (let index = first; index < last; index++) peak = Math.max(peak, values[index]!);
    this.line(drawing, 0, top + height, top + height, this.colours.line, 1, this.canvas.clientWidth);
    if (last <= first) return;
    const bottom = top + height, y = (index: number) => bottom - (values[index]! / peak) * height;
    drawing.beginPath();
    drawing.moveTo(place.x(begin + (first + 0.5) * step), bottom);
    for (let index = first; index < last; index++) drawing.lineTo(place.x(begin + (index + 0.5) * step), y(index));
    drawing.lineTo(place.x(begin + (last - 0.5) * step), bottom);
    drawing.fillStyle = this.colours.accent;
    drawing.globalAlpha = 0.28;
    drawing.fill();
    drawing.globalAlpha = 1;
    drawing.beginPath();
    for (let index = first; index < last; index++) drawing.lineTo(place.x(begin + (index + 0.5) * step), y(index));
    drawing.strokeStyle = this.colours.accent;
    drawing.lineWidth = 2;
    drawing.lineJoin = 'round';
    drawing.stroke();
  }

  /** A name over its line, where it does not cover the one before. */
  private events(drawing: CanvasRenderingContext2D, place: Places, bottom: number, width: number): void {
    drawing.font = '600 14px system-ui, sans-serif';
    drawing.textBaseline = 'alphabetic';
    drawing.textAlign = 'left';
    let free = -Infinity;
    for (const {time, text} of place.scene.events) {
      const x = place.x(time);
      if (x < 0 || x > width) continue;
      this.line(drawing, x, TOP - 4, bottom, this.colours.accent, 1.5);
      const size = drawing.measureText(text).width;
      const left = Math.max(MARGIN, Math.min(width - size - MARGIN, x - size / 2));
      if (left < free) continue;
      drawing.fillStyle = this.colours.ink;
      drawing.fillText(text, left, TOP - 10);
      free = left + size + 8;
    }
  }

  private line(
    drawing: CanvasRenderingContext2D, x: number, top: number, bottom: number, style: string, width: number, end = x,
  ): void {
    drawing.strokeStyle = style;
    drawing.lineWidth = width;
    drawing.beginPath();
    drawing.moveTo(x, top);
    drawing.lineTo(end, bottom);
    drawing.stroke();
  }
}

interface Band {
  top: number;
  height: number;
}

class Places {
  constructor(readonly scene: Scene, private readonly width: number) {}

  x(time: number): number {
    return ((time - this.scene.begin) / (this.scene.end - this.scene.begin)) * this.width;
  }

  /** The rows of a strip that are seen, from and to. */
  visible(begin: number, step: number, count: number): [number, number] {
    const first = Math.max(0, Math.floor((this.scene.begin - begin) / step));
    return [first, Math.min(count, Math.ceil((this.scene.end - begin) / step))];
  }
}

/** The level that is blank, and how much there is from there to the loudest. */
function scaleOf(values: Float32Array): [number, number] {
  const sampled = values.filter((_, index) => index % 7 === 0).sort();
  const peak = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const lowest = Math.max(sampled[Math.floor(0.05 * sampled.length)]!, peak - NEPERS);
  return [lowest, Math.max(1, peak - lowest)];
}

/** Pixels of a colour `#rrggbb` from blank to dense, as `ImageData` holds them. */
function inkOf(hex: string): Uint32Array {
  const number = parseInt(hex.slice(1, 7), 16), bytes = new Uint8Array(4 * LEVELS);
  for (let level = 0; level < LEVELS; level++) {
    const density = 235 * (level / (LEVELS - 1)) ** 1.3;
    bytes.set([(number >> 16) & 255, (number >> 8) & 255, number & 255, density], 4 * level);
  }
  return new Uint32Array(bytes.buffer);
}
