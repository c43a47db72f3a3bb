/** The panel of recordings: a file or the example, with its words, its times, and where the model looked. */
import {Cancelled, InputError} from '../engine/errors.js';
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import {averagedAttention} from './columns.js';
import {NEVER_EVENTS, type SoundEvent} from './events.js';
import {LabelBars, nameOf} from './label_bars_view.js';
import {largest} from './numbers.js';
import {Player} from './player.js';
import type {Session} from './session_view.js';
import {type Marked, type Scene, SoundCanvas} from './sound_canvas_view.js';
import {readSound} from './sound_file_view.js';
import type {RecordingAnswer} from './speech.js';
import type {Wave} from './wav.js';

const EXAMPLE = 'samples/recording.flac';
const ACCEPTED = 'audio/*,video/mp4,video/webm,.flac,.opus,.ogg';
const BEFORE = 0.4;  // seconds before a word from which it is played

interface Shown {
  wave: Wave;
  answer: RecordingAnswer;
  name: string;
  scene: Scene;
}

export class RecordingPanel {
  readonly root: HTMLElement;
  private readonly told = TEXTS.speech.recording;
  private readonly chooser = element('input', {type: 'file', accept: ACCEPTED, class: 'hidden', id: 'sound-file'});
  private readonly playing = element('button', {onclick: () => void this.play()}, TEXTS.speech.recording.play);
  private readonly state = element('p', {class: 'soft', role: 'status'});
  private readonly result = element('div', {class: 'said'});
  private readonly picture = new SoundCanvas('');
  private running: AbortController | undefined;
  private player: Player | undefined;
  private shown: Shown | undefined;
  private readonly restyle = (): void => {
    this.picture.restyle();
    this.draw();
  };

  constructor(private readonly session: Session) {
    this.chooser.addEventListener('change', () => {
      const file = this.chooser.files?.[0];
      if (file) void this.open(file.name, () => file.arrayBuffer());
      this.chooser.value = '';
    });
    this.root = element(
      'section', {class: 'panel', 'aria-label': this.told.title},
      element('h2', {}, this.told.title),
      element(
        'div', {class: 'row'},
        element('label', {class: 'button file', for: 'sound-file'}, this.told.open, this.chooser),
        element('button', {onclick: () => void this.example()}, this.told.example), this.playing, this.state,
      ),
      this.picture.canvas, this.result,
    );
    this.picture.canvas.addEventListener('click', ({offsetX}) => {
      if (this.shown) void this.play(this.picture.timeAt(this.shown.scene, offsetX));
    });
    this.playing.hidden = this.picture.canvas.hidden = true;
    this.state.textContent = this.told.hint;
    session.onLabels(() => this.shown && void this.again());
    addEventListener('themechange', this.restyle);
    addEventListener('resize', this.restyle);
  }

  close(): void {
    removeEventListener('themechange', this.restyle);
    removeEventListener('resize', this.restyle);
    this.running?.abort();
    this.running = undefined;
    this.player?.close();
  }

  /** Hears a file in place of the one before. */
  async open(name: string, content: () => Promise<ArrayBuffer>): Promise<void> {
    await this.work(name, async () => {
      const wave = await readSound(await content(), name, this.session.place.client);
      this.player?.close();
      this.player = new Player(wave.samples, wave.rate, () => this.sayPlaying());
      return wave;
    });
  }

  /** The events by another threshold. */
  rethreshold(events: SoundEvent[] | null): void {
    if (!this.shown || !this.shown.answer.events || !events) return;
    const {scene, answer, ...others} = this.shown;
    this.show({...others, answer: {...answer, events}, scene: {...scene, events: marked(events)}});
  }

  private example(): Promise<void> {
    return this.open(this.told.exampleName, async () => {
      const response = await fetch(EXAMPLE).catch(() => null);
      if (!response?.ok) throw new InputError(this.told.noExample);
      return response.arrayBuffer();
    });
  }

  /** The same recording, by other labels. */
  private again(): Promise<void> {
    const {wave, name} = this.shown!;
    return this.work(name, async () => wave);
  }

  private async work(name: string, read: () => Promise<Wave>): Promise<void> {
    this.running?.abort();
    const running = this.running = new AbortController(), {session} = this;
    const bar = element('progress', {max: 1, value: 0, 'aria-label': this.told.reading(name)});
    this.state.replaceChildren(this.told.reading(name), ' ', bar);
    try {
      const wave = await read();
      if (running !== this.running) return;
      const {answer, milliseconds} = await session.ask<RecordingAnswer>(
        {do: 'recording', samples: wave.samples, rate: wave.rate, name},
        {part: (share: number) => (bar.value = share), signal: running.signal},
      );
      if (running !== this.running) return;
      session.place.latency(milliseconds / answer.answers.length, TEXTS.speech.aWindow);
      this.show({wave, answer, name, scene: this.sceneOf(answer)});
      this.sayState();
    } catch (error) {
      if (running !== this.running) return;
      this.sayState();
      if (!(error instanceof Cancelled)) session.place.problem(error);
    }
  }

  private show(shown: Shown): void {
    const {answer, name} = this.shown = shown;
    this.picture.canvas.hidden = this.playing.hidden = false;
    this.sayPlaying();
    const {events} = answer;
    this.picture.label = this.told.picture(name, events ? events.map(({label}) => nameOf(label)) : []);
    if (events) this.result.replaceChildren(...this.eventList(events));
    else this.result.replaceChildren(...this.clip(answer));
    this.draw();
  }

  private sceneOf({answers, columns, duration, envelope, events}: RecordingAnswer): Scene {
    const {frontEnd, frames} = this.session.about, length = frontEnd.samples / frontEnd.rate, first = answers[0]!;
    const clip = events === null;
    const attention = clip
      ? {values: averagedAttention([{...first, start: 0}], frames, length, length), begin: first.start}
      : {values: averagedAttention(answers, frames, length, duration), begin: 0};
    return {
      begin: clip ? Math.min(0, first.start) : 0, end: clip ? Math.max(duration, first.start + length) : duration,
      even: 1 / frames, envelope, spectrogram: columns,
      attention: {...attention, count: attention.values.length, step: length / frames},
      events: marked(events ?? []),
    };
  }

  private eventList(events: readonly SoundEvent[]): HTMLElement[] {
    if (!events.length) return [element('p', {class: 'answer'}, this.told.nothing)];
    return [
      element('p', {class: 'answer', role: 'status'}, events.map(({label}) => nameOf(label)).join(', ')),
      element('ul', {class: 'chips'}, ...events.map(({label, time, score}) => element('li', {}, element(
        'button', {class: 'event', onclick: () => void this.play(time - BEFORE)},
        element('strong', {}, nameOf(label)), ' ', TEXTS.speech.event(TEXTS.page.percent(score), time),
      )))),
    ];
  }

  private clip({answers, labels}: RecordingAnswer): HTMLElement[] {
    const bars = new LabelBars(), {probabilities} = answers[0]!;
    bars.show(labels, probabilities);
    const label = labels[largest(probabilities)]!, text = NEVER_EVENTS.has(label) ? this.told.nothing : nameOf(label);
    return [element('p', {class: 'answer', role: 'status'}, text), bars.root];
  }

  private async play(from?: number): Promise<void> {
    if (!this.player) return;
    if (from === undefined && this.player.time !== undefined) this.player.stop();
    else await this.player.play(from ?? 0).catch(this.session.place.problem);
    this.sayPlaying();
    if (this.player.time !== undefined) requestAnimationFrame(this.frame);
  }

  private readonly frame = (): void => {
    this.draw();
    if (this.player?.time !== undefined) requestAnimationFrame(this.frame);
  };

  private draw(): void {
    if (this.shown) this.picture.draw({...this.shown.scene, playhead: this.player?.time});
  }

  private sayState(): void {
    const {shown} = this;
    this.state.textContent = shown ? this.told.read(shown.name, shown.answer.duration) : this.told.hint;
  }

  private sayPlaying(): void {
    this.playing.textContent = this.player?.time === undefined ? this.told.play : this.told.stop;
  }
}

function marked(events: readonly SoundEvent[]): Marked[] {
  return events.map(({label, time}) => ({time, text: nameOf(label)}));
}
