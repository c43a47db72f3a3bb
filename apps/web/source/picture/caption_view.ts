/** Captions: a picture, the sentence for it, and for each word the map of where the model looked. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {Place, View} from '../page/view.js';
import {CameraPanel} from './camera_view.js';
import type {Caption, Captioned, CaptionsAbout, Part, Shown} from './captions.js';
import {checkSize, chooser, example, listen} from './intake.js';
import {type Layers, layersOf} from './layers_view.js';
import type {Pixels} from './resize.js';
import {calm, Stage} from './stage_view.js';
import {Words} from './words_view.js';

const PACE = 140;  // milliseconds from word to word at least, so that they can be read with their maps
const BEAMS = [1, 2, 3, 5, 8];
const QUIET = 3000;  // milliseconds at least between two sentences that are read out
const NOTHING: Caption = {text: '', words: [], attention: []};

export function captionView(place: Place): View {
  const view = new CaptionView(place);
  void view.start();
  return view;
}

class CaptionView implements View {
  private readonly closed = new AbortController();
  private readonly stage: Stage;
  private readonly words: Words;
  private readonly beam: HTMLSelectElement;
  private readonly camera: CameraPanel;
  private readonly hint = element('p', {class: 'hint soft'}, TEXTS.captions.hint);
  private readonly seen = element('p', {class: 'soft seen'});
  private readonly stop = element('button', {class: 'quiet', hidden: true, onclick: () => this.asking?.abort()}, TEXTS.captions.stop);
  private readonly aloud = element('p', {class: 'hidden', role: 'status'});
  private saidLast = 0;
  private asking?: AbortController;  // of the question at hand
  private shown?: Shown;  // the picture that the sentence is of
  private picture?: Layers;  // as it is drawn

  constructor(private readonly place: Place) {
    const about = place.model.about as CaptionsAbout, texts = TEXTS.captions;
    this.stage = new Stage(about.grid);
    this.words = new Words(about.grid, () => this.point());
    this.beam = beams(about.beam);
    this.beam.addEventListener('change', () => this.shown && void this.describe(this.shown));
    this.camera = new CameraPanel({
      problem: (error) => place.problem(error),
      opened: () => this.forget(),
      left: () => this.left(),
      taken: (picture) => void this.describe(picture),
      again: (picture) => this.follow(picture),
    });
    const frame = element('div', {class: 'frame'}, this.hint, this.stage.canvas, this.camera.video);
    const own = element('button', {onclick: () => void this.example()}, texts.example);
    this.camera.choices.append(chooser((picture) => void this.describe(picture)), this.camera.button, own);
    this.stage.canvas.hidden = true;
    place.root.append(element('div', {class: 'columns captions'},
      element('section', {class: 'panel', 'aria-label': texts.picture}, frame, this.camera.choices, this.camera.controls),
      element('section', {class: 'panel', 'aria-label': texts.sentence},
        element('div', {class: 'row heading'},
          element('h2', {}, texts.sentence),
          element('label', {class: 'row', title: texts.beamMeans}, texts.beam, this.beam)),
        this.words.sentence, element('div', {class: 'row heading'}, this.seen, this.stop), this.words.maps, this.aloud),
    ));
    listen((picture) => void this.describe(picture), this.closed.signal);
  }

  /** Shows the example; a server that has none is no fault. */
  async start(): Promise<void> {
    const picture = await example().catch(() => undefined);
    if (picture && !this.shown && !this.closed.signal.aborted) await this.describe(picture);
  }

  close(): void {
    this.closed.abort();
    this.asking?.abort();
    this.camera.close();
    this.stage.close();
  }

  private async example(): Promise<void> {
    try {
      await this.describe(await example());
    } catch (error) {
      this.place.problem(error);
    }
  }

  /** Describes a picture in place of the one before; its words come one by one. */
  private async describe(shown: Shown): Promise<void> {
    this.asking?.abort();
    const asking = this.asking = new AbortController(), {signal} = asking;
    let sofar = NOTHING, whole = false;
    this.place.solved();
    try {
      if ('file' in shown) await checkSize(shown);
      if (signal.aborted) return;
      this.camera.close();
      if ('pixels' in shown) this.replace(shown, shown);
      this.stop.hidden = false;
      const part = (part: Part) => {
        if (signal.aborted) return;
        if ('view' in part) this.replace(shown, part.view);
        else sofar = part;
      };
      const answered = this.ask(shown, {part, signal}).then((answer) => (sofar = answer)).finally(() => (whole = true));
      const [answer] = await Promise.all([answered, this.walk(() => sofar, () => whole, signal)]);
      if (!signal.aborted) this.told(answer);
    } catch (error) {
      if (!signal.aborted) this.place.problem(error);
    } finally {
      if (this.asking === asking) {
        this.stop.hidden = true;
      }
    }
  }

  private async ask(shown: Shown, listening: {part?: (part: Part) => void; signal?: AbortSignal}): Promise<Captioned> {
    const {answer} = await this.place.client.ask<Captioned>({...shown, beam: Number(this.beam.value)}, listening);
    this.place.latency(answer.milliseconds / Math.max(1, answer.words.length), TEXTS.captions.aWord);
    return answer;
  }

  /** Shows the words as they come, not faster than they can be followed, each with its map. */
  private async walk(sofar: () => Caption, whole: () => boolean, signal: AbortSignal): Promise<void> {
    const quickly = calm();
    let last: number | undefined;  // the word that was shown by itself: whoever points at another is left in peace
    for (let count = 0; !signal.aborted;) {
      const {words} = sofar();
      if (quickly ? whole() : count < words.length) {
        count = quickly ? words.length : count + 1;
        this.words.put(first(sofar(), count), this.picture);
        if (count && this.words.current === last) this.words.choose(last = count - 1);
      }
      if (whole() && count >= sofar().words.length) return;
      await new Promise((done) => setTimeout(done, count ? PACE : PACE / 7));
    }
  }

  /** One picture of many: the sentence and the maps at once, and the word that was chosen stays so. */
  private async follow(picture: Pixels): Promise<void> {
    const answer = await this.ask(picture, {signal: this.closed.signal});
    if (!this.camera.following) return;
    this.put(picture);
    this.words.put(answer, this.picture);
    this.point(true);
    this.told(answer);
  }

  /** What was shown before goes when it is known that the next one is a picture. */
  private replace(shown: Shown, picture: Pixels): void {
    this.shown = shown;
    this.put(picture);
    this.words.put(NOTHING);
    this.words.choose(undefined);
  }

  private put(picture: Pixels): void {
    this.picture = layersOf(picture);
    this.hint.hidden = true;
    this.stage.canvas.hidden = false;
    this.stage.put(this.picture);
  }

  /** Nothing is shown while the camera looks for a picture. */
  private forget(): void {
    this.asking?.abort();
    this.hint.hidden = this.stage.canvas.hidden = true;
    this.picture = this.shown = undefined;
    this.words.put(NOTHING);
    this.words.choose(undefined);
    this.seen.textContent = TEXTS.captions.lookAt;
  }

  private left(): void {
    this.hint.hidden = this.picture !== undefined;
    if (!this.picture) this.seen.textContent = '';
  }

  /** The map of the word that is pointed at. */
  private point(quickly = calm()): void {
    const {current} = this.words, texts = TEXTS.captions;
    this.seen.textContent = current === undefined ? texts.pointAt : this.words.told(current);
    if (current === undefined) return this.stage.show(undefined, texts.plain, quickly);
    this.stage.show(this.words.map(current), texts.mapped(this.words.word(current), this.words.place(current)), quickly);
  }

  /** For those who listen, not more often than they can. */
  private told(answer: Captioned): void {
    const sentence = answer.text || TEXTS.captions.nothing, now = performance.now();
    if (!answer.words.length) this.seen.textContent = sentence;
    if (this.camera.following && (sentence === this.aloud.textContent || now - this.saidLast < QUIET)) return;
    this.aloud.textContent = sentence;
    this.saidLast = now;
  }
}

function first({words, attention}: Caption, count: number): Caption {
  return {text: '', words: words.slice(0, count), attention: attention.slice(0, count)};
}

/** The choice of a beam; the card's is chosen. */
function beams(trained: number): HTMLSelectElement {
  const counts = [...new Set([...BEAMS, trained])].sort((one, other) => one - other);
  const choice = element('select', {}, ...counts.map((count) => element('option', {value: count},
    count === trained ? TEXTS.captions.ofCard(count) : String(count))));
  choice.value = String(trained);
  return choice;
}
