/** Numbers with a shape, as signatures take and give them. */
export type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
export type Kind = 'float32' | 'int32' | 'uint8';

export interface Spec {
  shape: number[];
  kind: Kind;
}

export type Specs = Record<string, Spec>;  // by name
export type Values = Record<string, Numbers>;  // by name

export interface Signature {
  inputs: Specs;
  outputs: string[];  // LiteRT.js tells their names before a run, their shapes after it
}

export const ARRAYS = {float32: Float32Array, int32: Int32Array, uint8: Uint8Array};

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
