/** A recommender's file: what it takes and gives, and the two ways to ask it. */
import {InputError} from '../engine/errors.js';
import {check, fitting, type ModelFile} from '../engine/model_file.js';
import {type Specs, sizeOf, type Values} from '../engine/tensors.js';
import {Catalogue, catalogueOf, FIRST, ITEMS} from './catalogue.js';
import {type Items, itemsOf} from './history.js';
import {some} from './letters.js';
import {type Moment, type Moments, momentsOf, secondsOf, UNKNOWN_TIME} from './moments.js';
import {explained, type Recommendation} from './recommendation.js';

const PARTS = 'parts.json';  // attached where it counts besides: [{"part": "network", "share": 0.4}, ...]

export class RecommenderModel {
  readonly catalogue: Catalogue;
  readonly length: number;  // actions that it reads
  readonly top: number;  // items that it gives
  readonly candidates: number;  // items that it ranks in one call
  readonly repeats: boolean;  // whether items of the history may come again
  readonly times: boolean;  // whether it may be told when the actions were
  readonly parts: string[];  // names of what decides: a network and what is counted; none: the network alone
  private proven?: Promise<void>;

  /** Throws `InputError` where the file is not whole, or card and graph do not fit. */
  constructor(readonly file: ModelFile) {
    const {facts} = file;
    this.catalogue = catalogueOf(file.name, file.text(ITEMS));
    this.length = whole(facts['length']);
    this.top = whole(facts['top']);
    this.candidates = whole(facts['candidates']);
    this.repeats = Boolean(facts['repeats']);
    this.times = Boolean(facts['times']);
    this.parts = fitting(file, () => partsOf(file));
    fitting(file, () => {
      const {ids, size} = this.catalogue, {recommend, rank, score} = file.signatures;
      const history = {history: [1, this.length]};
      const outputs = ['attention', 'items', ...(this.parts.length ? ['parts'] : []), 'scores'];
      check(facts['items'] === ids.length && ids.length === size);
      check(Math.min(this.length, this.top, this.candidates) > 0);
      check(takes(recommend?.inputs, {...history, ...(this.times ? {times: [1, this.length + 1]} : {})}));
      check(recommend!.outputs.toSorted().join() === outputs.join());
      check(takes(rank?.inputs, {...history, candidates: [1, this.candidates]}));
      check(rank!.outputs.toSorted().join() === 'attention,scores' && score!.outputs.includes('scores'));
    });
  }

  /**
   * The `count` best items in the order of the graph, those of the history only where `repeats`.
   *
   * The model reads the last `length` actions, and an id that it does not know as "some other item". The graph gives
   * its `top` best: where the history holds many of them, or the catalogue has no more, the answer is shorter.
   * Throws `InputError` for an empty history, another count, or times that are not one for each action.
   */
  async recommend(
    given: Items, count: number, times: Moments | null = null, now: Moment = null,
  ): Promise<Recommendation[]> {
    const history = itemsOf(this.catalogue, given);
    if (!(count >= 1 && count <= this.top)) {
      throw new InputError(`${this.file.name} gives 1 to ${this.top} recommendations, not ${count}: ask for so many.`);
    }
    const inputs: Values = {history: this.window(history)};
    if (this.times || times !== null || now !== null) inputs['times'] = this.moments(history, times, now);
    await this.prove();
    const {items, scores, attention, parts} = await this.file.run('recommend', inputs);
    const seen = new Set(this.repeats ? [] : history.map((item) => this.catalogue.row(item)));
    const {length, parts: {length: sides}} = this;
    const fresh = [...items!.keys()].filter((place) => items![place]! >= FIRST && !seen.has(items![place]!));
    return fresh.slice(0, count).map((place) => explained(
      this.catalogue, history, this.catalogue.ids[items![place]! - FIRST]!, scores![place]!,
      attention!.slice(place * length, (place + 1) * length) as Float32Array,
      this.parts, parts ? Array.from(parts.slice(place * sides, (place + 1) * sides)) : [],
    ));
  }

  /**
   * Any number of candidates, each once, best first; those of the history are ranked like any other.
   * Throws `InputError` where history or candidates are empty, or the model does not know a candidate.
   */
  async rank(given: Items, wanted: Items): Promise<Recommendation[]> {
    const history = itemsOf(this.catalogue, given);
    const candidates = [...new Set(itemsOf(this.catalogue, wanted, 'list of candidates'))];
    const missing = this.catalogue.unknown(candidates);
    if (missing.length) {
      throw new InputError(`${this.file.name} does not know ${some(missing)}: leave them out of the candidates.`);
    }
    await this.prove();
    const ranked: Recommendation[] = [];
    for (let start = 0; start < candidates.length; start += this.candidates) {
      const piece = candidates.slice(start, start + this.candidates), rows = new Int32Array(this.candidates);
      piece.forEach((item, place) => (rows[place] = this.catalogue.row(item)));
      const {scores, attention} = await this.file.run('rank', {history: this.window(history), candidates: rows});
      piece.forEach((item, place) => ranked.push(explained(
        this.catalogue, history, item, scores![place]!,
        attention!.slice(place * this.length, (place + 1) * this.length) as Float32Array,
      )));
    }
    return ranked.sort((one, other) => other.score - one.score);
  }

  /** The rows of the last actions, zeros before the first. */
  private window(history: readonly string[]): Int32Array<ArrayBuffer> {
    const rows = history.slice(-this.length).map((item) => this.catalogue.row(item));
    const window = new Int32Array(this.length);
    window.set(rows, this.length - rows.length);
    return window;
  }

  /** When the last actions were, and now: all of them unknown without `times`. */
  private moments(history: readonly string[], times: Moments | null, now: Moment): Int32Array<ArrayBuffer> {
    if (!this.times) {
      throw new InputError(`${this.file.name} takes no times: leave them out, or train a model with --set times=true.`);
    }
    const window = new Int32Array(this.length + 1).fill(UNKNOWN_TIME);
    if (times === null) {
      if (now !== null) throw new InputError('now says little without the times of the actions: give those as well.');
      return window;
    }
    const seconds = momentsOf(times).map(secondsOf);
    const [actions, given] = [history, seconds].map(({length}) => length.toLocaleString('en'));
    if (seconds.length !== history.length) {
      throw new InputError(`the history has ${actions} actions and ${given} times: give one for each, oldest first.`);
    }
    const last = [...seconds, secondsOf(now ?? Date.now() / 1000)].slice(-window.length);
    window.set(last, window.length - last.length);
    return window;
  }

  /** That the graph gives what card and items promise: LiteRT.js knows the shapes of outputs only after a run. */
  prove(): Promise<void> {
    return this.proven ??= (async () => {
      const sizes = async (signature: string): Promise<Record<string, number>> => {
        const inputs: Values = {};
        for (const [name, {shape}] of Object.entries(this.file.signatures[signature]!.inputs)) {
          inputs[name] = new Int32Array(sizeOf(shape));
        }
        const outputs = await this.file.run(signature, inputs);
        return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values.length]));
      };
      const {top, length, candidates, parts} = this, rows = FIRST + this.catalogue.ids.length;
      const [recommend, rank, score] = [await sizes('recommend'), await sizes('rank'), await sizes('score')];
      fitting(this.file, () => {
        check(recommend['items'] === top && recommend['scores'] === top && recommend['attention'] === top * length);
        check(!parts.length || recommend['parts'] === top * parts.length);
        check(rank['scores'] === candidates && rank['attention'] === candidates * length && score['scores'] === rows);
      });
    })();
  }
}

/** `int` of a fact; not a number where it is none. */
function whole(fact: unknown): number {
  return Math.trunc(Number(fact));
}

function partsOf(file: ModelFile): string[] {
  if (!(PARTS in ((file.card['attachments'] ?? {}) as object))) return [];
  return JSON.parse(file.text(PARTS)).map(({part}: {part: unknown}) => String(part));
}

/** Whether a signature takes whole numbers in these shapes, and nothing else. */
function takes(inputs: Specs | undefined, shapes: Record<string, number[]>): boolean {
  const names = Object.keys(shapes);
  return inputs !== undefined && Object.keys(inputs).length === names.length
    && names.every((name) => inputs[name]?.kind === 'int32' && inputs[name].shape.join() === shapes[name]!.join());
}
