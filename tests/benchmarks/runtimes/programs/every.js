// The class of the JavaScript examples on every case: node every.js EXAMPLES MODEL CASES [MODEL CASES ...]
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

const [examples, ...given] = process.argv.slice(2);
const {WASM} = await import(pathToFileURL(resolve(examples, 'node.js')));
const {Model, start} = await import(pathToFileURL(resolve(examples, 'litert.js')));
const ARRAYS = {float32: Float32Array, int32: Int32Array, uint8: Uint8Array};

async function run(model, folder) {
  const signature = readFileSync(join(folder, 'signature'), 'utf8'), inputs = {};
  for (const [name, {dtype}] of Object.entries(model.inputs(signature))) {
    inputs[name] = new ARRAYS[dtype](new Uint8Array(readFileSync(join(folder, `in.${name}`))).buffer);
  }
  for (const [name, values] of Object.entries(await model.run(signature, inputs))) {
    writeFileSync(join(folder, `out.${name}`), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
}

async function all(path, cases) {
  const model = await Model.open(new Uint8Array(readFileSync(path)));
  for (const name of readFileSync(join(cases, 'attachments.txt'), 'utf8').trimEnd().split('\n')) {
    if (!(name in model.attachments)) continue;
    writeFileSync(join(cases, `attachment.${name}`), model.lines(name).join('\n') + '\n');
  }
  for (const folder of readdirSync(cases).map((name) => join(cases, name))) {
    if (!existsSync(join(folder, 'signature'))) continue;
    try {
      await run(model, folder);
    } catch (error) {
      writeFileSync(join(folder, 'error'), String(error.message ?? error));
    }
  }
}

await start(WASM);
while (given.length) await all(given.shift(), given.shift());
