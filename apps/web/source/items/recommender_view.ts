/** A shop: what one takes, what comes next, and which of the things taken says so. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {Place, View} from '../page/view.js';
import {cards} from './cards_view.js';
import type {Items} from './history.js';
import {line, some} from './letters.js';
import {listPanel} from './list_view.js';
import type {About, Next, Question} from './recommender.js';
import type {Entry} from './search.js';
import {shelf} from './shelf_view.js';
import {strip} from './strip_view.js';

const STEPS = 100;  // that can be undone

interface Action {
  entry: Entry;
  time: number | null;  // seconds since 1970 when it was taken here
}

type Lit = {item: number} | {action: number};  // a card, or an action of the strip

export function recommenderView(place: Place): View {
  const about = place.model.about as About, texts = TEXTS.items;
  let history: Action[] = [], before: Action[][] = [], answer: Next | undefined;
  let candidates: string[] | undefined, all = false, asked = 0;
  let chosen: Lit = {item: 0}, pointed: Lit | undefined;  // what lights the rest: pointed at, or else chosen

  const goods = shelf(place, about, take);
  const taken = strip({
    move,
    remove: (at) => change(history.toSpliced(at, 1), texts.removed(history[at]!.entry.title)),
    light: (at) => point(at === undefined ? undefined : {action: at}),
    choose: (at) => choose('action' in chosen && chosen.action === at ? {item: 0} : {action: at}),
  });
  const nexts = cards(take, (at) => point(at === undefined ? undefined : {item: at}));
  const list = listPanel({
    take: (given) => read(given, begin),
    rank: (given) => read(given, (entries) => {
      candidates = entries.map(({item}) => item);
      void ask();
    }),
  });

  const undo = element('button', {class: 'quiet', onclick: goBack}, texts.undo);
  const clear = element('button', {class: 'quiet', onclick: () => change([])}, texts.clear);
  const times = element('input', {type: 'checkbox', checked: true, onchange: () => ask()});
  const example = element('button', {onclick: () => read(about.example, begin)}, texts.example);
  const help = element('p', {class: 'soft help', id: 'taken-help'}, texts.historyHelp);
  const caption = element('p', {class: 'soft caption'});
  const notes = element('p', {class: 'soft notes-of-history', role: 'status'});
  const earlier = element('button', {onclick: () => step(-1)}, texts.earlier);
  const later = element('button', {onclick: () => step(1)}, texts.later);
  const title = element('h2', {id: 'next-title'}), told = element('span', {class: 'hidden', role: 'status'});
  const more = element('button', {class: 'quiet', onclick: () => {
    all = true;
    void ask();
  }}, texts.more(about.top));
  const back = element('button', {class: 'quiet', onclick: () => {
    candidates = undefined;
    void ask();
  }}, texts.backToNext);
  const empty = element('p', {class: 'soft'}, texts.beforeFirst);

  place.root.classList.add('shop');
  place.root.append(
    goods.root,
    element('div', {class: 'takings'},
      element('section', {class: 'panel taken', 'aria-labelledby': 'taken-title'},
        element('div', {class: 'row spread'},
          element('h2', {id: 'taken-title'}, texts.history), element('div', {class: 'row'}, example, undo, clear)),
        taken.root, help,
        element('div', {class: 'row spread'}, caption, element('div', {class: 'row steps'}, earlier, later)), notes,
        about.times && element('label', {class: 'row'}, times, texts.tellTimes),
        list),
      element('section', {class: 'panel', 'aria-labelledby': 'next-title'},
        element('div', {class: 'row spread'}, title, back), told, empty, nexts.root, more)),
  );
  show();
  place.client.ask({do: 'prove'}).catch(place.problem);

  function take(entry: Entry): void {
    const {item, title, known, category, hue} = entry;
    candidates = undefined;
    change([...history, {entry: {item, title, known, category, hue}, time: Date.now() / 1000}]);
  }

  /** Another history, taken who knows when. */
  function begin(entries: Entry[]): void {
    candidates = undefined;
    change(entries.map((entry) => ({entry, time: null})));
  }

  function change(next: Action[], said = ''): void {
    before = [...before, history].slice(-STEPS);
    history = next;
    told.textContent = said;
    settle();
  }

  function goBack(): void {
    history = before.at(-1) ?? [];
    before = before.slice(0, -1);
    settle();
  }

  function settle(): void {
    if (!history.length) {
      [answer, candidates, all, chosen] = [undefined, undefined, false, {item: 0}];
      asked++;
      show();
      if (document.activeElement === document.body) goods.focus();
    } else void ask();
  }

  async function ask(): Promise<void> {
    if (!history.length && !candidates) return;
    const own = ++asked, ids = history.map(({entry}) => entry.item), when = history.map(({time}) => time);
    const known = about.times && times.checked && when.some((time) => time !== null);
    const question: Question = candidates ? {do: 'rank', history: ids, candidates}
      : {do: 'recommend', history: ids, count: all ? about.top : undefined, times: known ? when : null};
    try {
      const {answer: found, milliseconds} = await place.client.ask<Next>(question);
      if (own !== asked) return;
      answer = found;
      place.latency(milliseconds, candidates ? texts.ranking : texts.recommendation);
      show();
    } catch (error) {
      candidates = undefined;
      show();
      place.problem(error);
    }
  }

  /** What somebody pasted, dropped or chose, as items. */
  async function read(given: Items, then: (entries: Entry[]) => void): Promise<void> {
    try {
      then((await place.client.ask<Entry[]>({do: 'read', given})).answer);
    } catch (error) {
      place.problem(error);
    }
  }

  function show(): void {
    const {recommendations = [], read: last = history.length, asked: wanted = 0, unknown = []} = answer ?? {};
    if ('action' in chosen && chosen.action >= history.length) chosen = {item: 0};
    pointed = undefined;
    taken.show(history.map(({entry}) => entry), last);
    nexts.show(recommendations);
    title.textContent = candidates ? texts.ranked : texts.next;
    notes.textContent = [
      history.length ? '' : texts.nothingTaken,
      unknown.length ? texts.unknown(some(unknown)) : '',
      last < history.length ? texts.readLast(last, history.length) : '',
      answer && recommendations.length < wanted ? texts.fewer(recommendations.length, wanted) : '',
    ].filter((sentence) => sentence).join(' ');
    if (recommendations[0] && !told.textContent) {
      const sentence = candidates ? texts.toldRanked : texts.told;
      told.textContent = sentence(recommendations.length, line(recommendations[0].title));
    }
    help.hidden = history.length < 2;
    undo.disabled = !before.length;
    clear.disabled = !history.length;
    const whole = all || candidates !== undefined || recommendations.length < wanted;
    more.hidden = !answer || whole || about.top <= recommendations.length;
    back.hidden = candidates === undefined;
    empty.hidden = answer !== undefined;
    shade();
  }

  function point(at: Lit | undefined): void {
    pointed = at;
    shade();
  }

  function choose(at: Lit): void {
    chosen = at;
    shade();
  }

  function step(by: number): void {
    if ('action' in chosen) move(chosen.action, chosen.action + by);
  }

  function move(from: number, to: number): void {
    const next = history.toSpliced(from, 1);
    next.splice(to, 0, history[from]!);
    chosen = {action: to};
    change(next, texts.moved(history[from]!.entry.title, to + 1));
  }

  /** Lights the strip by what a card attended to, or the cards by how much they attended to an action. */
  function shade(): void {
    const items = answer?.recommendations ?? [], lit = pointed ?? chosen, unread = history.length - (answer?.read ?? 0);
    const own = 'action' in chosen ? chosen.action : undefined;
    if ('item' in lit) {
      const one = items[lit.item], weights = one && history.map((_, at) => one.attention[at - unread] ?? 0);
      taken.shade(weights, own);
      nexts.shade(undefined, one && lit.item);
      caption.replaceChildren(...(one ? [texts.litByItem, element('strong', {}, one.title)] : []));
    } else {
      taken.shade(undefined, own);
      nexts.shade(items.map(({attention}) => attention[lit.action - unread] ?? 0), undefined);
      const action = history[lit.action];
      caption.replaceChildren(...(action ? [texts.litByAction, element('strong', {}, action.entry.title)] : []));
    }
    earlier.hidden = later.hidden = own === undefined;
    earlier.disabled = own === 0;
    later.disabled = own === history.length - 1;
  }

  return {close: () => asked++};
}
