/** The thread in which models run, one question after the other: the model that is kept, and one that was opened since. */
import {appOf} from './engine/apps.js';
import type {App} from './engine/app.js';
import {Broken, Cancelled, InputError, reason} from './engine/errors.js';
import type {Opened, Reply, Request} from './engine/messages.js';
import {ModelFile} from './engine/model_file.js';
import {unpacked} from './engine/packed.js';
import {start} from './engine/runtime.js';

declare const BUILD: string;  // digest of the sources
const models = new Map<number, {file: ModelFile; app: App}>();
let before: Promise<unknown> = Promise.resolve();
const stopped = new Set<number>();

addEventListener('message', ({data}: MessageEvent<Request>) => {
  if (data.do === 'stop') stopped.add(data.asked);
  else before = before.then(() => answer(data));
});

async function answer(request: Exclude<Request, {do: 'stop'}>): Promise<void> {
  const begun = performance.now();
  try {
    reply({id: request.id, done: await work(request), milliseconds: performance.now() - begun});
  } catch (error) {
    const kind = kindOf(error);
    reply({id: request.id, failed: reason(error), kind});
  }
  stopped.delete(request.id);
}

function kindOf(error: unknown): 'input' | 'cancelled' | 'broken' | 'fault' {
  if (error instanceof InputError) return 'input';
  if (error instanceof Cancelled) return 'cancelled';
  return error instanceof Broken ? 'broken' : 'fault';
}

async function work(request: Exclude<Request, {do: 'stop'}>): Promise<unknown> {
  if (request.do === 'start') {
    const binary = await unpacked(request.binary, (share) => reply({id: request.id, part: share}));
    await start(request.script, binary);
    return BUILD;
  }
  if (request.do === 'open') return open(request.id, new Uint8Array(request.content), request.name);
  if (request.do === 'keep') return keep(request.model);
  const model = models.get(request.model);
  if (!model) throw new Cancelled('closed');
  return model.app.ask(request.input, {
    part: (part) => reply({id: request.id, part}),
    stopped: () => stopped.has(request.id),
  });
}

/** Opens a model beside the one that is kept: until the page has shown it, that one goes on answering. */
async function open(id: number, content: Uint8Array, name: string): Promise<Opened> {
  const file = await ModelFile.open(content, name);
  try {
    const app = appOf(file), {card, attachments, signatures} = file;
    models.set(id, {file, app});
    return {
      id, name, bytes: content.length, card, attachments: Object.keys(attachments), signatures, about: app.about,
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function keep(kept: number): void {
  for (const [id, {file}] of models) {
    if (id === kept) continue;
    models.delete(id);
    file.close();
  }
}

function reply(message: Reply): void {
  postMessage(message);
}
