/** The items that a model knows: `items.json`, the item at position `i` being row `FIRST + i` of the graph. */
import {InputError} from '../engine/errors.js';
import {folded, line, some} from './letters.js';

export const ITEMS = 'items.json';
export const UNKNOWN = 1, FIRST = 2;  // row 0 pads, row 1 is any item that the model does not know

export class Catalogue {
  private readonly rows = new Map<string, number>();
  private readonly byTitle = new Map<string, string[]>();
  private known?: Set<string>;

  /** `file` is the name of the model, for sentences. */
  constructor(
    readonly file: string,
    readonly ids: readonly string[],
    readonly titles: readonly string[],
    readonly counts: readonly number[],  // how often each was taken in training; empty where the file does not say
    readonly categories: readonly string[],  // names; none where the file has none that divide the items
    readonly categoryOf: readonly number[],  // of each item, -1 where it has none; empty without categories
  ) {
    ids.forEach((id, position) => {
      const title = folded(titles[position]!), same = this.byTitle.get(title);
      this.rows.set(id, FIRST + position);
      if (same) same.push(id);
      else this.byTitle.set(title, [id]);
    });
  }

  /** How many different ids there are. */
  get size(): number {
    return this.rows.size;
  }

  has(id: string): boolean {
    return this.rows.has(id);
  }

  /** The row of an id, or that of all unknown ones. */
  row(id: string): number {
    return this.rows.get(id) ?? UNKNOWN;
  }

  /** The title of an id; the id itself where the model has no title. */
  title(id: string): string {
    const row = this.rows.get(id);
    return row === undefined ? id : this.titles[row - FIRST]!;
  }

  category(id: string): string | undefined {
    const row = this.rows.get(id);
    return row === undefined ? undefined : this.categories[this.categoryOf[row - FIRST] ?? -1];
  }

  /** Whether a text is an id or a title, letter for letter. */
  names(text: string): boolean {
    this.known ??= new Set([...this.ids, ...this.titles]);
    return this.known.has(text);
  }

  /**
   * The id that somebody means: one, or the title of one item, in any case; undefined where it is neither.
   * Throws `InputError` where several items have the title.
   */
  item(given: string): string | undefined {
    const ids = this.rows.has(given) ? [given] : this.byTitle.get(folded(given)) ?? [];
    if (ids.length > 1) {
      throw new InputError(`${this.file} has several items called ${line(given)}: give the id, as ${some(ids)}.`);
    }
    return ids[0];
  }

  /** The ids that the model does not know, each once. */
  unknown(items: readonly string[]): string[] {
    return [...new Set(items.filter((item) => !this.rows.has(item)))];
  }
}

/** Throws `InputError` where `items.json` is not as it has to be. */
export function catalogueOf(file: string, content: string): Catalogue {
  let columns: any, ids: string[] = [], titles = [''];
  try {
    columns = JSON.parse(content);
    if (!('titles' in columns)) throw new RangeError();
    ids = listed(columns.ids).map(written);
    titles = columns.titles?.length ? listed(columns.titles).map(written) : ids;
  } catch {
    ids = [];
  }
  if (ids.length !== titles.length) {
    throw new InputError(`${file} carries a damaged ${ITEMS}: export the model again.`);
  }
  const counts = fits(columns.counts, ids) && columns.counts.every(Number.isFinite) ? columns.counts : [];
  const {names, ofItem} = categories(columns, ids);
  return new Catalogue(file, ids, titles, counts, names, ofItem);
}

/** Throws where it is no list: `{"length": 1e9}` would become one. */
function listed(column: unknown): unknown[] {
  if (!Array.isArray(column)) throw new RangeError();
  return column;
}

/** `str` of a value of JSON. */
function written(value: unknown): string {
  if (value === null) return 'None';
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}

function fits(column: unknown, ids: readonly string[]): column is any[] {
  return Array.isArray(column) && column.length === ids.length;
}

/** The first field of features, where every item has at most one of its values or is put under its first one. */
function categories(columns: any, ids: readonly string[]): {names: string[]; ofItem: number[]} {
  const names: unknown = columns.feature_names, features: unknown = columns.features, none = {names: [], ofItem: []};
  if (!Array.isArray(names) || !fits(features, ids) || !features.every(Array.isArray)) return none;
  const first = Object.entries(columns.fields ?? {genres: names.length})[0];
  if (!first || typeof first[1] !== 'number') return none;
  const before = first[0] === 'genres' ? 0 : first[0].length + 1;  // other fields stand before their values
  const own = names.slice(0, first[1]).map((name) => written(name).slice(before));
  const ofItem = features.map((values: number[]) => values.find((value) => value >= 0 && value < own.length) ?? -1);
  return own.length > 1 ? {names: own, ofItem} : none;
}
