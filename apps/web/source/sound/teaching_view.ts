/** The panel that teaches a word: its name, three recordings, what came of it, and the words that were learnt. */
import {InputError} from '../engine/errors.js';
import {element, sharpen, colour} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import {keepWords, keptWords} from './kept_words_view.js';
import {nameOf} from './label_bars_view.js';
import {Microphone} from './microphone.js';
import {joined} from './resample.js';
import type {Session} from './session_view.js';
import type {Learnt} from './speech.js';
import {envelopeOf} from './trace.js';

const TAKES = 3;
const MORE = 0.5;  // seconds beyond a window, for those who are slow to begin: the loudest window is taken
const COUNTED = 3, BEAT = 600;  // of the countdown; milliseconds
const COLUMNS = 80, HEIGHT = 56;

export class TeachingPanel {
  readonly root: HTMLElement;
  private readonly told = TEXTS.speech.teaching;
  private readonly name = element(
    'input', {type: 'text', id: 'word', maxlength: 40, autocomplete: 'off', autocapitalize: 'none'},
  );
  private readonly button = element('button', {type: 'submit'});
  private readonly prompt = element('p', {class: 'prompt', 'aria-hidden': 'true'});
  private readonly aloud = element('p', {class: 'hidden', role: 'status'});  // the prompt without the countdown
  private readonly progress = element('progress', {max: 1, value: 0, 'aria-hidden': 'true'});
  private readonly takes = element('div', {class: 'takes'});
  private readonly result = element('div', {class: 'said', 'aria-live': 'polite'});
  private readonly list = element('ul', {class: 'learnt'});
  private microphone: Microphone | undefined;
  private recording: Float32Array[] | undefined;
  private rate = 0;
  private stopped = false;

  /** `quiet` ends whatever else uses the microphone. */
  constructor(private readonly session: Session, private readonly quiet: () => Promise<void>) {
    const {cannotLearn} = session.about, form = element(
      'form', {class: 'row', onsubmit: (event: Event) => void this.submit(event)},
      element('label', {class: 'new-word', for: 'word'}, this.told.name, this.name), this.button,
    );
    this.root = element(
      'section', {class: 'panel', 'aria-label': this.told.title},
      element('h2', {}, this.told.title),
      element('p', {class: 'soft'}, cannotLearn ?? this.told.how(TAKES)),
      ...(cannotLearn ? [] : [form, this.prompt, this.progress, this.aloud, this.takes, this.result, this.list]),
    );
    this.progress.hidden = true;
    this.say();
  }

  /** Puts the words in place that were learnt on this device before. */
  async restore(): Promise<void> {
    if (this.session.about.cannotLearn) return;
    const words = keptWords(this.session.about.digest);
    try {
      const {answer} = await this.session.ask<Learnt>({do: 'learnt', words});
      this.show(answer);
    } catch (error) {
      this.session.place.problem(error);
    }
  }

  close(): void {
    this.stopped = true;
    this.microphone?.close();
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.microphone) {
      this.stopped = true;
      return;
    }
    const word = this.name.value.trim();
    try {
      if (!word) throw new InputError(this.told.unnamed);
      await this.quiet();
      const takes = await this.record(word);
      if (!takes) return this.say();
      this.prompt.textContent = this.aloud.textContent = this.told.learning(word);
      const {answer} = await this.session.ask<Learnt>({do: 'enrol', word, takes, rate: this.rate});
      this.name.value = '';
      this.show(answer);
    } catch (error) {
      this.session.place.problem(error);
    } finally {
      this.prompt.textContent = this.aloud.textContent = '';
      this.say();
    }
  }

  /** The recordings of a word; undefined where the user has had enough. */
  private async record(word: string): Promise<Float32Array[] | undefined> {
    const {frontEnd} = this.session.about, takes: Float32Array[] = [];
    const seconds = frontEnd.samples / frontEnd.rate + MORE;
    this.result.replaceChildren();
    this.takes.replaceChildren();
    this.microphone = await Microphone.open((samples, rate) => {
      this.rate = rate;
      this.recording?.push(samples);
    }, () => (this.stopped = true));
    this.say();
    this.stopped = !this.root.isConnected;
    try {
      while (takes.length < TAKES) {
        for (let count = COUNTED; count > 0 && !this.stopped; count--) {
          await this.beat(this.told.ready(word, takes.length + 1, TAKES, count), BEAT);
        }
        this.recording = [];
        this.now(true, this.told.now(word));
        if (!this.stopped) await this.beat(this.told.now(word), 1000 * seconds);
        this.now(false);
        const take = joined(this.recording);
        this.recording = undefined;
        if (this.stopped) return undefined;
        takes.push(take);
        this.takes.append(picture(take, this.told.take(takes.length)));
      }
      return takes;
    } finally {
      this.recording = undefined;
      this.microphone?.close();
      this.microphone = undefined;
    }
  }

  /** Whether the word is to be said now. */
  private now(yes: boolean, text = ''): void {
    this.prompt.classList.toggle('now', yes);
    this.progress.hidden = !yes;
    this.aloud.textContent = text;
  }

  /** A text for so long, or until it is stopped. */
  private async beat(text: string, milliseconds: number): Promise<void> {
    this.prompt.textContent = text;
    const begin = performance.now();
    for (let share = 0; share < 1 && !this.stopped; share = (performance.now() - begin) / milliseconds) {
      this.progress.value = share;
      await new Promise((ready) => setTimeout(ready, 50));
    }
  }

  private async forget(word: string): Promise<void> {
    try {
      this.show((await this.session.ask<Learnt>({do: 'forget', word})).answer);
      this.result.replaceChildren(element('p', {}, this.told.forgotten(word)));
      this.name.focus();
    } catch (error) {
      this.session.place.problem(error);
    }
  }

  private show({labels, words, enrolled}: Learnt): void {
    const kept = keepWords(this.session.about.digest, words);
    this.list.replaceChildren(...words.map(({word, recordings}) => element(
      'li', {class: 'row'},
      element('strong', {}, word), element('span', {class: 'soft'}, this.told.recordings(recordings)),
      element(
        'button', {class: 'quiet', onclick: () => void this.forget(word)},
        this.told.forget, element('span', {class: 'hidden'}, ` ${word}`),
      ),
    )));
    if (enrolled) {
      const {alike, missed, odd, recordings} = enrolled, remarks = [
        alike.length > 0 && this.told.alike(alike.map(nameOf)),
        odd.length > 0 && (odd.length === recordings ? this.told.unlike : this.told.odd(odd)),
        missed.length > 0 && this.told.missed(missed.map(({recording, heard}) => ({recording, heard: nameOf(heard)}))),
        !kept && this.told.notKept,
      ].filter((remark) => remark !== false);
      const lines = remarks.map((remark) => element('p', {class: 'soft'}, remark));
      this.result.replaceChildren(element('p', {}, this.told.learnt(enrolled)), ...lines);
    }
    this.session.relabel(labels);
  }

  private say(): void {
    this.button.textContent = this.microphone ? this.told.stop : this.told.record(TAKES);
  }
}

/** A recording as a small waveform. */
function picture(take: Float32Array, label: string): HTMLElement {
  const canvas = element('canvas', {role: 'img', 'aria-label': label}), width = 2 * COLUMNS;
  const {values, count} = envelopeOf(take, COLUMNS);
  const drawing = sharpen(canvas, width, HEIGHT), peak = Math.max(0.02, ...values.map(Math.abs));
  canvas.style.setProperty('width', `${width}px`);
  canvas.style.setProperty('height', `${HEIGHT}px`);
  drawing.fillStyle = colour('--ink');
  for (let column = 0; column < count; column++) {
    const [low, high] = [values[2 * column]! / peak, values[2 * column + 1]! / peak];
    drawing.fillRect(2 * column, (HEIGHT / 2) * (1 - high), 1.5, Math.max(1, (HEIGHT / 2) * (high - low)));
  }
  return canvas;
}
