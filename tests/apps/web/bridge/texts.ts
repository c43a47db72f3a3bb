import {decodingOf, search, withBeam, type Decoding} from '../../../../apps/web/source/writing/beam.js';
import {written} from '../../../../apps/web/source/writing/decode_step.js';
import {opened} from './files.js';

export const texts = {
  decoding: (facts: any, beam?: number | null) => withBeam(decodingOf(facts), beam),
  /** A search whose scores follow from the place, the last token and how often 6 came: `[index][token][sixes][words]`. */
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
    const writing = {stopped: () => sofar.length >= most, sofar: ({tokens}: {tokens: number[]}) => void sofar.push(tokens)};
    const best = await written(await opened(path), inputs, withBeam(decodingOf(facts), beam), told, writing);
    return {...best, score: Number.isNaN(best.score) ? null : best.score, sofar};
  },
};
