/** The models that come with the app, and the runtime's files: `models.json`, which the build writes. */
export interface Shipped {
  recipe: string;
  name: string;  // of its folder under saved_models
  file: string;  // address of the packed file
  bytes: number;  // as packed
  own?: boolean;  // of the user, `heedful web FILE.tflite`
}

/** What stands for a model behind the `#` of the address. */
export function idOf({recipe, file, own}: Shipped): string {
  // Names of one's own files may be equal, and hold what an address writes in another way.
  return own ? file.replace(/\.tflite\.gz$/, '') : recipe;
}

export async function shipped(): Promise<Shipped[]> {
  const response = await fetch('models.json');
  return response.ok ? response.json() : [];
}

// A module with one instruction of relaxed SIMD (WebAssembly 3.0), which the faster runtime is made of.
const RELAXED = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253,
  128, 2, 11,
]);

/** Addresses of the runtime for this browser. */
export function runtime(): {script: string; binary: string} {
  const kind = WebAssembly.validate(RELAXED) ? 'litert_wasm_internal' : 'litert_wasm_compat_internal';
  const at = (name: string) => new URL(`wasm/${name}`, location.href).href;
  return {script: at(`${kind}.js`), binary: at(`${kind}.wasm.gz`)};
}
