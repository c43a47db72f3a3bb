/** Which app asks the files of which recipe. */
import {InputError} from './errors.js';
import type {App, Opener} from './app.js';
import type {ModelFile} from './model_file.js';
import {captions} from '../picture/captions.js';
import {classification} from '../text/classification.js';
import {recommender} from '../items/recommender.js';
import {speech} from '../sound/speech.js';
import {summaries} from '../text/summaries.js';
import {translations} from '../text/translations.js';

const OPENERS: Record<string, Opener> = {
  image_captioning: captions,
  recommender,
  speech_commands: speech,
  text_classification: classification,
  text_summarization: summaries,
  translation: translations,
};

/** The app of a file. Throws `InputError` for a recipe that has none here. */
export function appOf(file: ModelFile): App {
  const opener = Object.hasOwn(OPENERS, file.card.recipe) ? OPENERS[file.card.recipe] : undefined;
  if (!opener) throw new InputError(`${file.name} is a model of ${file.card.recipe}, which has no page here.`);
  return opener(file);
}
