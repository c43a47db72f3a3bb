import {recased, written as writtenWords} from '../../../../apps/web/source/text/capitals.js';
import {tempered} from '../../../../apps/web/source/text/calibration.js';
import {overall, strongest, together} from '../../../../apps/web/source/text/looks.js';
import {joined, spelt, wordsOf} from '../../../../apps/web/source/text/rewritten.js';
import type {Sofar} from '../../../../apps/web/source/text/rewriter.js';
import type {Tokenizer, Tokenizes} from '../../../../apps/web/source/text/tokenizer.js';
import {opened as openedTokenizer} from '../../../../apps/web/source/text/tokenizer_file.js';
import {caseless, isSpace, lower, stripped, titled} from '../../../../apps/web/source/text/unicode.js';
import {fold} from '../../../../apps/web/source/text/wordpiece.js';
import {decodingOf, search, withBeam, type Decoding} from '../../../../apps/web/source/writing/beam.js';
import {written} from '../../../../apps/web/source/writing/decode_step.js';
import {opened} from './files.js';

const tokenizers: Record<string, Tokenizes> = {};

/** The tokenizer of a JSON, made once. */
function tokenizer(json: string): Tokenizes {
  return tokenizers[json] ??= openedTokenizer(json);
}

const EMPTY = 0x40000, TAGS = 0xe0000, PRIVATE = 0xe2000;  // no character is assigned between, or from the last one on

/** What becomes of each character, by its code, where that is not itself; halves are left out. */
function changes(of: (character: string) => string): Record<number, string> {
  const changed: Record<number, string> = {};
  for (let code = 0; code < PRIVATE; code++) {
    if ((code >= 0xd800 && code < 0xe000) || (code >= EMPTY && code < TAGS)) continue;
    const character = String.fromCodePoint(code), became = of(character);
    if (became !== character) changed[code] = became;
  }
  return changed;
}

const CATEGORIES = ['L', 'Mn', 'M', 'N', 'P', 'Cc', 'Cf'].map(
  (name) => [name, new RegExp(`\\p{${name}}`, 'u')] as const,
);
const UNKNOWN = /\p{Cn}/u;

export const texts = {
  encode: (json: string, text: string, most?: number) => tokenizer(json).encode(text, most ?? undefined),
  pieces: (json: string, text: string, most?: number) => (
    tokenizer(json).pieces(text, most ?? undefined).map(({id, start, end}) => [id, start, end])
  ),
  clean: (json: string, text: string) => (tokenizer(json) as Tokenizer).clean(text),
  decode: (json: string, ids: number[]) => (tokenizer(json) as Tokenizer).decode(ids),
  characters: () => ({
    category: changes((character) => (
      UNKNOWN.test(character) ? character : CATEGORIES.find(([, pattern]) => pattern.test(character))?.[0] ?? 'O'
    )),
    lower: changes(lower),
    titled: changes((character) => (lower(character) === character ? titled(character) : character)),
    caseless: changes(caseless),
    folded: changes(fold),
    space: changes((character) => (isSpace(character) ? 'space' : character)),
    composed: changes((character) => character.normalize('NFC')),
    decomposed: changes((character) => character.normalize('NFD')),
  }),
  stripped,
  recased: (summary: string, document: string, copied: boolean[] | null, plain: string[]) => (
    recased(summary, document, copied ?? undefined, new Set(plain))
  ),
  writtenWords,
  looks: (sofar: Sofar, text: string) => {
    const looks = together(sofar, text);
    return {...looks, overall: overall(looks), strongest: looks.looked.map((row) => strongest(row, 3))};
  },
  spelt: (tokens: number[][]) => spelt(tokens.map((token) => Uint8Array.from(token))),
  joined,
  wordsOf,
  tempered: (given: Float32Array, temperature: number) => Float64Array.from(tempered(given, temperature)),
  decoding: (facts: any, beam?: number | null) => withBeam(decodingOf(facts), beam),
  /** A search whose scores follow from place, last token and how often 6 came: `[index][token][sixes][words]`. */
  searched: async (table: Float64Array, sizes: [number, number, number], decoding: Decoding) => {
    const [tokens, sixes, words] = sizes, parts: number[][] = [];
    const step = async (token: number, index: number, state: number) => {
      const now = state + Number(token === 6);
      const at = ((index * tokens + token) * sixes + Math.min(now, sixes - 1)) * words;
      const told = {attention: Float32Array.of(token + 100 * index, now), copied: Float32Array.of(token / 7)};
      return {scores: table.subarray(at, at + words), told, state: now};
    };
    const best = await search(step, 0, decoding, (sofar) => void parts.push(sofar.tokens));
    return {...best, score: best.score === -Infinity ? null : best.score, parts};
  },
  /** What a model writes for an input, and what it tells of each word. */
  written: async (path: string, inputs: any, facts: any, beam: number | null, told: string[], most = Infinity) => {
    const sofar: number[][] = [];
    const writing = {
      stopped: () => sofar.length >= most,
      sofar: ({tokens}: {tokens: number[]}) => void sofar.push(tokens),
    };
    const best = await written(await opened(path), inputs, withBeam(decodingOf(facts), beam), told, writing);
    return {...best, score: Number.isNaN(best.score) ? null : best.score, sofar};
  },
};
