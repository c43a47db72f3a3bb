/** Summaries and translations: a text, what was written of it, and where the model looked for each word. */
import {InputError} from '../engine/errors.js';
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {Place, View} from '../page/view.js';
import {beamChoice} from '../writing/beam_view.js';
import {COPIED, type Looks, overall, strengths, together} from './looks.js';
import {LookMap} from './map_view.js';
import type {RewritingAbout, RewritingAnswer, Sofar} from './rewriter.js';
import {ShadedText} from './shaded_view.js';
import {intoText, textPanel} from './text_view.js';
import {WrittenWords} from './written_view.js';

const EXAMPLES: Record<string, () => Promise<string>> = {
  text_summarization: () => fetched('samples/report.txt'),
  translation: async () => TEXTS.texts.sentence,
};

export function rewritingView(place: Place): View {
  const view = new RewritingView(place);
  void view.start();
  return view;
}

class RewritingView implements View {
  private readonly closed = new AbortController();
  private readonly texts: typeof TEXTS.texts.summary;
  private readonly input: HTMLTextAreaElement;
  private readonly written = new WrittenWords(() => this.light());
  private readonly source = new ShadedText((word) => this.owe(word));
  private readonly map = new LookMap((word) => this.written.hover(word));
  private readonly beam: ReturnType<typeof beamChoice>;
  private readonly stop = element('button', {hidden: true, onclick: () => this.asking?.abort()}, TEXTS.texts.stop);
  private readonly facts = element('p', {class: 'soft facts'});
  private readonly note = element('p', {class: 'soft', role: 'note', hidden: true});
  private readonly hint: HTMLElement;
  private readonly lit = element('p', {class: 'soft lit'});
  private readonly aloud = element('p', {class: 'hidden', role: 'status'});
  private readonly shown: HTMLElement;  // what is there once there is an answer
  private asking?: AbortController;
  private looks?: Looks;
  private frame = 0;

  constructor(private readonly place: Place) {
    const {recipe} = place.model.card, about = place.model.about as RewritingAbout, texts = TEXTS.texts;
    this.texts = recipe === 'translation' ? texts.translation : texts.summary;
    this.beam = beamChoice(about.beam, () => void (this.looks && this.answer()));
    const answer = () => void this.answer();
    const panel = textPanel(this.texts.given, answer,
      element('button', {class: 'primary', title: texts.keys, onclick: answer}, this.texts.write), this.stop,
      element('button', {onclick: () => void this.example()}, texts.example), this.beam.root);
    this.input = panel.input;
    intoText(this.input, (error) => place.problem(error), this.closed.signal);
    this.hint = element('p', {class: 'soft'}, this.texts.hint);
    this.shown = element('div', {class: 'shown', hidden: true},
      this.facts, element('h2', {}, texts.source), this.lit, this.source.root);
    place.root.classList.add('rewriting');
    this.map.root.hidden = true;
    const written = element('section', {class: 'panel', 'aria-label': this.texts.written},
      element('h2', {}, this.texts.written), this.hint, this.written.root, this.note, this.shown, this.aloud);
    place.root.append(element('div', {class: 'columns'}, panel.root, written), this.map.root);
  }

  /** Begins with the example where the model is the one that it is for; a server that has none is no fault. */
  async start(): Promise<void> {
    const {recipe, name} = this.place.model.card;
    if (!(name && TEXTS.texts.shipped.includes(name))) return;
    const text = await EXAMPLES[recipe]?.().catch(() => undefined);
    if (!text || this.input.value || this.asking || this.closed.signal.aborted) return;
    this.input.value = text;
    await this.answer();
  }

  close(): void {
    this.closed.abort();
    this.asking?.abort();
    this.map.close();
    cancelAnimationFrame(this.frame);
  }

  private async example(): Promise<void> {
    try {
      this.input.value = await EXAMPLES[this.place.model.card.recipe]!();
      await this.answer();
    } catch (error) {
      this.place.problem(error);
    }
  }

  /** Writes anew; what was being written before is given up. */
  private async answer(): Promise<void> {
    this.asking?.abort();
    const asking = this.asking = new AbortController(), {signal} = asking, text = this.input.value;
    let sofar: Sofar | undefined;
    cancelAnimationFrame(this.frame);
    this.stop.hidden = false;
    this.note.hidden = true;
    try {
      const part = (part: Sofar) => {
        if (signal.aborted) return;
        sofar = part;
        cancelAnimationFrame(this.frame);
        this.frame = requestAnimationFrame(() => this.put(part, text));
      };
      const input = {text, beam: this.beam.value()};
      const {answer, milliseconds} = await this.place.client.ask<RewritingAnswer>(input, {part, signal});
      if (signal.aborted) return;
      this.place.latency(milliseconds / Math.max(1, answer.words.length), TEXTS.texts.aWord);
      this.whole(answer, text);
    } catch (error) {
      this.place.problem(error);
      if (signal.aborted && sofar && this.asking === asking) this.halted(sofar, text);
    } finally {
      if (this.asking === asking) this.stop.hidden = true;
    }
  }

  private whole(answer: RewritingAnswer, text: string): void {
    const {read, tokens, score, beam, words} = answer, texts = TEXTS.texts;
    this.finished(answer, text);
    const copied = this.looks!.copied.filter((share) => share > COPIED).length;
    this.facts.replaceChildren(texts.facts(words.length, copied, score, beam));
    this.note.textContent = read < tokens ? texts.beginning(read, tokens) : '';
    this.note.hidden = read >= tokens;
    this.aloud.textContent = answer.text || texts.noWords;
  }

  private halted(sofar: Sofar, text: string): void {
    this.finished(sofar, text);
    this.facts.textContent = TEXTS.texts.halted;
  }

  private finished(sofar: Sofar, text: string): void {
    cancelAnimationFrame(this.frame);
    this.put(sofar, text);
    this.map.root.hidden = !sofar.words.length;
    if (this.looks) this.map.put(this.looks);
  }

  private put(sofar: Sofar, text: string): void {
    this.looks = together(sofar, text);
    this.hint.hidden = true;
    this.shown.hidden = false;
    this.facts.textContent = '';
    this.written.put(this.looks.words, this.looks.copied);
    if (!sofar.words.length) this.written.root.textContent = TEXTS.texts.noWords;
    this.source.put(this.looks.source, text.slice(sofar.source.at(-1)?.[1] ?? 0));
    this.light();
  }

  /** Shades the text by where the model looked for the word at hand, or for all. */
  private light(): void {
    if (!this.looks) return;
    const {current} = this.written, shares = current === undefined ? overall(this.looks) : this.looks.looked[current]!;
    this.source.shade(strengths(shares), shares);
    const {litByAll, litBy} = TEXTS.texts;
    this.lit.textContent = current === undefined ? litByAll : litBy(this.looks.words[current]!.trim());
    this.map.mark(current);
  }

  /** Shows which of the written words looked at a word of the text. */
  private owe(word: number | undefined): void {
    this.written.owe(word === undefined ? undefined : this.looks?.looked.map((row) => row[word]!));
  }
}

/** Throws `InputError` where it does not come. */
async function fetched(address: string): Promise<string> {
  const response = await fetch(address).catch(() => undefined);
  if (!response?.ok) throw new InputError(TEXTS.texts.noExample);
  return (await response.text()).trim();
}
