/** The choice of how many sentences a search follows at once; the number on the card is chosen. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';

const BEAMS = [1, 2, 4, 8];

export function beamChoice(trained: number, changed: () => void): {root: HTMLElement; value: () => number} {
  const counts = [...new Set([...BEAMS, trained])].sort((one, other) => one - other);
  const choice = element('select', {onchange: changed}, ...counts.map((count) => {
    const said = count === trained ? TEXTS.texts.ofCard(count) : String(count);
    return element('option', {value: count, selected: count === trained}, said);
  }));
  const root = element('label', {class: 'row', title: TEXTS.texts.beamMeans}, TEXTS.texts.beam, choice);
  return {root, value: () => Number(choice.value)};
}
