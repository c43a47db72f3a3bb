/** The camera, as pictures of what it sees now. */
import {InputError, reason} from '../engine/errors.js';
import {TEXTS} from '../page/texts.js';
import {viewSize} from './picture_file.js';
import type {Pixels} from './resize.js';

const WANTED = {video: {facingMode: {ideal: 'environment'}, width: {ideal: 1280}, height: {ideal: 960}}, audio: false};

export class Camera {
  private readonly canvas = document.createElement('canvas');

  private constructor(readonly video: HTMLVideoElement, private readonly stream: MediaStream) {}

  /** Shows what the camera sees in `video`. `ended` hears when it is taken away. Throws `InputError`. */
  static async open(video: HTMLVideoElement, ended: () => void): Promise<Camera> {
    if (!isSecureContext || !navigator.mediaDevices) throw new InputError(TEXTS.captions.cameraInsecure);
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia(WANTED);
    } catch (error) {
      throw new InputError(sentence(error));
    }
    for (const track of stream.getTracks()) track.addEventListener('ended', ended);
    video.srcObject = stream;
    try {
      await video.play();
    } catch { /* closed meanwhile */ }
    return new Camera(video, stream);
  }

  /** As large as a view is; nothing before the first picture has come. */
  picture(): Pixels | undefined {
    const {videoWidth, videoHeight} = this.video;
    if (!videoWidth || !videoHeight) return undefined;
    const [width, height] = viewSize(videoWidth, videoHeight);
    Object.assign(this.canvas, {width, height});
    const drawing = this.canvas.getContext('2d', {willReadFrequently: true})!;
    drawing.drawImage(this.video, 0, 0, width, height);
    return {pixels: new Uint8Array(drawing.getImageData(0, 0, width, height).data.buffer), width, height};
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
    this.video.srcObject = null;
  }
}

function sentence(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '', texts = TEXTS.captions;
  if (name === 'NotAllowedError' || name === 'SecurityError') return texts.cameraDenied;
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return texts.cameraMissing;
  if (name === 'NotReadableError' || name === 'AbortError') return texts.cameraBusy;
  return texts.cameraFault(reason(error));
}
