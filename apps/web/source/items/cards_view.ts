/** The next items as cards: what they are, and which past actions say so. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import {aligned} from './recommendation.js';
import type {Explained} from './recommender.js';
import {tile} from './tile_view.js';

export interface Cards {
  root: HTMLElement;
  show(answer: readonly Explained[]): void;
  shade(weights: readonly number[] | undefined, lit: number | undefined): void;  // of each card; the one lit
}

export function cards(take: (entry: Explained) => void, light: (at: number | undefined) => void): Cards {
  const root = element('ol', {class: 'nexts', 'aria-label': TEXTS.items.next});
  const placeOf = (target: EventTarget | null) => [...root.children].findIndex((each) => each.contains(target as Node));
  const pointed = (event: Event) => {
    const at = placeOf(event.target);
    light(at < 0 ? undefined : at);
  };
  root.addEventListener('pointerover', pointed);
  root.addEventListener('focusin', pointed);
  root.addEventListener('pointerleave', () => light(undefined));
  root.addEventListener('focusout', () => light(undefined));

  function show(answer: readonly Explained[]): void {
    const focused = placeOf(document.activeElement), scores = aligned(answer.map(({score}) => score));
    root.replaceChildren(...answer.map((one, place) => element('li', {}, card(one, place + 1, scores[place]!, take))));
    if (focused >= 0) root.querySelectorAll('button')[Math.min(focused, answer.length - 1)]?.focus();
  }

  function shade(weights: readonly number[] | undefined, lit: number | undefined): void {
    root.classList.toggle('owing', weights !== undefined);
    [...root.children].forEach((each, at) => {
      const weight = weights?.[at] ?? 0;
      (each as HTMLElement).style.setProperty('--share', String(Math.min(1, weight)));
      each.classList.toggle('lit', at === lit);
      each.querySelector('.share')!.textContent = weights ? TEXTS.page.percent(weight) : '';
    });
  }

  return {root, show, shade};
}

function card(one: Explained, rank: number, score: string, take: (entry: Explained) => void): HTMLElement {
  const texts = TEXTS.items, {percent} = TEXTS.page;
  const reasons = reasonsOf(one).map(({title, weight}) => texts.reason(title, percent(weight)));
  const parts = Object.entries(one.parts).map(
    ([name, share]) => texts.part(percent(share), texts.sayings[name] ?? name));
  return element(
    'button', {class: 'next', onclick: () => take(one)},
    element('span', {class: 'rank'}, String(rank)), tile(one),
    element('span', {class: 'name'}, one.title),
    element('span', {class: 'score'}, element('span', {class: 'hidden'}, texts.score, ' '), score,
      element('span', {class: 'share', 'aria-hidden': 'true'})),
    reasons.length > 0 && element('span', {class: 'because'}, texts.because(reasons)),
    parts.length > 0 && element('span', {class: 'soft parts'}, parts.join(', ')),
  );
}

/** The most attended items: one that was taken several times is named once, and what rounds to nothing not at all. */
function reasonsOf({attended}: Explained): {title: string; weight: number}[] {
  const byItem = new Map<string, {title: string; weight: number}>();
  for (const {item, title, weight} of attended) {
    const same = byItem.get(item);
    if (same) same.weight += weight;
    else byItem.set(item, {title, weight});
  }
  return [...byItem.values()].filter(({weight}) => weight >= 0.005).sort((one, other) => other.weight - one.weight);
}
