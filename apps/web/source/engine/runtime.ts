/** LiteRT.js held to what it promises: wasm on the CPU, one thread, and an error for every call that fails. */
import {type CompiledModel, loadAndCompile, loadLiteRt, Tensor} from '@litertjs/core';
import {Broken, reason} from './errors.js';
import {ARRAYS, type Kind, type Signature, type Specs, type Values} from './tensors.js';

const failures: string[] = [];  // what the native side says: a call that fails there resolves all the same

/**
 * Starts the runtime, once. `script` is the address of `litert_wasm_*.js`, `binary` the wasm that belongs to it.
 *
 * The graphics processor is hidden from the runtime, which would take it; its warning that there is none is dropped.
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

/** The same error, or `Broken` where wasm was brought down: no later call comes through. */
function told(error: unknown): unknown {
  const down = error instanceof WebAssembly.RuntimeError || (error as {name?: unknown} | null)?.name === 'ExitStatus';
  return down ? new Broken(reason(error)) : error;
}

/** A graph, by its signatures. */
export class Graph {
  readonly signatures: Record<string, Signature>;

  private constructor(private readonly compiled: CompiledModel) {
    this.signatures = Object.fromEntries(Object.entries(compiled.signatures).map(([key, runner]) => {
      const inputs: Specs = {};
      for (const {name, shape, dtype} of runner.getInputDetails()) {
        inputs[name] = {shape: [...shape], kind: dtype as Kind};
      }
      return [key, {inputs, outputs: runner.getOutputDetails().map(({name}) => name)}];
    }));
  }

  /** Throws `Error` when LiteRT refuses the content of a `.tflite`. */
  static async open(content: Uint8Array): Promise<Graph> {
    failures.length = 0;
    const compiled = await loadAndCompile(content, {accelerator: 'wasm'}).catch((error: unknown) => {
      throw told(error);
    });
    if (failures.length) throw new Error(failures.join(' '));
    return new Graph(compiled);
  }

  /**
   * The outputs of a call by name; `kept` are inputs that were handed over before. Throws `TypeError` for other inputs
   * than the signature takes.
   */
  async run(key: string, given: Values, kept: Kept = NOTHING): Promise<Values> {
    const runner = this.compiled.signatures[key], inputs = this.signatures[key]?.inputs;
    if (!runner || !inputs) throw new TypeError(`there is no signature ${key}`);
    const own: Record<string, Tensor> = {}, results: Values = {};
    failures.length = 0;
    try {
      for (const name of Object.keys(inputs)) if (!kept.tensors[name]) own[name] = tensorOf(key, name, inputs, given);
      const outputs = await runner.run({...kept.tensors, ...own});
      for (const [name, tensor] of Object.entries(outputs)) {
        results[name] = await tensor.data() as Values[string];
        tensor.delete();
      }
    } catch (error) {
      const same = told(error);
      throw failures.length && !(same instanceof Broken) ? new Error(`${reason(error)} ${failures.join(' ')}`) : same;
    } finally {
      release(own);
    }
    if (failures.length) throw new Error(failures.join(' '));
    return results;
  }

  /** Hands inputs over once, for many calls of a signature; `close` it. */
  keep(key: string, given: Values): Kept {
    const {inputs} = this.signatures[key]!;
    return new Kept(Object.fromEntries(Object.keys(given).map((name) => [name, tensorOf(key, name, inputs, given)])));
  }

  close(): void {
    try {
      this.compiled.delete();
    } catch { /* the runtime is broken, and its memory gone with it */ }
  }
}

/** Inputs that lie in the runtime's memory. */
export class Kept {
  constructor(readonly tensors: Record<string, Tensor>) {}

  close(): void {
    release(this.tensors);
  }
}

const NOTHING = new Kept({});

/** In a runtime that is broken this fails as well: what broke it is to be told, not this. */
function release(tensors: Record<string, Tensor>): void {
  try {
    for (const tensor of Object.values(tensors)) tensor.delete();
  } catch { /* told by who broke it */ }
}

function tensorOf(key: string, name: string, inputs: Specs, given: Values): Tensor {
  const values = given[name], {shape, kind} = inputs[name]!;
  if (!(values instanceof ARRAYS[kind])) throw new TypeError(`${key} takes ${name} as ${kind}`);
  return new Tensor(values, shape);
}
