/** LiteRT.js held to what it promises: wasm on the CPU, one thread, and an error for every call that fails. */
import {type CompiledModel, loadAndCompile, loadLiteRt, Tensor} from '@litertjs/core';
import {reason} from './errors.js';
import {ARRAYS, type Kind, type Signature, type Specs, type Values} from './tensors.js';

const failures: string[] = [];  // what the native side says: a call that fails there resolves all the same

/**
 * Starts the runtime, once. `script` is the address of `litert_wasm_*.js`, `binary` the wasm that belongs to it.
 *
 * The graphics processor is hidden from the runtime, which would take it, and its warning that there is none is dropped.
 */
export async function start(script: string, binary?: ArrayBuffer): Promise<void> {
  if ('navigator' in globalThis) Object.defineProperty(navigator, 'gpu', {value: undefined, configurable: true});
  const module = {
    wasmBinary: binary,
    print() {},
    printErr: (line: string) => void (line.startsWith('ERROR') && failures.push(line)),
  };
  Object.assign(globalThis, {Module: module});
  const {warn} = console;
  console.warn = (...said) => void (String(said[0]).includes('WebGPU') || warn(...said));
  try {
    await loadLiteRt(script);
  } finally {
    console.warn = warn;
  }
}

/** A graph, by its signatures. */
export class Graph {
  private constructor(private readonly compiled: CompiledModel) {}

  /** Throws `Error` when LiteRT refuses the content of a `.tflite`. */
  static async open(content: Uint8Array): Promise<Graph> {
    failures.length = 0;
    const compiled = await loadAndCompile(content, {accelerator: 'wasm'});
    if (failures.length) throw new Error(failures.join(' '));
    return new Graph(compiled);
  }

  get signatures(): Record<string, Signature> {
    return Object.fromEntries(Object.entries(this.compiled.signatures).map(([key, runner]) => {
      const inputs: Specs = {};
      for (const {name, shape, dtype} of runner.getInputDetails()) inputs[name] = {shape: [...shape], kind: dtype as Kind};
      return [key, {inputs, outputs: runner.getOutputDetails().map(({name}) => name)}];
    }));
  }

  /** The outputs of a call by name. Throws `TypeError` for other inputs than the signature takes. */
  async run(key: string, given: Values): Promise<Values> {
    const runner = this.compiled.signatures[key];
    if (!runner) throw new TypeError(`there is no signature ${key}`);
    const tensors: Record<string, Tensor> = {}, results: Values = {};
    failures.length = 0;
    try {
      for (const {name, shape, dtype} of runner.getInputDetails()) {
        const values = given[name];
        if (!(values instanceof ARRAYS[dtype as Kind])) throw new TypeError(`${key} takes ${name} as ${dtype}`);
        tensors[name] = new Tensor(values, [...shape]);
      }
      const outputs = await runner.run(tensors);
      for (const [name, tensor] of Object.entries(outputs)) {
        results[name] = await tensor.data() as Values[string];
        tensor.delete();
      }
    } catch (error) {
      throw failures.length ? new Error(`${reason(error)} ${failures.join(' ')}`) : error;
    } finally {
      for (const tensor of Object.values(tensors)) tensor.delete();
    }
    if (failures.length) throw new Error(failures.join(' '));
    return results;
  }

  close(): void {
    this.compiled.delete();
  }
}
