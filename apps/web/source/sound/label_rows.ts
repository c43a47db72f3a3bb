/** The rows of a classifier: of the fully connected operator before the last softmax, one row for each label. */
import {signatureOf, type Subgraph, type Tensor} from '../engine/flatbuffer.js';

/** A label's weights `(width,)` and bias: its logit is their product with the embedding, plus the bias. */
export interface Row {
  weights: Float32Array<ArrayBuffer>;
  bias: number;
}

const BETWEEN = ['SOFTMAX', 'RESHAPE'];  // operators that may stand between the rows and the output

/** Why there are no rows to read: the end of a sentence. */
export class NoRows extends Error {}

/** The rows in the order of the labels. Throws `NoRows` where there are none that can be read. */
export function labelRows(content: Uint8Array, signature: string, output: string): Row[] {
  const found = signatureOf(content, signature), end = found?.outputs[output];
  if (!found || end === undefined) throw new NoRows(`it has no output ${output}`);
  const {weights, bias} = classifier(found.subgraph, end);
  const [labels, width] = weights.shape as [number, number];
  const all = values(weights), biases = bias ? values(bias) : new Float32Array(labels);
  return Array.from({length: labels}, (_, label) => ({
    weights: all.slice(label * width, (label + 1) * width).map((value) => value * scale(weights, label)),
    bias: biases[label]!,
  }));
}

/** The constants of the operator before the last softmax. */
function classifier({tensors, operators}: Subgraph, output: number): {weights: Tensor; bias: Tensor | undefined} {
  const giver = (index: number) => operators.find(({outputs}) => outputs.includes(index));
  let operator = giver(output);
  while (operator && BETWEEN.includes(operator.name)) operator = giver(operator.inputs[0]!);
  if (operator?.name !== 'FULLY_CONNECTED') {
    throw new NoRows('its answer is no softmax of a fully connected operator in float');
  }
  const [, given, bias = -1] = operator.inputs as [number, number, number?];
  const weights = tensors[giver(given)?.inputs[0] ?? given]!;  // DEQUANTIZE of float16
  if (!weights.data.length) throw new NoRows('the rows of its labels do not stand in the file');
  return {weights, bias: tensors[bias]};
}

function scale({scales}: Tensor, label: number): number {
  return scales.length > 1 ? scales[label]! : scales[0] ?? 1;
}

/** As they are stored, as float32. */
function values({data, type}: Tensor): Float32Array<ArrayBuffer> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const read = (size: number, number: (at: number) => number) => (
    Float32Array.from({length: data.length / size}, (_, index) => number(size * index))
  );
  if (type === 'float32') return read(4, (at) => view.getFloat32(at, true));
  if (type === 'float16') return read(2, (at) => fromHalf(view.getUint16(at, true)));
  if (type === 'int8') return read(1, (at) => view.getInt8(at));
  throw new NoRows('the rows of its labels are of a type that is not known');
}

/** The number of 16 bits by IEEE 754. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
