/** A text with its words shaded: the stronger, the more the model looked there. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';

const LONGEST = 600;  // characters that are shown of what was not read

export class ShadedText {
  readonly root = element('p', {class: 'shaded'});
  private words: HTMLElement[] = [];
  private given: readonly string[] = [];
  private rest = '';

  /** `pointed` hears which word the mouse is on. */
  constructor(pointed: (word: number | undefined) => void = () => {}) {
    this.root.addEventListener('pointerover', ({target, pointerType}) => {
      const word = this.words.indexOf(target as HTMLElement);
      if (pointerType === 'mouse') pointed(word < 0 ? undefined : word);
    });
    this.root.addEventListener('pointerleave', () => pointed(undefined));
  }

  /** The words that were read, each with the white space before it, and what comes after them. */
  put(words: readonly string[], rest: string): void {
    const same = words.length === this.given.length && words.every((word, at) => word === this.given[at]);
    if (same && rest === this.rest) return;
    [this.given, this.rest] = [words, rest];
    this.root.replaceChildren();
    this.words = words.map((word) => {
      const bare = word.trimStart(), own = element('span', {}, bare);
      this.root.append(word.slice(0, word.length - bare.length), own);
      return own;
    });
    if (!rest.trim()) return;
    const shown = rest.length > LONGEST ? `${rest.slice(0, LONGEST)} …` : rest;
    this.root.append(element('s', {class: 'unread', title: TEXTS.texts.unread}, shown));
  }

  shade(strengths: readonly number[], shares = strengths): void {
    this.words.forEach((word, at) => {
      word.style.setProperty('--share', String(strengths[at] ?? 0));
      word.title = TEXTS.texts.share(shares[at] ?? 0);
    });
  }
}
