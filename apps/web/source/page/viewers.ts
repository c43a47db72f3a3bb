/** Which view shows the models of which recipe. */
import type {Viewer} from './view.js';
import {captionView} from '../picture/caption_view.js';
import {classificationView} from '../text/classification_view.js';
import {recommenderView} from '../items/recommender_view.js';
import {rewritingView} from '../text/rewriting_view.js';
import {speechView} from '../sound/speech_view.js';

export const VIEWERS: Record<string, Viewer> = {
  image_captioning: captionView,
  recommender: recommenderView,
  speech_commands: speechView,
  text_classification: classificationView,
  text_summarization: rewritingView,
  translation: rewritingView,
};
