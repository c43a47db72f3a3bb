/** The history as a strip: oldest first, each action to reorder and to remove, shaded by what it speaks for. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {Entry} from './search.js';
import {tile} from './tile_view.js';

const DRAGGED = 6;  // pixels from which on a press is a drag

export interface Strip {
  root: HTMLElement;
  show(history: readonly Entry[], read: number): void;
  shade(weights: readonly number[] | undefined, chosen: number | undefined): void;  // of each action; the pressed one
}

export interface Handling {
  move(from: number, to: number): void;
  remove(at: number): void;
  light(at: number | undefined): void;  // somebody points at an action, or no longer does
  choose(at: number): void;  // and stays there
}

export function strip(handling: Handling): Strip {
  const texts = TEXTS.items;
  const root = element('ol', {class: 'strip', 'aria-label': texts.history, 'aria-describedby': 'taken-help'});
  let entries: readonly Entry[] = [], said: string[] = [];

  const buttons = () => [...root.querySelectorAll<HTMLButtonElement>('.action')];
  const placeOf = (target: EventTarget | null) => [...root.children].findIndex((each) => each.contains(target as Node));

  root.addEventListener('keydown', (event) => {
    const at = placeOf(event.target), step = {ArrowRight: 1, ArrowLeft: -1}[event.key], to = at + (step ?? 0);
    if (at < 0) return;
    if (event.key === 'Delete' || event.key === 'Backspace') handling.remove(at);
    else if (!step) return;
    else if (event.altKey && entries[to]) {
      handling.move(at, to);
      buttons()[to]?.focus();
    } else buttons()[to]?.focus();
    event.preventDefault();
  });
  root.addEventListener('pointerover', (event) => handling.light(found(placeOf(event.target))));
  root.addEventListener('pointerleave', () => handling.light(undefined));
  root.addEventListener('focusin', (event) => handling.light(found(placeOf(event.target))));
  root.addEventListener('focusout', () => handling.light(undefined));
  root.addEventListener('pointerdown', drag);

  function found(at: number): number | undefined {
    return at < 0 ? undefined : at;
  }

  /** With a mouse or a pen: a finger scrolls, and has buttons instead. */
  function drag(down: PointerEvent): void {
    const from = placeOf(down.target), removing = (down.target as Element).closest('.remove') !== null;
    if (from < 0 || removing || down.pointerType === 'touch' || down.button !== 0) return;
    let to = from, dragging = false;
    const own = new AbortController(), {signal} = own;
    addEventListener('pointermove', (event) => {
      if (!dragging && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < DRAGGED) return;
      dragging = true;
      event.preventDefault();
      const over = placeOf(document.elementFromPoint(event.clientX, event.clientY));
      if (over >= 0) to = over;
      [...root.children].forEach((each, at) => {
        each.classList.toggle('dragged', at === from);
        each.classList.toggle('before', at === to && to < from);
        each.classList.toggle('after', at === to && to > from);
      });
    }, {signal});
    addEventListener('pointerup', () => {
      own.abort();
      if (dragging) addEventListener('click', (event) => event.stopPropagation(), {capture: true, once: true});
      setTimeout(() => dragging && to !== from && handling.move(from, to));
      for (const each of root.children) each.classList.remove('dragged', 'before', 'after');
    }, {signal});
    addEventListener('pointercancel', () => own.abort(), {signal});
  }

  function show(history: readonly Entry[], read: number): void {
    const focused = placeOf(document.activeElement), more = history.length > entries.length;
    let kept = 0;  // what stands as it stood is not made anew
    while (kept < history.length && entries[kept] === history[kept]) kept++;
    while (root.children.length > kept) root.lastChild!.remove();
    root.append(...history.slice(kept).map((entry, more) => one(entry, kept + more)));
    [...root.children].forEach((each, at) => each.classList.toggle('unread', at < history.length - read));
    entries = history;
    said = history.map((entry, at) => (
      (entry.known ? '' : texts.unknownAction) + (at < history.length - read ? texts.unreadAction : '')));
    if (focused >= 0 && history.length) buttons()[Math.min(focused, history.length - 1)]!.focus();
    if (more) root.scrollTop = root.scrollHeight;
  }

  function one(entry: Entry, at: number): HTMLElement {
    const {title} = entry, choose = () => handling.choose(at), remove = () => handling.remove(at);
    return element(
      'li', {class: !entry.known && 'unknown'},
      element('button', {class: 'action', title, 'aria-pressed': 'false', onclick: choose},
        tile(entry), element('span', {class: 'name'}, title), ' ', element('span', {class: 'share'})),
      element('button', {class: 'quiet remove', 'aria-label': texts.remove(title), onclick: remove}, '×'),
    );
  }

  function shade(weights: readonly number[] | undefined, chosen: number | undefined): void {
    if (weights?.length) reveal(weights);
    buttons().forEach((button, at) => {
      const weight = weights?.[at] ?? 0, share = weights && weight >= 0.005 ? TEXTS.page.percent(weight) : '';
      button.parentElement!.style.setProperty('--share', String(Math.min(1, weight)));
      button.setAttribute('aria-pressed', String(at === chosen));
      button.parentElement!.classList.toggle('chosen', at === chosen);
      button.querySelector('.share')!.textContent = share;
      button.setAttribute('aria-label', texts.action(entries[at]!.title, share, at + 1, entries.length) + said[at]!);
    });
  }

  /** Scrolls along the strip, and not the page, to the action that speaks the most. */
  function reveal(weights: readonly number[]): void {
    const best = root.children[weights.indexOf(Math.max(...weights))] as HTMLElement | undefined;
    if (!best || root.scrollHeight <= root.clientHeight) return;
    const top = best.offsetTop - root.offsetTop, hidden = root.clientHeight - best.offsetHeight;
    if (top < root.scrollTop || top > root.scrollTop + hidden) root.scrollTop = top - hidden / 2;
  }

  return {root, show, shade};
}
