/** The camera's part of the page: a preview, one picture, or one after the other. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import {Camera} from './camera.js';
import type {Pixels} from './resize.js';

interface Listening {
  problem(error: unknown): void;
  opened(): void;
  left(): void;  // the camera is closed
  taken(picture: Pixels): void;
  again(picture: Pixels): Promise<void>;  // the next picture is taken when this one is described
}

export class CameraPanel {
  readonly video = element('video', {hidden: true, muted: true, playsinline: true, 'aria-label': TEXTS.captions.preview});
  readonly button = element('button', {onclick: () => void this.open()}, TEXTS.captions.camera);
  readonly choices = element('div', {class: 'row'});
  private readonly keep = element('button', {'aria-pressed': 'false', onclick: () => void this.follow(!this.following)}, TEXTS.captions.keep);
  private readonly take = element('button', {class: 'primary', onclick: () => this.taken()}, TEXTS.captions.take);
  readonly controls = element('div', {class: 'row', hidden: true}, this.take, this.keep,
    element('button', {
      class: 'quiet', 'aria-label': TEXTS.captions.closeCameraLong, onclick: () => this.ended(),
    }, TEXTS.captions.closeCamera));
  following = false;
  private camera?: Camera;
  private opening = 0;

  constructor(private readonly listening: Listening) {
    this.video.muted = true;
  }

  async open(): Promise<void> {
    const own = ++this.opening;
    this.button.disabled = true;
    try {
      const camera = await Camera.open(this.video, () => this.close());
      if (own !== this.opening) return camera.close();
      this.camera = camera;
      this.listening.opened();
      this.video.hidden = this.controls.hidden = false;
      this.choices.hidden = true;
      document.addEventListener('visibilitychange', this.hidden);
      this.take.focus();
    } catch (error) {
      if (own === this.opening) this.listening.problem(error);
    } finally {
      this.button.disabled = false;
    }
  }

  close(): void {
    this.opening++;
    this.press(false);
    this.camera?.close();
    this.camera = undefined;
    this.video.hidden = this.controls.hidden = true;
    this.choices.hidden = false;
    document.removeEventListener('visibilitychange', this.hidden);
    this.listening.left();
  }

  private ended(): void {
    this.close();
    this.button.focus();
  }

  private taken(): void {
    const picture = this.camera?.picture();
    if (!picture) return;
    this.close();
    this.button.focus();
    this.listening.taken(picture);
  }

  private async follow(on: boolean): Promise<void> {
    this.press(on);
    while (this.following && this.camera) {
      const picture = this.camera.picture();
      try {
        if (picture) await this.listening.again(picture);
      } catch (error) {
        this.close();
        this.listening.problem(error);
      }
      await new Promise((next) => requestAnimationFrame(next));
    }
  }

  private press(on: boolean): void {
    this.following = on;
    this.keep.setAttribute('aria-pressed', String(on));
    this.video.classList.toggle('behind', on);  // the described picture stands before it
  }

  /** Nobody is filmed while nobody looks. */
  private readonly hidden = (): void => {
    if (document.hidden) this.close();
  };
}
