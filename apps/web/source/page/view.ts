/** What shows the models of one recipe. */
import type {Opened} from '../engine/messages.js';
import type {Asks} from './client.js';

export interface Place {
  root: HTMLElement;  // empty, and the view's own
  model: Opened;
  client: Asks;  // asks this model, and no other that was opened since
  latency(milliseconds: number, of: string): void;  // shown in the header: "3.1 ms a word"
  problem(error: unknown): void;  // a sentence for the user; what was cancelled says nothing
  solved(): void;  // takes that sentence away, when the next thing is tried
}

export interface View {
  close(): void;  // ends listening, timers, cameras and microphones
}

export type Viewer = (place: Place) => View;
