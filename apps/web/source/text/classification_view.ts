/** What a text is about, told while it is written, and the words that say so. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {Place, View} from '../page/view.js';
import type {ClassificationAbout, ClassificationAnswer} from './classification.js';
import {strengths, strongest} from './looks.js';
import {ShadedText} from './shaded_view.js';
import {intoText, textPanel} from './text_view.js';

const PAUSE = 120;  // milliseconds after the last letter
const LOOKED = 3;  // words that are named

export function classificationView(place: Place): View {
  return new ClassificationView(place);
}

class ClassificationView implements View {
  private readonly closed = new AbortController();
  private readonly about: ClassificationAbout;
  private readonly input: HTMLTextAreaElement;
  private readonly label = element('p', {class: 'answer', role: 'status'});
  private readonly meters = element('ul', {class: 'meters', 'aria-label': TEXTS.texts.labels});
  private readonly source = new ShadedText();
  private readonly looked = element('p', {class: 'soft'});
  private readonly note = element('p', {class: 'soft', role: 'note', hidden: true});
  private readonly hint = element('p', {class: 'soft'}, TEXTS.texts.intents.hint);
  private readonly shown: HTMLElement;
  private waiting = 0;
  private asking = false;

  constructor(private readonly place: Place) {
    const texts = TEXTS.texts, {card} = place.model;
    this.about = place.model.about as ClassificationAbout;
    const panel = textPanel(texts.intents.given, () => void this.answer(),
      element('button', {onclick: () => this.example()}, texts.example),
      element('button', {class: 'quiet', onclick: () => this.clear()}, texts.clear));
    this.input = panel.input;
    this.input.addEventListener('input', () => {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => void this.answer(), PAUSE);
    });
    intoText(this.input, (error) => place.problem(error), this.closed.signal);
    this.shown = element('div', {class: 'shown', hidden: true}, this.meters,
      element('p', {class: 'soft'}, texts.calibrated(this.about.threshold, this.about.outside !== null)),
      element('h2', {}, texts.source), this.source.root, this.looked, this.note);
    place.root.append(element('div', {class: 'columns'}, panel.root,
      element('section', {class: 'panel', 'aria-label': texts.intents.meant},
        element('h2', {}, texts.intents.meant), this.hint, this.label, this.shown)));
    if (typeof card.name === 'string' && texts.shipped.includes(card.name)) this.example();
  }

  close(): void {
    clearTimeout(this.waiting);
    this.closed.abort();
  }

  private example(): void {
    this.put(TEXTS.texts.question);
  }

  private put(text: string): void {
    this.input.value = text;
    void this.answer();
  }

  private clear(): void {
    this.put('');
    this.input.focus();
  }

  /** One question at a time: what is written meanwhile is asked when the answer is there. */
  private async answer(): Promise<void> {
    clearTimeout(this.waiting);
    const text = this.input.value;
    if (!text.trim()) return this.empty();
    if (this.asking) return;
    this.asking = true;
    try {
      const {answer, milliseconds} = await this.place.client.ask<ClassificationAnswer>({text});
      if (!this.closed.signal.aborted && this.input.value.trim()) {
        this.place.latency(milliseconds, TEXTS.texts.anAnswer);
        this.show(answer, text);
      }
    } catch (error) {
      this.empty();
      if (!this.closed.signal.aborted) this.place.problem(error);
    } finally {
      this.asking = false;
    }
    if (!this.closed.signal.aborted && this.input.value !== text) await this.answer();
  }

  private empty(): void {
    this.label.textContent = '';
    this.hint.hidden = false;
    this.shown.hidden = true;
  }

  private show({label, top, words, read, tokens}: ClassificationAnswer, text: string): void {
    const texts = TEXTS.texts, said = label === null ? texts.none : readable(label);
    if (this.label.textContent !== said) this.label.textContent = said;
    this.label.classList.toggle('none', label === null);
    this.hint.hidden = true;
    this.shown.hidden = false;
    this.meters.replaceChildren(...top.map(([name, probability]) => this.meter(name, probability)));
    const shares = words.map(([, share]) => share), whole = words.map(([word]) => word);
    this.source.put(whole, text.slice(whole.join('').length));
    this.source.shade(strengths(shares), shares);
    const most = strongest(shares, LOOKED).filter((at) => whole[at]!.trim());
    const named = most.map((at) => texts.looked(whole[at]!.trim(), shares[at]!));
    this.looked.textContent = texts.lookedMost(named.join(', '));
    this.note.textContent = read < tokens ? texts.beginning(read, tokens) : '';
    this.note.hidden = read >= tokens;
  }

  private meter(name: string, probability: number): HTMLElement {
    const fill = element('span');
    fill.style.setProperty('--share', String(probability));
    const bar = element('span', {class: 'bar', 'aria-hidden': 'true'}, fill), share = TEXTS.texts.share(probability);
    return element('li', {class: 'meter'}, element('span', {}, this.named(name)), bar, element('span', {}, share));
  }

  private named(name: string): string {
    const {labels, outside} = this.about;
    return outside !== null && labels[outside] === name ? TEXTS.texts.none : readable(name);
  }
}

/** Labels are often names for programs: `card_declined`. */
function readable(label: string): string {
  return label.replaceAll('_', ' ');
}
