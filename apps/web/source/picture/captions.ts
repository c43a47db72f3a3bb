import type {App} from '../engine/app.js';
import type {ModelFile} from '../engine/model_file.js';

export function captions(file: ModelFile): App {
  throw new Error(`${file.name}: not written yet`);
}
