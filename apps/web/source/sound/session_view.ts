/** What the panels of the page of speech share. */
import type {Listening, Told} from '../page/client.js';
import type {Place} from '../page/view.js';
import type {SpeechAbout, SpeechInput} from './speech.js';

export class Session {
  readonly about: SpeechAbout;
  labels: readonly string[];
  private readonly changed: (() => void)[] = [];

  constructor(readonly place: Place) {
    this.about = place.model.about as SpeechAbout;
    this.labels = this.about.labels;
  }

  ask<T>(input: SpeechInput, listening?: Listening): Promise<Told<T>> {
    return this.place.client.ask<T>(input, listening);
  }

  /** `hear` is called when words were learnt or forgotten. */
  onLabels(hear: () => void): void {
    this.changed.push(hear);
  }

  relabel(labels: readonly string[]): void {
    this.labels = labels;
    for (const hear of this.changed) hear();
  }
}
