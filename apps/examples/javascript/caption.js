// A sentence for a picture, and where the model looked for each word: node caption.js model.tflite picture.ppm
import {readFileSync} from 'node:fs';
import {WASM} from './node.js';
import {Model, start} from './litert.js';

// The pixels of a binary PPM file of this width and height: red, green and blue, row by row.
function pixels(path, size) {
  const file = readFileSync(path);
  const [head, width, height] = file.toString('latin1').match(/^P6\s+(\d+)\s+(\d+)\s+\d+\s/) ?? [];
  if (+width !== size || +height !== size) throw new Error(`${path} is no PPM file of ${size} x ${size}`);
  return new Uint8Array(file.subarray(head.length));
}

const [path, picture] = process.argv.slice(2);
await start(WASM);
const model = await Model.open(new Uint8Array(readFileSync(path)));
const vocabulary = model.lines('vocabulary.txt');

const size = model.inputs('generate').image.shape[1];
const answer = await model.run('generate', {image: pixels(picture, size)});
const {tokens, length, attention} = answer; // attention: words x cells

const cells = attention.length / tokens.length;
for (let i = 0; i < length[0]; i++) {
  console.log(vocabulary[tokens[i]], ...attention.subarray(i * cells, (i + 1) * cells));
}
