import {catalogueOf} from '../../../../apps/web/source/items/catalogue.js';
import {type Items, itemsOf, readFile, readIds} from '../../../../apps/web/source/items/history.js';
import {folded, line, stripped} from '../../../../apps/web/source/items/letters.js';
import {type Moment, type Moments, secondsOf} from '../../../../apps/web/source/items/moments.js';
import {aligned} from '../../../../apps/web/source/items/recommendation.js';
import {RecommenderModel} from '../../../../apps/web/source/items/recommender_model.js';
import {opened} from './files.js';

const models: Record<string, RecommenderModel> = {};

async function model(path: string): Promise<RecommenderModel> {
  return models[path] ??= new RecommenderModel(await opened(path));
}

export const items = {
  recommend: async (path: string, history: Items, count: number, times: Moments | null, now: Moment) =>
    (await model(path)).recommend(history, count, times, now),
  rank: async (path: string, history: Items, candidates: Items) => (await model(path)).rank(history, candidates),
  items_of: async (path: string, given: Items) => itemsOf((await model(path)).catalogue, given),
  ids_of_text: (text: string, known: string[]) => readIds(text, (id) => known.includes(id)),
  ids_of_file: (name: string, text: string) => readFile({name, text}),
  catalogue: (content: string) => {
    const {ids, titles} = catalogueOf('the model', content);
    return {ids, titles};
  },
  folded_titles: (texts: string[]) => texts.map(folded),
  stripped_ids: (texts: string[]) => texts.map(stripped),
  lines_of_titles: (texts: string[]) => texts.map((text) => line(text)),
  aligned_scores: aligned,
  seconds_of: (moments: Moment[]) => moments.map((moment) => {
    try {
      return secondsOf(moment);
    } catch (error) {
      return (error as Error).message;
    }
  }),
};
