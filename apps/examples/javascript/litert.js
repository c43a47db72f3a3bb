// A .tflite file as a function of named tensors, in a browser or in Node, on LiteRT.js (wasm, one thread).
import {loadAndCompile, loadLiteRt, Tensor} from '@litertjs/core';

const ARRAYS = {float32: Float32Array, int32: Int32Array, uint8: Uint8Array};
const errors = []; // of the native side: a call that fails there resolves all the same

// Once, before the first model. `folder` is the address of `wasm/` of the package, with a slash at its end.
export async function start(folder) {
  globalThis.Module = {
    locateFile: (name) => folder + name,
    print() {},
    printErr: (line) => line.startsWith('ERROR') && errors.push(line),
  };
  await loadLiteRt(folder);
}

export class Model {
  // `content` is the whole file, a Uint8Array.
  static async open(content) {
    const model = new Model();
    model.attachments = attachments(content);
    model.compiled = await loadAndCompile(content, {accelerator: 'wasm'});
    model.signatures = Object.keys(model.compiled.signatures);
    return model;
  }

  // The lines of 'labels.txt' or 'vocabulary.txt': they ride in the file.
  lines(name) {
    return new TextDecoder().decode(this.attachments[name]).trimEnd().split('\n');
  }

  // Inputs by name, each with its `shape` and `dtype`.
  inputs(signature) {
    const details = this.compiled.signatures[signature].getInputDetails();
    return Object.fromEntries(details.map(({name, shape, dtype}) => [name, {shape: [...shape], dtype}]));
  }

  // The outputs of one call, typed arrays by name.
  async run(signature, given) {
    const tensors = {}, results = {};
    errors.length = 0;
    try {
      for (const [name, {shape, dtype}] of Object.entries(this.inputs(signature))) {
        if (!(given[name] instanceof ARRAYS[dtype])) throw new TypeError(`${signature} takes ${name} as ${dtype}`);
        tensors[name] = new Tensor(given[name], shape);
      }
      const outputs = await this.compiled.signatures[signature].run(tensors);
      for (const [name, tensor] of Object.entries(outputs)) {
        results[name] = await tensor.data();
        tensor.delete();
      }
    } finally {
      Object.values(tensors).forEach((tensor) => tensor.delete());
    }
    if (errors.length) throw new Error(`${signature}: ${errors.join(' ')}`);
    return results;
  }
}

// The files in the zip behind the graph, by name; they are stored without compression.
export function attachments(content) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  let end = content.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error('the file carries no labels: it is cut off, or not of heedful');
  const files = {};
  let entry = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(entry + offset, true));
    const local = view.getUint32(entry + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const title = new TextDecoder().decode(content.subarray(entry + 46, entry + 46 + name));
    files[title] = content.subarray(start, start + view.getUint32(entry + 24, true));
    entry += 46 + name + extra + comment;
  }
  return files;
}
