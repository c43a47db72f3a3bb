/** Tables as text, cell by cell: what Python's `csv.reader` reads when it is strict. */
import {InputError} from '../engine/errors.js';

export interface Row {
  line: number;  // on which it ends, from 1
  cells: string[];
}

/** The rows of a table whose lines end in `\n`. Throws `InputError` where quotes are not as they have to be. */
export function table(name: string, text: string, delimiter: string): Row[] {
  const rows: Row[] = [];
  let cells: string[] = [], cell = '', line = 0, state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  const broken = (reason: string) => (
    new InputError(`${name} line ${line} is no CSV (${reason}): write one id per line.`));
  for (const [number, content] of text.split(/(?<=\n)/).entries()) {
    line = number + 1;
    for (const letter of content.endsWith('\n') ? content : `${content}\n`) {
      if (state === 'quoted') {
        if (letter === '"') state = 'closed';
        else if (letter !== '\n' || content.endsWith('\n')) cell += letter;
      } else if (state === 'closed' && letter === '"') {
        cell += letter;
        state = 'quoted';
      } else if (letter === delimiter || letter === '\n') {
        if (letter === delimiter || cells.length || cell || state !== 'start') cells.push(cell);
        if (letter === '\n') {
          rows.push({line, cells});
          cells = [];
        }
        cell = '';
        state = 'start';
      } else if (state === 'closed') {
        throw broken(`'${delimiter}' expected after '"'`);
      } else if (state === 'start' && letter === '"') {
        state = 'quoted';
      } else {
        cell += letter;
        state = 'plain';
      }
    }
  }
  if (state === 'quoted') throw broken('unexpected end of data');
  return rows;
}
