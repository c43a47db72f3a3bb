/** What was written, each word a button that tells where the model looked for it. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import {COPIED} from './looks.js';

const STEPS: Record<string, number> = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1};

export class WrittenWords {
  readonly root = element('div', {class: 'answer written', role: 'group', 'aria-label': TEXTS.texts.words});
  private buttons: (HTMLElement | undefined)[] = [];  // none for what is white space alone
  private words: readonly string[] = [];
  private chosen: number | undefined;
  private hovered: number | undefined;
  private pressed: number | undefined;  // what was chosen when the pointer came down

  /** `shown` hears when another word is to be looked at. */
  constructor(private readonly shown: () => void) {
    this.root.addEventListener('keydown', (event) => this.step(event));
    this.root.addEventListener('pointerleave', () => this.hover(undefined));
  }

  /** The word that is pointed at, or else chosen. */
  get current(): number | undefined {
    const word = this.hovered ?? this.chosen;
    return word !== undefined && word < this.words.length ? word : undefined;
  }

  /** Words that are there already stay, and with them the focus. */
  put(words: readonly string[], copied: readonly number[]): void {
    let kept = 0;
    while (kept < words.length && words[kept] === this.words[kept]) kept++;
    if (kept < this.words.length || !this.words.length) {
      const focused = this.buttons.findIndex((button) => button && button === document.activeElement);
      this.root.replaceChildren();
      this.buttons = [];
      for (const word of words) this.add(word);
      if (focused >= kept) this.buttons[focused]?.focus();
    } else {
      for (const word of words.slice(kept)) this.add(word);
    }
    this.words = words;
    this.buttons.forEach((button, at) => {
      const own = copied[at]! > COPIED;
      button?.classList.toggle('copied', own);
      if (own) button?.setAttribute('aria-description', TEXTS.texts.copied);
      else button?.removeAttribute('aria-description');
    });
    this.mark();
  }

  /** Colours the words by what each owes to a place of the text; nothing without one. */
  owe(strengths: readonly number[] | undefined): void {
    this.buttons.forEach((button, at) => button?.style.setProperty('--share', String(strengths?.[at] ?? 0)));
  }

  choose(word: number | undefined): void {
    this.chosen = word;
    this.mark();
    this.shown();
  }

  hover(word: number | undefined): void {
    if (this.hovered === word) return;
    this.hovered = word;
    this.mark();
    this.shown();
  }

  private add(word: string): void {
    const at = this.buttons.length, said = word.trim();
    const button = said ? element('button', {class: 'word', onfocus: () => this.choose(at)}, said) : undefined;
    this.buttons.push(button);
    if (!button) return this.root.append(word);
    button.addEventListener('pointerenter', ({pointerType}) => pointerType === 'mouse' && this.hover(at));
    button.addEventListener('pointerdown', () => (this.pressed = this.chosen));
    button.addEventListener('click', ({detail}) => {
      const was = detail === 0 ? this.chosen : this.pressed;  // 0: by the keyboard
      this.hovered = undefined;
      this.choose(was === at ? undefined : at);
    });
    const [before, after] = word.split(said, 2);
    this.root.append(before!, button, after!);
  }

  private step(event: KeyboardEvent): void {
    if (event.key === 'Escape') return this.choose(undefined);
    const buttons = this.buttons.filter((button) => button !== undefined);
    const at = buttons.indexOf(event.target as HTMLElement);
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? buttons.length - 1 : at + (STEPS[event.key] ?? 0);
    if (at < 0 || to === at) return;
    event.preventDefault();
    buttons[(to + buttons.length) % buttons.length]!.focus();
  }

  /** One word takes the focus by the tab key: the one that is chosen, or the first. */
  private mark(): void {
    const {current} = this, first = this.buttons.findIndex((button) => button);
    const reached = this.chosen !== undefined && this.buttons[this.chosen] ? this.chosen : first;
    this.buttons.forEach((button, at) => {
      button?.setAttribute('aria-pressed', String(at === current));
      button?.setAttribute('tabindex', at === reached ? '0' : '-1');
    });
  }
}
