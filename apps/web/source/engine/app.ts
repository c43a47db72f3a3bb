/** What asks the files of one recipe. It runs in the worker, in Node as well as in a browser, and knows no page. */
import type {ModelFile} from './model_file.js';

export interface Asked {
  part(part: unknown): void;  // tells the page what is known before the answer is whole
  stopped(): boolean;  // whether the user has had enough: long work looks between its steps, and throws `Cancelled`
}

export interface App {
  about: unknown;  // what the page needs to know of the model: structured-clonable
  ask(input: any, asked: Asked): Promise<unknown>;  // the input and the answer are structured-clonable
}

/** Throws `InputError` where a card does not fit its graph. */
export type Opener = (file: ModelFile) => App;
