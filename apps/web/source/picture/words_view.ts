/** The sentence, each word a button, and a small map of each: what is pointed at, focused or tapped is shown. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {Caption} from './captions.js';
import {drawHeat, type Grid, type Layers} from './layers_view.js';
import {peakOf, placeOf} from './places.js';

const THUMB = 144;  // pixels of a small map's longer side
const STEPS: Record<string, number> = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1};

export class Words {
  readonly sentence = element('div', {class: 'answer words', role: 'group', 'aria-label': TEXTS.captions.words});
  readonly maps = element('ul', {class: 'maps', 'aria-label': TEXTS.captions.maps});
  private chosen: number | undefined;
  private hovered: number | undefined;
  private caption: Caption = {text: '', words: [], attention: []};
  private readonly drawn = new WeakMap<Element, {picture: Layers; map: Float32Array}>();  // what a small map shows
  private pressed: number | undefined;  // what was chosen when the pointer came down

  /** `shown` hears which word is to be seen now, if any. */
  constructor(private readonly grid: Grid, private readonly shown: () => void) {
    this.sentence.addEventListener('keydown', (event) => this.step(event));
    for (const row of [this.sentence, this.maps]) row.addEventListener('pointerleave', () => this.hover(undefined));
  }

  /** The word whose map is to be seen. */
  get current(): number | undefined {
    const word = this.hovered ?? this.chosen;
    return word !== undefined && word < this.caption.words.length ? word : undefined;
  }

  /** What is seen of a word, in words. */
  told(word: number): string {
    return TEXTS.captions.seen(this.caption.words[word]!, this.place(word));
  }

  place(word: number): string {
    return TEXTS.captions.places[placeOf(this.caption.attention[word]!, this.grid)];
  }

  word(word: number): string {
    return this.caption.words[word]!;
  }

  map(word: number): Float32Array {
    return this.caption.attention[word]!;
  }

  /** A sentence, and the maps of its words over a picture. Buttons that are there already stay, and with them the focus. */
  put(caption: Caption, picture?: Layers): void {
    this.caption = caption;
    fit(this.sentence, caption.words.length, (at) => this.button(at));
    caption.words.forEach((word, at) => {
      const button = this.sentence.children[at] as HTMLElement;
      if (button.textContent !== word) button.textContent = word;
      button.setAttribute('aria-description', this.place(at));
    });
    fit(this.maps, picture ? caption.words.length : 0, (at) => this.tile(at));
    if (picture) this.draw(picture);
    this.mark();
  }

  private draw(picture: Layers): void {
    const {plain} = picture, scale = THUMB / Math.max(plain.width, plain.height);
    const size = {width: Math.max(1, Math.round(plain.width * scale)), height: Math.max(1, Math.round(plain.height * scale))};
    this.caption.words.forEach((word, at) => {
      const tile = this.maps.children[at]!, map = this.map(at), before = this.drawn.get(tile);
      if (before?.picture !== picture || before.map.some((value, cell) => value !== map[cell])) {
        drawHeat(Object.assign(tile.querySelector('canvas')!, size), picture, map, this.grid);
        this.drawn.set(tile, {picture, map});
      }
      tile.querySelector('b')!.textContent = word;
      tile.querySelector('small')!.textContent = TEXTS.captions.share(map[peakOf(map)]!);
    });
  }

  choose(word: number | undefined): void {
    this.chosen = word;
    this.mark();
    this.shown();
  }

  private hover(word: number | undefined): void {
    if (this.hovered === word) return;
    this.hovered = word;
    this.mark();
    this.shown();
  }

  private button(at: number): HTMLElement {
    const button = element('button', {class: 'token', onfocus: () => this.choose(at)});
    this.respond(button, at);
    return button;
  }

  private tile(at: number): HTMLElement {
    const button = element('button', {class: 'map', tabindex: -1}, element('canvas'), element('span', {}, element('b'), element('small', {
      title: TEXTS.captions.shareMeans,
    })));
    this.respond(button, at);
    return element('li', {}, button);
  }

  /** A tap chooses, and a tap on what was chosen lets go. */
  private respond(button: HTMLElement, at: number): void {
    button.addEventListener('pointerenter', ({pointerType}) => pointerType === 'mouse' && this.hover(at));
    button.addEventListener('pointerdown', () => (this.pressed = this.chosen));
    button.addEventListener('click', ({detail}) => {
      const was = detail === 0 ? this.chosen : this.pressed;  // 0: by the keyboard
      this.hovered = undefined;
      this.choose(was === at ? undefined : at);
    });
  }

  private step(event: KeyboardEvent): void {
    const words = this.caption.words.length, at = [...this.sentence.children].indexOf(event.target as Element);
    if (event.key === 'Escape') return this.choose(undefined);
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? words - 1 : at + (STEPS[event.key] ?? 0);
    if (at < 0 || to === at) return;
    event.preventDefault();
    (this.sentence.children[(to + words) % words] as HTMLElement).focus();
  }

  /** One word takes the focus by the tab key: the one that is chosen, or the first. */
  private mark(): void {
    const {current} = this, reached = this.chosen ?? 0;
    [...this.sentence.children].forEach((button, at) => {
      button.setAttribute('aria-pressed', String(at === current));
      button.setAttribute('tabindex', at === reached ? '0' : '-1');
    });
    [...this.maps.children].forEach((tile, at) => tile.firstElementChild!.setAttribute('aria-pressed', String(at === current)));
  }
}

/** So many children, of which new ones are made. */
function fit(parent: HTMLElement, count: number, made: (at: number) => HTMLElement): void {
  while (parent.children.length > count) parent.lastElementChild!.remove();
  while (parent.children.length < count) parent.append(made(parent.children.length));
}
