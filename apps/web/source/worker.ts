/** The thread in which models run: one model at a time, one question after the other. */
import {appOf} from './engine/apps.js';
import type {App} from './engine/app.js';
import {Cancelled, InputError, reason} from './engine/errors.js';
import type {Opened, Reply, Request} from './engine/messages.js';
import {ModelFile} from './engine/model_file.js';
import {unpacked} from './engine/packed.js';
import {start} from './engine/runtime.js';

let file: ModelFile | undefined, app: App | undefined;
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
    const kind = error instanceof InputError ? 'input' : error instanceof Cancelled ? 'cancelled' : 'fault';
    reply({id: request.id, failed: reason(error), kind});
  }
  stopped.delete(request.id);
}

async function work(request: Exclude<Request, {do: 'stop'}>): Promise<unknown> {
  if (request.do === 'start') {
    const binary = await unpacked(request.binary, (share) => reply({id: request.id, part: share}));
    return start(request.script, binary);
  }
  if (request.do === 'open') return open(new Uint8Array(request.content), request.name);
  if (!app) throw new Error('no model is open');
  return app.ask(request.input, {
    part: (part) => reply({id: request.id, part}),
    stopped: () => stopped.has(request.id),
  });
}

async function open(content: Uint8Array, name: string): Promise<Opened> {
  const next = await ModelFile.open(content, name);
  try {
    app = appOf(next);
  } catch (error) {
    next.close();
    throw error;
  }
  file?.close();
  file = next;
  const {card, attachments, signatures} = next;
  return {name, bytes: content.length, card, attachments: Object.keys(attachments), signatures, about: app.about};
}

function reply(message: Reply): void {
  postMessage(message);
}
