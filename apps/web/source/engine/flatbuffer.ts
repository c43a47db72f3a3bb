/** Reads the flatbuffer of a `.tflite`, as far as it is needed here; nothing is written. */

/** A table: fields are found by their number in the schema, and have a default where they are left out. */
export class Table {
  constructor(private readonly view: DataView, private readonly at: number) {}

  static root(content: Uint8Array): Table {
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    return new Table(view, view.getUint32(0, true));
  }

  number(field: number, type: 'int8' | 'int32' | 'uint32' | 'uint64'): number {
    const place = this.place(field);
    if (!place) return 0;
    if (type === 'int8') return this.view.getInt8(place);
    if (type === 'uint64') return Number(this.view.getBigUint64(place, true));
    return type === 'int32' ? this.view.getInt32(place, true) : this.view.getUint32(place, true);
  }

  tables(field: number): Table[] {
    const {start, length} = this.vector(field);
    return Array.from({length}, (_, index) => this.tableAt(start + 4 * index));
  }

  table(field: number): Table | undefined {
    const place = this.place(field);
    return place ? this.tableAt(place) : undefined;
  }

  integers(field: number): number[] {
    const {start, length} = this.vector(field);
    return Array.from({length}, (_, index) => this.view.getInt32(start + 4 * index, true));
  }

  floats(field: number): Float32Array {
    const {start, length} = this.vector(field);
    return Float32Array.from({length}, (_, index) => this.view.getFloat32(start + 4 * index, true));
  }

  bytes(field: number): Uint8Array {
    const {start, length} = this.vector(field);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + start, length);
  }

  text(field: number): string {
    return new TextDecoder().decode(this.bytes(field));
  }

  private tableAt(place: number): Table {
    return new Table(this.view, place + this.view.getUint32(place, true));
  }

  private vector(field: number): {start: number; length: number} {
    const place = this.place(field);
    if (!place) return {start: 0, length: 0};
    const at = place + this.view.getUint32(place, true);
    return {start: at + 4, length: this.view.getUint32(at, true)};
  }

  /** Where the value of a field stands; 0 where it is left out. */
  private place(field: number): number {
    const table = this.at - this.view.getInt32(this.at, true), entry = 4 + 2 * field;
    if (entry >= this.view.getUint16(table, true)) return 0;
    const offset = this.view.getUint16(table + entry, true);
    return offset && this.at + offset;
  }
}

export interface Tensor {
  shape: number[];
  type: string;
  data: Uint8Array;  // empty where its values do not stand in the file
  scales: Float32Array;  // empty where it is not quantized
}

export interface Operator {
  name: string;
  inputs: number[];
  outputs: number[];
}

export interface Subgraph {
  tensors: Tensor[];
  operators: Operator[];
}

export interface Entrance {
  subgraph: Subgraph;
  outputs: Record<string, number>;
}

const TYPES: Record<number, string> = {0: 'float32', 1: 'float16', 2: 'int32', 3: 'uint8', 9: 'int8'};
const OPERATORS: Record<number, string> = {6: 'DEQUANTIZE', 9: 'FULLY_CONNECTED', 22: 'RESHAPE', 25: 'SOFTMAX'};

/** The subgraph of a signature, and its outputs: indices of tensors by name; undefined where there is none. */
export function signatureOf(content: Uint8Array, key: string): Entrance | undefined {
  const model = Table.root(content), signature = model.tables(7).find((table) => table.text(2) === key);
  const graph = signature && model.tables(2)[signature.number(4, 'uint32')];
  if (!graph) return undefined;
  const outputs = signature.tables(1).map((item) => [item.text(0), item.number(1, 'uint32')]);
  return {subgraph: subgraphOf(content, model, graph), outputs: Object.fromEntries(outputs)};
}

function subgraphOf(content: Uint8Array, model: Table, graph: Table): Subgraph {
  const buffers = model.tables(4);
  const names = model.tables(1).map((code) => Math.max(code.number(0, 'int8'), code.number(3, 'int32')));
  return {
    tensors: graph.tables(0).map((tensor) => ({
      shape: tensor.integers(0),
      type: TYPES[tensor.number(1, 'int8')] ?? 'another',
      data: dataOf(content, buffers[tensor.number(2, 'uint32')]!),
      scales: tensor.table(4)?.floats(2) ?? new Float32Array(0),
    })),
    operators: graph.tables(3).map((operator) => ({
      name: OPERATORS[names[operator.number(0, 'uint32')]!] ?? 'another',
      inputs: operator.integers(1),
      outputs: operator.integers(2),
    })),
  };
}

/** In the flatbuffer, or behind it. */
function dataOf(content: Uint8Array, buffer: Table): Uint8Array {
  const offset = buffer.number(1, 'uint64');
  return offset > 1 ? content.subarray(offset, offset + buffer.number(2, 'uint64')) : buffer.bytes(0);
}
