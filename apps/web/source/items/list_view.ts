/** Where a list of ids or titles is pasted, or a file of them dropped. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {Items} from './history.js';

export function listPanel(handling: {take(given: Items): void; rank(given: Items): void}): HTMLElement {
  const texts = TEXTS.items;
  const box = element('textarea', {'aria-label': texts.listLabel, rows: 3, spellcheck: 'false'});
  const root = element('details', {class: 'list'}, element('summary', {}, texts.list), element('div', {class: 'pasted'},
    element('p', {class: 'soft'}, texts.listHelp), box, element('div', {class: 'row'},
      element('button', {onclick: () => handling.take(given())}, texts.takeList),
      element('button', {onclick: () => handling.rank(given())}, texts.rankList))));
  root.addEventListener('drop', async (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file || file.name.toLowerCase().endsWith('.tflite')) return;
    event.preventDefault();
    event.stopPropagation();
    handling.take({name: file.name, text: await file.text()});
  });

  /** With line breaks it is like a file of one id or title in each line. */
  function given(): Items {
    const text = box.value.trim();
    return text.includes('\n') ? {name: texts.pasted, text} : text;
  }

  return root;
}
