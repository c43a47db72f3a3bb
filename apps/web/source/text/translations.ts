/** Translations: a sentence in another language, and where the model looked for each word. */
import type {App} from '../engine/app.js';
import type {ModelFile} from '../engine/model_file.js';
import {rewriting, said} from './rewriter.js';

export function translations(file: ModelFile): App {
  return rewriting(file, 'the sentence is empty: give what is to be translated.', () => said);
}
