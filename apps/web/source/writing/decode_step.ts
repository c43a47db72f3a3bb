/** The signatures of a file that writes word by word, as `apps/decode_step.py` asks for them. */
import {Cancelled, InputError} from '../engine/errors.js';
import type {ModelFile} from '../engine/model_file.js';
import type {Kept} from '../engine/runtime.js';
import type {Signature, Specs, Values} from '../engine/tensors.js';
import {type Decoding, search, type Step, type Written} from './beam.js';

const LAST: Specs = {token: {shape: [1], kind: 'int32'}, index: {shape: [1], kind: 'int32'}};

export interface Writing {
  stopped(): boolean;  // looked at between the words; then `Cancelled` is thrown
  sofar(written: Written): void;  // hears of the best sentence after every word
}

/**
 * The sentence for one input, with what is `told` of each word by these names.
 *
 * A beam of 1 goes word by word as well, by the rules of `generate`, whose answer it is; as there, its score is NaN.
 * Throws `InputError` when the file answers with NaN, and `Cancelled`.
 */
export async function written(
  file: ModelFile, inputs: Values, decoding: Decoding, told: readonly string[], writing: Writing,
): Promise<Written> {
  const known = await file.run('encode', inputs), names = stateNames(file.signatures);
  const state = Object.fromEntries(names.map((name) => [name, known[name]!]));
  const memory = Object.fromEntries(Object.entries(known).filter(([name]) => !names.includes(name)));
  const between = async (sofar: Written) => {
    writing.sofar(sofar);
    await pause();
    if (writing.stopped()) throw new Cancelled('stopped');
  };
  const kept = file.keep('decode_step', memory);
  try {
    const found = await search(stepOf(file, kept, names, told), state, decoding, between);
    return decoding.beam === 1 ? {...found, score: NaN} : found;
  } finally {
    kept.close();
  }
}

/** What `decode_step` both takes and gives. */
function stateNames(signatures: Record<string, Signature>): string[] {
  const {inputs, outputs} = signatures['decode_step']!;
  return outputs.filter((name) => Object.hasOwn(inputs, name));
}

function stepOf(file: ModelFile, memory: Kept, names: readonly string[], told: readonly string[]): Step<Values> {
  return async (token, index, state) => {
    const given = {token: Int32Array.of(token), index: Int32Array.of(index), ...state};
    const answer = await file.run('decode_step', given, memory);
    const of = (name: string) => numbers(file, answer[name] as Float32Array);
    return {
      scores: of('scores'),
      told: Object.fromEntries(told.map((name) => [name, of(name)])),
      state: Object.fromEntries(names.map((name) => [name, answer[name]!])),
    };
  };
}

function numbers(file: ModelFile, values: Float32Array): Float32Array {
  if (values.some(Number.isNaN)) {
    throw new InputError(`${file.name} answers with NaN, so it is of no use: train or export it again.`);
  }
  return values;
}

/**
 * Whether a graph takes `inputs` and gives at `most` so many of its `words`, with what is `told` of each: shapes by
 * name.
 */
export function fits(
  file: ModelFile, inputs: Specs, most: number, words: number, told: Record<string, readonly number[]>,
): boolean {
  const {generate, encode, decode_step: step} = file.signatures;
  if (!generate || !encode || !step) return false;
  const known = Object.fromEntries(Object.entries(step.inputs).filter(([name]) => !Object.hasOwn(LAST, name)));
  const state = Object.fromEntries(stateNames(file.signatures).map((name) => [name, step.inputs[name]!]));
  const floats = (shapes: Record<string, readonly number[]>, before: number[]): Specs => Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, {shape: [...before, ...shape], kind: 'float32'}]),
  );
  const tokens: Specs = {tokens: {shape: [1, most], kind: 'int32'}, length: {shape: [1], kind: 'int32'}};
  return (
    sameSpecs(generate.inputs, inputs)
    && sameSpecs(encode.inputs, inputs)
    && sameSpecs(file.outputs('generate'), {...tokens, ...floats(told, [1, most])})
    && sameSpecs(Object.fromEntries(Object.keys(LAST).map((name) => [name, step.inputs[name]])) as Specs, LAST)
    && sameSpecs(file.outputs('decode_step'), {...floats({scores: [words], ...told}, [1]), ...state})
    && sameSpecs(file.outputs('encode'), known)
  );
}

export function sameSpecs(some: Specs, others: Specs): boolean {
  const names = Object.keys(others);
  return sameNames(Object.keys(some), names) && names.every((name) => {
    const [one, other] = [some[name], others[name]];
    return one && other && one.kind === other.kind && one.shape.join() === other.shape.join();
  });
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join() === [...others].sort().join();
}

/** Lets the messages in that came meanwhile: a promise alone would not. */
export function pause(): Promise<void> {
  return new Promise((done) => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
}
