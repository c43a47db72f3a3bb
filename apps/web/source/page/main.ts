/** The shell: chooses and opens models, and gives each its view. */
import {Broken, Cancelled, InputError, reason} from '../engine/errors.js';
import {unpacked} from '../engine/packed.js';
import {cardPanel} from './card_panel.js';
import {Client} from './client.js';
import {byId, element} from './elements.js';
import {keepOffline} from './offline.js';
import {idOf, runtime, type Shipped, shipped} from './shelf.js';
import {TEXTS} from './texts.js';
import {chooseTheme} from './theme.js';
import type {View} from './view.js';
import {VIEWERS} from './viewers.js';

const LARGEST = 200e6;  // bytes of a file of one's own
const root = byId('view'), status = byId('status'), problems = byId('problems'), latency = byId('latency');
const client = new Client('worker.js', runtime(), (share) => progress(TEXTS.page.loadingRuntime, share), recover);
let view: View | undefined, opening = 0;
let last: Shown | undefined;  // the model that is shown

/** Where a model came from, so that it can be opened again. */
interface Shown {
  name: string;
  content: () => Promise<ArrayBuffer>;
  id: string;
  broke: boolean;  // whether a question to it has ended the runtime before
}

client.started.catch(problem);

/** A new runtime has begun: it opens the model that is shown, but for one that ends it again and again. */
function recover(asked: boolean): void {
  if (!last) return;
  if (asked && last.broke) {
    view?.close();
    root.replaceChildren();
    view = last = undefined;
    mark('');
    void client.started.then(() => (status.textContent = ''), problem);
  } else {
    last.broke ||= asked;
    void open(last, true);
  }
}

function progress(what: string, share: number): void {
  const bar = element('progress', {max: 1, value: share, 'aria-label': what});
  status.replaceChildren(what, ' ', bar, ' ', TEXTS.page.percent(share));
}

function problem(error: unknown): void {
  if (error instanceof Cancelled) return;
  const told = error instanceof InputError || error instanceof Broken;
  const close = element('button', {class: 'quiet', onclick: () => problems.replaceChildren()}, TEXTS.page.close);
  problems.replaceChildren(told ? error.message : TEXTS.page.fault(reason(error)), close);
}

/**
 * Opens a file in place of the model that is shown, which stays where the new one is of no use. `again` leaves standing
 * what is told: why it is opened once more.
 */
async function open(shown: Shown, again = false): Promise<void> {
  const own = ++opening, {name, content, id} = shown;
  if (!again) problems.replaceChildren();
  progress(TEXTS.page.loadingModel(name), 0);
  root.setAttribute('aria-busy', 'true');
  try {
    const bytes = await content();
    await client.started;
    if (own !== opening) return;
    const model = await client.open(bytes, name);
    if (own !== opening) return;
    const panel = cardPanel(model);
    view?.close();
    view = undefined;
    client.keep(model);
    last = shown;
    latency.textContent = '';
    const place = element('div', {class: 'view'}), told = TEXTS.recipes[model.card.recipe];
    root.replaceChildren(element('div', {class: 'head'}, element('h1', {}, told?.title ?? model.card.recipe), element(
      'p', {class: 'soft'}, told?.does ?? '',
    )), place);
    byId('card').replaceChildren(panel);
    document.title = `${told?.title ?? model.card.recipe} · ${TEXTS.page.title}`;
    mark(id);
    view = VIEWERS[model.card.recipe]!({
      root: place, model, client: client.of(model), problem, solved: () => problems.replaceChildren(),
      latency: (milliseconds, of) => (latency.textContent = TEXTS.page.latency(milliseconds, of)),
    });
  } catch (error) {
    problem(error);
  } finally {
    if (own === opening) {
      status.textContent = '';
      root.removeAttribute('aria-busy');
    }
  }
}

function openOwn(file: File): Promise<void> {
  const content = async () => {
    if (file.size > LARGEST) throw new InputError(TEXTS.page.tooLarge(file.name));
    if (!file.size) throw new InputError(TEXTS.page.empty(file.name));
    try {
      return await file.arrayBuffer();
    } catch (error) {  // a folder, or a file that changed or went away since it was chosen
      throw new InputError(TEXTS.page.unreadable(file.name, reason(error)));
    }
  };
  return open({name: file.name, content, id: '', broke: false});
}

function mark(id: string): void {
  for (const link of byId('models').querySelectorAll('a')) {
    if (link.hash === `#${id}`) {
      link.setAttribute('aria-current', 'page');
      link.scrollIntoView({block: 'nearest', inline: 'center'});  // on a phone not all of them are to be seen
    } else {
      link.removeAttribute('aria-current');
    }
  }
}

function openShipped(models: Shipped[]): void {
  const wanted = location.hash.slice(1), chosen = models.find((model) => idOf(model) === wanted) ?? models[0];
  if (!chosen) return;
  const name = `${chosen.name}.tflite`, told = (share: number) => progress(TEXTS.page.loadingModel(name), share);
  void open({name, content: () => unpacked(chosen.file, told), id: idOf(chosen), broke: false});
}

function links(models: Shipped[]): HTMLElement[] {
  return models.map((model) => {
    const told = TEXTS.recipes[model.recipe], title = model.own || !told ? model.name : told.title;
    return element('li', {}, element('a', {href: `#${idOf(model)}`, title: told?.does}, title));
  });
}

/** A model may be dropped anywhere; what a view takes does not come here. */
function dropped(event: DragEvent): void {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file) void openOwn(file);
}

/** Fills what `index.html` leaves to the texts. */
function translate(): void {
  document.documentElement.lang = TEXTS.language;
  const texts = TEXTS.page as unknown as Record<string, string>;
  for (const place of document.querySelectorAll<HTMLElement>('[data-text]')) {
    place.textContent = texts[place.dataset['text']!]!;
  }
  for (const place of document.querySelectorAll<HTMLElement>('[data-label]')) {
    place.setAttribute('aria-label', texts[place.dataset['label']!]!);
  }
}

async function main(): Promise<void> {
  translate();
  chooseTheme(byId<HTMLSelectElement>('theme'));
  const chooser = byId<HTMLInputElement>('own');
  chooser.addEventListener('change', () => {
    if (chooser.files?.[0]) void openOwn(chooser.files[0]);
    chooser.value = '';
  });
  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  addEventListener('dragleave', (event) => event.relatedTarget === null && document.body.classList.remove('dropping'));
  addEventListener('drop', () => document.body.classList.remove('dropping'), {capture: true});
  addEventListener('drop', dropped);
  const models = await shipped();
  byId('models').replaceChildren(...links(models));
  addEventListener('hashchange', () => openShipped(models));
  // The address may be that of the link already, with a model of one's own in its place.
  byId('models').addEventListener('click', ({target}) => {
    const link = target as HTMLAnchorElement;
    if (link.hash && link.hash === location.hash && !link.hasAttribute('aria-current')) openShipped(models);
  });
  openShipped(models);
  await keepOffline(byId('offline'));
}

main().catch(problem);
