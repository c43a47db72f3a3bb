import type {App} from '../engine/app.js';
import type {ModelFile} from '../engine/model_file.js';

export function recommender(file: ModelFile): App {
  throw new Error(`${file.name}: not written yet`);
}
