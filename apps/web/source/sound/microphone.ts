/** The microphone as it is: without echo cancellation, noise suppression and gain, which change words. */
import {InputError, reason} from '../engine/errors.js';
import {TEXTS} from '../page/texts.js';

const TOLD = TEXTS.speech.microphone;
const DENIED = ['NotAllowedError', 'SecurityError'], MISSING = ['NotFoundError', 'OverconstrainedError'];

export class Microphone {
  private constructor(private readonly stream: MediaStream, private readonly context: AudioContext) {}

  /** `heard` gets the samples at the rate of the device, `ended` is called when it goes away. Throws `InputError`. */
  static async open(heard: (samples: Float32Array, rate: number) => void, ended: () => void): Promise<Microphone> {
    if (!isSecureContext || !navigator.mediaDevices?.getUserMedia) throw new InputError(TOLD.insecure);
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1},
      });
    } catch (error) {
      const name = error instanceof DOMException ? error.name : '';
      if (DENIED.includes(name)) throw new InputError(TOLD.denied);
      throw new InputError(MISSING.includes(name) ? TOLD.missing : TOLD.busy(reason(error)));
    }
    const context = new AudioContext(), microphone = new Microphone(stream, context);
    try {
      await context.audioWorklet.addModule('capture.js');
      await context.resume();
    } catch (error) {
      microphone.close();
      throw new InputError(TOLD.busy(reason(error)));
    }
    const node = new AudioWorkletNode(context, 'capture', {channelCount: 1, channelCountMode: 'explicit'});
    node.port.onmessage = ({data}: MessageEvent<Float32Array>) => heard(data, context.sampleRate);
    context.createMediaStreamSource(stream).connect(node);
    node.connect(context.destination);  // a node that leads nowhere is not run; it gives silence
    stream.getAudioTracks()[0]?.addEventListener('ended', ended);
    return microphone;
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
    if (this.context.state !== 'closed') void this.context.close();
  }
}
