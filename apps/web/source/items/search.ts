/** Finding items of a catalogue by what people type, and what to put on the shelf before they do. */
import type {Catalogue} from './catalogue.js';
import {folded, stripped, words} from './letters.js';

/** An item as the page shows it. */
export interface Entry {
  item: string;
  title: string;
  known: boolean;  // to the model
  category?: string;
  hue?: number;  // of the category: degrees on the circle of colours
}

export interface Found {
  count: number;  // of all that fit
  items: Entry[];  // the first of them
}

export function entryOf(catalogue: Catalogue, item: string): Entry {
  const category = catalogue.category(item), known = catalogue.has(item), title = catalogue.title(item);
  if (category === undefined) return {item, title, known};
  const {categories} = catalogue, hue = Math.round(360 * categories.indexOf(category) / categories.length);
  return {item, title, known, category, hue};
}

export class Search {
  private texts?: string[];  // of every item, title and id, small letters
  private readonly popular: number[];  // positions, those taken most often first

  constructor(private readonly catalogue: Catalogue) {
    const {counts, ids} = catalogue;
    this.popular = [...ids.keys()];
    if (counts.length) this.popular.sort((one, other) => counts[other]! - counts[one]!);
  }

  /**
   * Items whose title or id has every word that was typed: those that begin so first, then the most taken.
   * Without words it is the most taken of the category, or of all categories by turns.
   */
  find(text: string, category: string | undefined, limit: number): Found {
    const typed = folded(stripped(text)), wanted = words(typed);
    const chosen = category === undefined ? -1 : this.catalogue.categories.indexOf(category);
    const within = category === undefined ? this.popular
      : this.popular.filter((position) => this.catalogue.categoryOf[position] === chosen);
    if (!wanted.length) return this.first(category === undefined ? this.byTurns() : within, within.length, limit);
    const texts = this.lowered(), ranks: number[][] = [[], [], []];
    for (const position of within) {
      const title = texts[position]!;
      if (!wanted.every((word) => title.includes(word))) continue;
      ranks[title.startsWith(typed) ? 0 : wanted.every((word) => begins(title, word)) ? 1 : 2]!.push(position);
    }
    const found = ranks.flat();
    return this.first(found, found.length, limit);
  }

  /** The most taken item of each category, then the second of each, and so on. */
  private byTurns(): number[] {
    const {categories, categoryOf} = this.catalogue;
    if (!categories.length) return this.popular;
    const turns = new Array<number>(categories.length + 1).fill(0), rounds: number[][] = [];
    for (const position of this.popular) {
      const own = categoryOf[position]!, turn = turns[own < 0 ? categories.length : own]!++;
      (rounds[turn] ??= []).push(position);
    }
    return rounds.flat();
  }

  private first(positions: readonly number[], count: number, limit: number): Found {
    const {catalogue} = this;
    return {count, items: positions.slice(0, limit).map((position) => entryOf(catalogue, catalogue.ids[position]!))};
  }

  private lowered(): string[] {
    const {ids, titles} = this.catalogue;
    return this.texts ??= ids.map((id, position) => folded(id === titles[position] ? id : `${titles[position]} ${id}`));
  }
}

/** Whether a word of a text begins so. */
function begins(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!)) return true;
  }
  return false;
}
