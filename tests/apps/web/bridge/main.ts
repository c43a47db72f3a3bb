// Calls of the modules of the app from Python: a line of JSON in, `{"call": NAME, "given": [...]}`, a line out,
// `{"result": ...}` or `{"error": CLASS, "message": ...}`. Typed arrays are `{"type": "float32", "data": BASE64}`.
import {createInterface} from 'node:readline';
import {InputError, reason} from '../../../../apps/web/source/engine/errors.js';
import {files} from './files.js';
import {items} from './items.js';
import {pictures} from './pictures.js';
import {sounds} from './sounds.js';
import {texts} from './texts.js';

const FUNCTIONS: Record<string, (...given: any[]) => unknown> = {...files, ...items, ...pictures, ...sounds, ...texts};
const TYPES: Record<string, any> = {
  float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array,
};

for await (const line of createInterface({input: process.stdin})) {
  const {call, given} = JSON.parse(line, (_, value) => (typeof value?.data === 'string' && TYPES[value.type] ? array(value) : value));
  let answer: object;
  try {
    answer = {result: (await FUNCTIONS[call]!(...given)) ?? null};
  } catch (error) {
    answer = {error: error instanceof InputError ? 'InputError' : 'Error', message: reason(error)};
  }
  process.stdout.write(`${JSON.stringify(answer, (_, value) => (ArrayBuffer.isView(value) ? packed(value) : value))}\n`);
}

function array({type, data}: {type: string; data: string}): unknown {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  return new TYPES[type](bytes.buffer);
}

function packed(view: ArrayBufferView): object {
  const type = Object.keys(TYPES).find((name) => view instanceof TYPES[name]);
  return {type, data: Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64')};
}
