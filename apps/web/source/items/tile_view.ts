/** A quiet mark for an item without a picture: its initials, in the colour of its category. */
import {element} from '../page/elements.js';
import type {Entry} from './search.js';

export function tile({title, hue}: Entry): HTMLElement {
  const mark = element('span', {class: 'tile', 'aria-hidden': 'true', 'data-initials': initials(title)});
  mark.classList.toggle('coloured', hue !== undefined);
  if (hue !== undefined) mark.style.setProperty('--hue', String(hue));
  return mark;
}

/** The first letters of the first two words, or the first two of the only one. */
function initials(title: string): string {
  const [first = '', second] = title.split(/[^\p{L}\p{N}]+/u).filter((word) => word);
  const letters = second === undefined ? [...first].slice(0, 2) : [[...first][0]!, [...second][0]!];
  return letters.join('').toUpperCase();
}
