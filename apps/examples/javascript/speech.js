// The word in a clip, and where the model listened: node speech.js model.tflite clip.wav (16 bit mono)
import {readFileSync} from 'node:fs';
import {WASM} from './node.js';
import {Model, start} from './litert.js';

// The samples of a WAV file in [-1, 1], as many as `count`: cut, or followed by silence.
function samples(path, count) {
  const file = readFileSync(path);
  const data = file.indexOf('data');
  if (data < 0) throw new Error(`${path} is no WAV file`);
  const sound = file.subarray(data + 8, data + 8 + 2 * count);
  const result = new Float32Array(count);
  for (let i = 0; 2 * i + 1 < sound.length; i++) result[i] = sound.readInt16LE(2 * i) / 32768;
  return result;
}

const [path, clip] = process.argv.slice(2);
await start(WASM);
const model = await Model.open(new Uint8Array(readFileSync(path)));
const labels = model.lines('labels.txt');

const size = model.inputs('classify').waveform.shape[1];
const answer = await model.run('classify', {waveform: samples(clip, size)});
const {probabilities, attention} = answer; // attention: heads x frames

labels.forEach((label, i) => console.log(label, probabilities[i]));
console.log('attention', ...attention);
