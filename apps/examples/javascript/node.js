// What LiteRT.js expects of a browser, for Node: `import './node.js'` comes first.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {runInThisContext} from 'node:vm';

const require = createRequire(import.meta.url);
export const WASM = fileURLToPath(new URL('../wasm/', `file://${require.resolve('@litertjs/core')}`));

Object.assign(globalThis, {
  self: globalThis,
  require,
  GPUBuffer: globalThis.GPUBuffer ?? class {},
  importScripts(path) {
    Object.assign(globalThis, {__filename: path, __dirname: dirname(path)});
    runInThisContext(readFileSync(path, 'utf8'), path);
  },
});
