// What LiteRT.js expects of a browser, for Node.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname} from 'node:path';
import {runInThisContext} from 'node:vm';

const FOLDER = process.env['LITERT_WASM']!;
export const WASM = `${FOLDER}/litert_wasm_compat_internal.js`;  // Node 20 has no relaxed SIMD

export function prepare(): void {
  const scope = globalThis as any;
  Object.assign(scope, {
    self: globalThis,
    require: createRequire(WASM),
    GPUBuffer: scope.GPUBuffer ?? class {},
    importScripts(path: string) {
      Object.assign(scope, {__filename: path, __dirname: dirname(path)});
      runInThisContext(readFileSync(path, 'utf8'), {filename: path});
    },
  });
}
