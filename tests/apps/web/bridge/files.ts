import {readFileSync} from 'node:fs';
import {appOf} from '../../../../apps/web/source/engine/apps.js';
import {split} from '../../../../apps/web/source/engine/attachments.js';
import type {App} from '../../../../apps/web/source/engine/app.js';
import {ModelFile} from '../../../../apps/web/source/engine/model_file.js';
import {start} from '../../../../apps/web/source/engine/runtime.js';
import type {Values} from '../../../../apps/web/source/engine/tensors.js';
import {prepare, WASM} from './runtime_in_node.js';

let started = false;
const models: Record<string, ModelFile> = {}, apps: Record<string, App> = {};

/** The file at a path, opened once. */
export async function opened(path: string): Promise<ModelFile> {
  if (!started) {
    prepare();
    await start(WASM);
    started = true;
  }
  return models[path] ??= await ModelFile.open(new Uint8Array(readFileSync(path)), path);
}

export const files = {
  attachments: (path: string) => split(new Uint8Array(readFileSync(path)), path),
  signatures: async (path: string) => (await opened(path)).signatures,
  run: async (path: string, signature: string, inputs: Values) => (await opened(path)).run(signature, inputs),
  about: async (path: string) => (await app(path)).about,
  /** The answer of the app of a file, with the parts that were told before it. */
  ask: async (path: string, input: unknown) => {
    const parts: unknown[] = [];
    const answer = await (await app(path)).ask(input, {part: (part) => parts.push(part), stopped: () => false});
    return {answer, parts};
  },
};

async function app(path: string): Promise<App> {
  return apps[path] ??= appOf(await opened(path));
}
