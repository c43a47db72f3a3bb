/** The look of every written word at every word of the text, as a map and as a table that says the same. */
import {colour, element, sharpen} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import {COPIED, lookingAt, type Looks, strengths, strongest} from './looks.js';
import type {Span} from './rewritten.js';

const ROW = 26, NARROWEST = 22, WIDEST = 52, FONT = 13;  // pixels
const LABEL = 16;  // letters of a word beside the cells
const ROOMY = 860;  // pixels of a window in which the table is open beside the map of a short text
const SHORT = 14;  // words of a text beside whose map there is room
const MOST = 4;  // words of the text in a row of the table

interface Panel {
  canvas: HTMLCanvasElement;
  columns: Span;
  rows: number[];
  cell: number;
  left: number;  // of the cells, in the canvas
  above: number;
}

export class LookMap {
  readonly root: HTMLElement;
  private readonly panels = element('div', {class: 'maps', role: 'img', 'aria-label': TEXTS.texts.mapMeans});
  private readonly pointed = element('p', {class: 'soft pointed'}, TEXTS.texts.mapHint);
  private readonly table = element('tbody');
  private readonly details: HTMLDetailsElement;
  private readonly closed = new AbortController();
  private looks: Looks = {words: [], copied: [], source: [], looked: []};
  private drawn: Panel[] = [];
  private width = 0;
  private current: number | undefined;

  /** `chosen` hears which written word the mouse is on, in the map. */
  constructor(private readonly chosen: (word: number | undefined) => void) {
    const texts = TEXTS.texts, heads = [texts.written, texts.lookedAt];
    const head = element('tr', {}, ...heads.map((head) => element('th', {scope: 'col'}, head)));
    this.details = element('details', {}, element('summary', {}, texts.asTable),
      element('table', {}, element('thead', {}, head), this.table));
    this.root = element('section', {class: 'panel look-map', 'aria-label': texts.map}, element('h2', {}, texts.map),
      element('div', {class: 'both'}, element('div', {class: 'drawn'}, this.panels, this.pointed), this.details),
    );
    this.panels.addEventListener('pointerleave', () => this.point(undefined, undefined));
    const again = () => this.draw();
    addEventListener('themechange', again, {signal: this.closed.signal});
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again, {signal: this.closed.signal});
    const watching = new ResizeObserver(() => this.panels.clientWidth !== this.width && this.draw());
    watching.observe(this.panels);
    this.closed.signal.addEventListener('abort', () => watching.disconnect());
  }

  close(): void {
    this.closed.abort();
  }

  put(looks: Looks): void {
    this.looks = looks;
    this.pointed.textContent = TEXTS.texts.mapHint;
    const short = looks.source.length <= SHORT;
    this.root.classList.toggle('short', short);
    if (!this.drawn.length) this.details.open = short && innerWidth > ROOMY;
    this.table.replaceChildren(...looks.words.map((word, row) => {
      const copied = looks.copied[row]! > COPIED && element('span', {class: 'soft'}, ` (${TEXTS.texts.copied})`);
      return element('tr', {}, element('th', {scope: 'row'}, word.trim(), copied), element('td', {}, this.said(row)));
    }));
    this.draw();
  }

  /** Marks the row of a word. */
  mark(word: number | undefined): void {
    if (word === this.current) return;
    this.current = word;
    this.draw();
  }

  private said(row: number): string {
    const {source, looked} = this.looks, shares = looked[row]!;
    return strongest(shares, MOST).map((at) => TEXTS.texts.looked(source[at]!.trim(), shares[at]!)).join(', ');
  }

  private draw(): void {
    this.width = this.panels.clientWidth;
    const {words, source, looked} = this.looks;
    if (!this.width || !words.length || !source.length) return this.panels.replaceChildren();
    const left = 12 + Math.max(...words.map((word) => labelWidth(word)));
    const room = this.width - left - 1, count = Math.ceil(source.length / Math.max(1, Math.floor(room / NARROWEST)));
    const across = Math.ceil(source.length / count), cell = Math.min(WIDEST, Math.floor(room / across));
    const shades = strengths(looked.flat(), source.length), whole = source.length;
    const before = this.drawn;
    this.drawn = Array.from({length: count}, (_, at): Panel => {
      const columns: Span = [at * across, Math.min(whole, (at + 1) * across)];
      const rows = count > 1 ? lookingAt(this.looks, columns) : [...words.keys()];
      return {canvas: before[at]?.canvas ?? this.canvas(at), columns, rows, cell, left, above: 0};
    });
    this.panels.replaceChildren(...this.drawn.map(({canvas}) => canvas));
    for (const panel of this.drawn) this.panel(panel, left, (row, column) => shades[row * whole + column]!);
  }

  private canvas(at: number): HTMLCanvasElement {
    const canvas = element('canvas');
    canvas.addEventListener('pointermove', (event) => this.under(this.drawn[at]!, event));
    canvas.addEventListener('pointerdown', (event) => this.under(this.drawn[at]!, event));
    return canvas;
  }

  private panel(panel: Panel, left: number, shade: (row: number, column: number) => number): void {
    const {canvas, columns: [start, end], rows, cell} = panel, {words, source, copied} = this.looks;
    const names = source.slice(start, end), above = 10 + Math.max(...names.map(labelWidth));
    const width = left + cell * names.length + 1, height = above + ROW * Math.max(1, rows.length) + 1;
    canvas.style.setProperty('width', `${width}px`);
    canvas.style.setProperty('height', `${height}px`);
    Object.assign(panel, {left, above});
    const drawing = sharpen(canvas, width, height);
    const [ink, accent, line, second] = ['--ink', '--accent', '--line', '--second'].map(colour);
    Object.assign(drawing, {font: font(), textBaseline: 'middle', textAlign: 'left', fillStyle: ink, strokeStyle: line});
    names.forEach((name, at) => {
      drawing.save();
      drawing.translate(left + (at + 0.5) * cell, above - 6);
      drawing.rotate(-Math.PI / 2);
      drawing.fillText(shortened(name), 0, 0);
      drawing.restore();
    });
    drawing.textAlign = 'right';
    rows.forEach((row, place) => {
      const top = above + place * ROW, name = shortened(words[row]!), middle = top + ROW / 2;
      drawing.fillStyle = (row === this.current ? accent : ink)!;
      drawing.fillText(name, left - 8, middle);
      drawing.fillStyle = second!;
      if (copied[row]! > COPIED) drawing.fillRect(left - 8 - labelWidth(name), middle + 9, labelWidth(name), 2);
      drawing.fillStyle = accent!;
      for (let at = 0; at < names.length; at++) {
        drawing.globalAlpha = shade(row, start + at);
        drawing.fillRect(left + at * cell, top, cell, ROW);
        drawing.globalAlpha = 1;
        drawing.strokeRect(left + at * cell + 0.5, top + 0.5, cell, ROW);
      }
    });
  }

  private under({columns, rows, cell, left, above}: Panel, {offsetX, offsetY}: PointerEvent): void {
    const column = columns[0] + Math.floor((offsetX - left) / cell), row = rows[Math.floor((offsetY - above) / ROW)];
    this.point(row, row !== undefined && column >= columns[0] && column < columns[1] ? column : undefined);
  }

  private point(row: number | undefined, column: number | undefined): void {
    const {words, source, looked} = this.looks;
    this.pointed.textContent = row === undefined ? TEXTS.texts.mapHint
      : column === undefined ? TEXTS.texts.rowSaid(words[row]!.trim(), this.said(row))
        : TEXTS.texts.cellSaid(words[row]!.trim(), source[column]!.trim(), looked[row]![column]!);
    this.chosen(row);
  }
}

function shortened(word: string): string {
  const letters = [...word.trim()];
  return letters.length > LABEL ? `${letters.slice(0, LABEL - 1).join('')}…` : letters.join('');
}

const measuring = element('canvas').getContext('2d')!;

function labelWidth(word: string): number {
  measuring.font = font();
  return Math.ceil(measuring.measureText(shortened(word)).width);
}

function font(): string {
  return `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
}
