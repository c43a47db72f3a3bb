/** Ids of items as people give them: ids or titles between commas, or the content of a file of ids. */
import {InputError} from '../engine/errors.js';
import type {Catalogue} from './catalogue.js';
import {stripped} from './letters.js';
import {table} from './table.js';

const ITEM = 'item', USER = 'user';  // columns of a .csv
const SUFFIXES = ['.txt', '.csv', '.tsv', '.gz', '.json'];
const COMMAS = 5;  // parts of a title between commas

/** A file that somebody gave, read as text. */
export interface TextFile {
  name: string;
  text: string;
}

export type Items = readonly string[] | string | TextFile;  // ids, a text of ids and titles, or a file of ids

/**
 * The ids of what is given as ids or as titles, which may have commas in them; what is neither stays as it is.
 * Throws `InputError` where there is none, a title is that of several items, or a file holds something else.
 */
export function itemsOf(catalogue: Catalogue, given: Items, name = 'history'): string[] {
  if (Array.isArray(given)) {
    if (!given.length) throw new InputError(`the ${name} is empty: give at least one item.`);
    return given.map(String);
  }
  const text = typeof given === 'string', found: string[] = [];
  const parts = text ? readIds(given, (id) => catalogue.names(id)) : readFile(given as TextFile);
  for (let at = 0; at < parts.length;) {
    let item = catalogue.item(parts[at]!), end = at + 1;
    if (item === undefined && text) {
      for (let last = Math.min(at + COMMAS, parts.length); last > end; last--) {
        item = catalogue.item(parts.slice(at, last).join(', '));
        if (item !== undefined) end = last;  // which ends the loop as well
      }
    }
    found.push(item ?? parts[at]!);
    at = end;
  }
  return found;
}

/** The ids of a text, in its order, without the blanks around them. `known` says what is never a misspelt path. */
export function readIds(text: string, known: (id: string) => boolean = () => false): string[] {
  const path = SUFFIXES.some((suffix) => text.toLowerCase().endsWith(suffix));
  if (path && !text.includes(',') && !known(stripped(text))) {
    throw new InputError(`${text} is neither a file nor an item of the model: check the spelling of its path.`);
  }
  const ids = filled(text.split(','));
  if (!ids.length) throw new InputError('a list of ids is empty: give ids like A,B,C or the path of a file.');
  return ids;
}

/** The ids of a file with one in each line, or of a `.csv` or `.tsv` whose header has the column `item`. */
export function readFile({name, text}: TextFile): string[] {
  if (text.includes('\0')) throw new InputError(`${name} is no text in UTF-8: write one id per line.`);
  const lines = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const delimiter = {csv: ',', tsv: '\t'}[/\.(csv|tsv)$/i.exec(name)?.[1]?.toLowerCase() ?? ''];
  const ids = delimiter ? column(name, lines, delimiter) : filled(lines.split('\n'));
  if (!ids.length) throw new InputError(`${name} is an empty history: write one id per line.`);
  return ids;
}

/** The column `item` of a table, or its only column when it has no header. */
function column(name: string, text: string, delimiter: string): string[] {
  const rows = table(name, text, delimiter).map(({line, cells}) => ({line, cells: cells.map(stripped)}))
    .filter(({cells}) => cells.some((cell) => cell));
  const header = rows[0]?.cells ?? [], place = header.indexOf(ITEM), user = header.indexOf(USER);
  if (place < 0) {
    if (rows.some(({cells}) => cells.length > 1)) {
      throw new InputError(`${name} has no column '${ITEM}' in its first line: name the column of the ids so.`);
    }
    return rows.map(({cells}) => cells[0]!);
  }
  for (const {line, cells} of rows.slice(1)) {
    if (cells.length !== header.length || !cells[place]) {
      throw new InputError(`${name} line ${line} has no ${ITEM} where the header says: correct or remove the line.`);
    }
  }
  const users = new Set(user < 0 ? [] : rows.slice(1).map(({cells}) => cells[user]));
  if (users.size > 1) {
    throw new InputError(`${name} holds the actions of ${users.size.toLocaleString('en')} users: keep those of one.`);
  }
  return rows.slice(1).map(({cells}) => cells[place]!);
}

function filled(cells: readonly string[]): string[] {
  return cells.map(stripped).filter((cell) => cell);
}
