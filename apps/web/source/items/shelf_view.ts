/** The shelf: items to take, found as one types. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {Place} from '../page/view.js';
import type {About} from './recommender.js';
import type {Entry, Found} from './search.js';
import {tile} from './tile_view.js';

export function shelf(place: Place, about: About, take: (entry: Entry) => void): {root: HTMLElement; focus(): void} {
  const texts = TEXTS.items;
  const box = element('input', {
    type: 'search', placeholder: texts.searchIn(about.items), 'aria-label': texts.searchIn(about.items),
    autocomplete: 'off', enterkeyhint: 'search', spellcheck: 'false', oninput: find, onkeydown: fromBox,
  });
  const grid = element('ul', {class: 'goods', 'aria-label': texts.shelf, onkeydown: alongGrid});
  const count = element('span', {class: 'soft', role: 'status'});
  const choices = [texts.every, ...about.categories].map((name, at) => element(
    'button', {class: 'category', 'aria-pressed': String(at === 0), onclick: () => choose(at)}, name,
  ));
  let chosen = 0, asked = 0;
  show(about.shelf);

  function choose(at: number): void {
    chosen = at;
    choices.forEach((choice, number) => choice.setAttribute('aria-pressed', String(number === at)));
    void find();
  }

  async function find(): Promise<void> {
    const own = ++asked, category = chosen > 0 ? about.categories[chosen - 1] : undefined;
    try {
      const {answer} = await place.client.ask<Found>({do: 'find', text: box.value, category});
      if (own === asked) show(answer);
    } catch (error) {
      place.problem(error);
    }
  }

  function show(found: Found): void {
    const typed = box.value.trim() !== '';
    count.textContent = (typed ? texts.found : texts.shown)(found.items.length, found.count);
    grid.replaceChildren(...found.items.map((entry) => element('li', {}, element(
      'button', {class: 'good', title: entry.title, onclick: () => take(entry)},
      tile(entry), element('span', {class: 'name'}, entry.title),
    ))));
    if (!found.items.length) count.textContent = texts.foundNothing;
    grid.scrollTo({left: 0, top: 0});
  }

  function fromBox(event: KeyboardEvent): void {
    const first = grid.querySelector('button');
    if (event.key === 'Escape' && box.value) {
      box.value = '';
      void find();
    } else if (event.key === 'Enter') first?.click();
    else if (event.key === 'ArrowDown') first?.focus();
    else return;
    event.preventDefault();
  }

  function alongGrid(event: KeyboardEvent): void {
    const buttons = [...grid.querySelectorAll('button')], at = buttons.indexOf(event.target as HTMLButtonElement);
    const below = buttons.findIndex(({offsetTop}) => offsetTop > buttons[0]!.offsetTop), columns = Math.max(1, below);
    const steps: Record<string, number> = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns};
    const step = steps[event.key];
    if (step === undefined || at < 0) return;
    event.preventDefault();
    if (at + step < 0) box.focus();
    else buttons[at + step]?.focus();
  }

  return {
    root: element(
      'section', {class: 'panel shelf', 'aria-labelledby': 'shelf-title'},
      element('div', {class: 'row spread'}, element('h2', {id: 'shelf-title'}, texts.shelf), count),
      box,
      about.categories.length > 0
        && element('div', {class: 'categories', role: 'group', 'aria-label': texts.categories}, ...choices),
      grid,
    ),
    focus: () => box.focus(),
  };
}
