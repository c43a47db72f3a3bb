/** What the page and the worker tell each other. */
import type {Card} from './model_file.js';
import type {Signature} from './tensors.js';

export type Request =
  | {id: number; do: 'start'; script: string; binary: string}  // addresses of the runtime
  | {id: number; do: 'open'; content: ArrayBuffer; name: string}
  | {id: number; do: 'ask'; model: number; input: unknown}
  | {id: number; do: 'keep'; model: number}  // and close all others
  | {id: number; do: 'stop'; asked: number};  // the id of an `ask`

export type Reply =
  | {id: number; part: unknown}
  | {id: number; done: unknown; milliseconds: number}
  | {id: number; failed: string; kind: 'input' | 'cancelled' | 'broken' | 'fault'};

/** What a model says of itself when it is opened. */
export interface Opened {
  id: number;  // by which it is asked
  name: string;
  bytes: number;
  card: Card;
  attachments: string[];
  signatures: Record<string, Signature>;
  about: unknown;  // of its app
}
