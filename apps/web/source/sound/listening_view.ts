/** The panel that listens: what the microphone hears, where the model looks, and the words as they are said. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import {LabelBars, nameOf} from './label_bars_view.js';
import {NEVER_EVENTS, type SoundEvent} from './events.js';
import type {LiveAnswer} from './live.js';
import {LiveTrace, SPAN} from './live_trace.js';
import {Microphone} from './microphone.js';
import {Pump} from './pump.js';
import type {Session} from './session_view.js';
import {SoundCanvas} from './sound_canvas_view.js';

const CHUNK = 0.1, MOST = 3;  // seconds: sent to the model at a time; that may wait for it
const BEHIND = 0.2;  // seconds that the picture lags, so that its right edge is whole
const SHOWN = 8;  // events in the list
const FRAME = 30;  // milliseconds between two pictures at least
const SMOOTH = 0.9;  // share of the latency before in the one that is told

export class ListeningPanel {
  readonly root: HTMLElement;
  private readonly told = TEXTS.speech;
  private readonly button = element('button', {class: 'primary listen', onclick: () => void this.toggle()});
  private readonly hint = element('p', {class: 'soft', role: 'status'});
  private readonly newest = element('p', {class: 'answer heard', 'aria-live': 'polite'});
  private readonly list = element('ol', {class: 'chips'});
  private readonly bars = new LabelBars();
  private readonly picture = new SoundCanvas(TEXTS.speech.livePicture);
  private readonly shown = element(
    'div', {class: 'live'}, this.picture.canvas,
    element('div', {class: 'columns'}, this.bars.root, element('div', {class: 'said'}, this.newest, this.list)),
  );
  private microphone: Microphone | undefined;
  private trace: LiveTrace | undefined;
  private pump: Pump | undefined;
  private starting = false;
  private closed = false;
  private at = 0;  // when the last sound came in
  private milliseconds = 0;
  private drawnAt = 0;
  private readonly restyle = (): void => {
    this.picture.restyle();
    this.draw();
  };

  constructor(private readonly session: Session) {
    this.root = element(
      'section', {class: 'panel', 'aria-label': this.told.listenTitle},
      element('div', {class: 'row'}, this.button, this.hint),
      this.shown,
    );
    this.shown.hidden = true;
    session.onLabels(() => this.relabel());
    this.relabel();
    addEventListener('themechange', this.restyle);
    addEventListener('resize', this.restyle);
  }

  close(): void {
    removeEventListener('themechange', this.restyle);
    removeEventListener('resize', this.restyle);
    this.microphone?.close();
    this.microphone = undefined;
    this.pump?.clear();
    this.closed = true;
  }

  /** Ends listening; resolves when the last event is there. */
  async stop(): Promise<void> {
    const {microphone, pump} = this;
    if (!microphone) return;
    microphone.close();
    this.microphone = undefined;
    this.say();
    await pump?.idle();
    await this.end(this.trace?.offset ?? 0);
  }

  private async toggle(): Promise<void> {
    if (this.microphone) return this.stop();
    if (this.starting) return;
    this.starting = true;
    this.hint.textContent = this.told.starting;
    try {
      await this.session.ask({do: 'reset'});
      this.trace = this.pump = undefined;
      this.list.replaceChildren();
      this.newest.replaceChildren();
      const microphone = await Microphone.open((samples, rate) => this.hear(samples, rate), () => void this.stop());
      if (!this.root.isConnected) return microphone.close();
      this.microphone = microphone;
      this.shown.hidden = false;
      requestAnimationFrame(this.frame);
    } catch (error) {
      this.fail(error);
    } finally {
      this.starting = false;
      this.say();
    }
  }

  private hear(samples: Float32Array, rate: number): void {
    this.trace ??= new LiveTrace(this.session.about, rate);
    this.pump ??= new Pump((chunk) => this.send(chunk, rate), CHUNK * rate, MOST * rate, () => this.skip());
    this.trace.hear(samples);
    this.at = performance.now();
    this.pump.push(samples);
  }

  private async send(samples: Float32Array, rate: number): Promise<void> {
    const offset = this.trace!.offset;
    try {
      const {answer, milliseconds} = await this.session.ask<LiveAnswer>({do: 'listen', samples, rate});
      const windows = answer.answers.length;
      if (windows) {
        const each = milliseconds / windows;
        this.milliseconds = this.milliseconds ? SMOOTH * this.milliseconds + (1 - SMOOTH) * each : each;
        this.session.place.latency(this.milliseconds, this.told.aWindow);
      }
      this.answer(answer, offset);
    } catch (error) {
      this.fail(error);
      void this.stop();
    }
  }

  /** What another model says to the last question of this one is of no interest. */
  private fail(error: unknown): void {
    if (!this.closed) this.session.place.problem(error);
  }

  /** The model is far behind: it goes on with what is said now. */
  private skip(): void {
    const offset = this.trace!.offset;
    this.trace!.skip();
    void this.end(offset);
  }

  /** Ends the stream of the model, whose last events come back. */
  private async end(offset: number): Promise<void> {
    try {
      this.answer((await this.session.ask<LiveAnswer | null>({do: 'reset'})).answer, offset);
    } catch (error) {
      this.fail(error);
    }
  }

  private answer(answer: LiveAnswer | null, offset: number): void {
    if (!answer || !this.trace) return;
    const events = this.trace.add(answer, offset), last = answer.answers.at(-1);
    if (last && this.microphone) this.bars.show(answer.labels, last.probabilities);
    for (const event of events) this.tell(event);
    if (!this.microphone) this.draw();
  }

  private tell({label, time, score}: SoundEvent): void {
    const {list, newest} = this;
    if (newest.firstChild) list.prepend(element('li', {class: 'chip'}, newest.textContent));
    const told = this.told.event(TEXTS.page.percent(score), time);
    newest.replaceChildren(nameOf(label), ' ', element('span', {class: 'soft'}, told));
    this.newest.classList.remove('fresh');
    void this.newest.offsetWidth;  // so that the motion begins anew
    this.newest.classList.add('fresh');
    while (list.children.length > SHOWN) list.lastChild!.remove();
  }

  private readonly frame = (now: number): void => {
    if (!this.microphone) return;
    if (now - this.drawnAt >= FRAME) {
      this.drawnAt = now;
      this.draw();
    }
    requestAnimationFrame(this.frame);
  };

  private draw(): void {
    const {trace, session} = this;
    if (!trace || this.shown.hidden) return;
    const running = this.microphone ? Math.min(0.1, (performance.now() - this.at) / 1000) : 0;
    const end = Math.max(SPAN, trace.captured + running - BEHIND);
    this.picture.draw({
      begin: end - SPAN, end, envelope: trace.waveform, spectrogram: trace.spectrogram, attention: trace.looks,
      even: 1 / session.about.frames, events: trace.events.map(({label, time}) => ({time, text: nameOf(label)})),
    });
  }

  private relabel(): void {
    this.bars.show(this.session.labels, []);
    this.say();
  }

  private say(): void {
    const on = this.microphone !== undefined, words = this.session.labels.filter((label) => !NEVER_EVENTS.has(label));
    this.button.textContent = on ? this.told.stop : this.told.listen;
    this.button.classList.toggle('on', on);
    this.hint.textContent = on ? this.told.listening(words) : this.told.sayOne(words);
  }
}
