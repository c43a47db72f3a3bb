/** What comes next after a history, and which past actions say so. */
import type {App} from '../engine/app.js';
import {InputError} from '../engine/errors.js';
import type {ModelFile} from '../engine/model_file.js';
import {type Items, itemsOf} from './history.js';
import type {Moment, Moments} from './moments.js';
import type {Recommendation} from './recommendation.js';
import {RecommenderModel} from './recommender_model.js';
import {type Entry, entryOf, type Found, Search} from './search.js';

const COUNT = 10;  // recommendations
const SHELF = 24;  // items to begin with
const CATEGORIES = 40;  // more are not offered for choosing
const EXAMPLE = ['two-person-tent', 'espresso-machine', 'sleeping-bag', 'coffee-grinder'];  // of the shipped model

export interface About {
  items: number;
  length: number;  // actions that the model reads
  top: number;  // recommendations that it can give
  repeats: boolean;  // whether what was taken may come again
  times: boolean;  // whether it may be told when the actions were
  parts: string[];  // what decides: a network and what is counted; none: the network alone
  titles: boolean;  // whether items have other names than their ids
  categories: string[];  // to choose from
  shelf: Found;
  example: string[];  // ids of a history to try
}

export type Question =
  | {do: 'recommend'; history: Items; count?: number; times?: Moments | null; now?: Moment}
  | {do: 'rank'; history: Items; candidates: Items}
  | {do: 'find'; text: string; category?: string; limit?: number}
  | {do: 'read'; given: Items}
  | {do: 'prove'};  // that card and graph fit, before the first question

export type Explained = Entry & Recommendation;

export interface Next {
  history: Entry[];  // the oldest first
  unknown: string[];  // ids that the model does not know
  read: number;  // how many of the last actions it read
  asked: number;  // how many items
  recommendations: Explained[];  // best first
}

export function recommender(file: ModelFile): App {
  const model = new RecommenderModel(file), {catalogue, length, top, repeats, times, parts} = model;
  const search = new Search(catalogue), count = Math.min(COUNT, top);
  const shelf = search.find('', undefined, SHELF), own = catalogue.unknown(EXAMPLE).length > 0;
  const about: About = {
    items: catalogue.ids.length, length, top, repeats, times, parts, shelf,
    example: own ? shelf.items.slice(0, EXAMPLE.length).map(({item}) => item) : EXAMPLE,
    titles: catalogue.titles.some((title, position) => title !== catalogue.ids[position]),
    categories: catalogue.categories.length <= CATEGORIES ? [...catalogue.categories] : [],
  };

  async function ask(input: Question): Promise<Next | Found | Entry[] | void> {
    if (input.do === 'find') return search.find(input.text, input.category, input.limit ?? SHELF);
    if (input.do === 'read') return itemsOf(catalogue, input.given).map((item) => entryOf(catalogue, item));
    if (input.do === 'prove') return model.prove();
    const history = itemsOf(catalogue, input.history);
    if (input.do === 'rank') return next(history, 0, await model.rank(history, input.candidates));
    if (input.do !== 'recommend') throw new InputError('ask for recommend, rank, find, read or prove.');
    const asked = input.count ?? count;
    return next(history, asked, await model.recommend(history, asked, input.times ?? null, input.now ?? null));
  }

  function next(history: string[], asked: number, answer: Recommendation[]): Next {
    return {
      history: history.map((item) => entryOf(catalogue, item)),
      unknown: catalogue.unknown(history),
      read: Math.min(history.length, length),
      asked: asked || answer.length,
      recommendations: answer.map((one) => ({...entryOf(catalogue, one.item), ...one})),
    };
  }

  return {about, ask};
}
