/** The page's end of the worker. */
import {Broken, Cancelled, InputError} from '../engine/errors.js';
import type {Opened, Reply, Request} from '../engine/messages.js';
import type {runtime} from './shelf.js';
import {TEXTS} from './texts.js';

declare const BUILD: string;  // digest of the sources
const PATIENCE = 10_000;  // milliseconds until a worker that was told to stop counts as stuck

export interface Told<T> {
  answer: T;
  milliseconds: number;  // in the worker
}

export interface Listening {
  part?: (part: any) => void;  // what is known before the answer is whole
  signal?: AbortSignal;  // stops the question
}

/** What one model is asked by. Throws `InputError`, or `Cancelled` when `signal` said so or the model is closed. */
export interface Asks {
  ask<T>(input: unknown, listening?: Listening): Promise<Told<T>>;
}

interface Waiting {
  what: Request['do'];
  part: (part: unknown) => void;
  done: (told: Told<any>) => void;
  failed: (error: Error) => void;
}

const KINDS = {input: InputError, cancelled: Cancelled, broken: Broken, fault: Error};
type Body = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

export class Client {
  started: Promise<void>;  // fails where the runtime cannot be started
  private worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;
  private runs = false;

  /**
   * `loading` hears which share of the runtime has come. `broken` hears that the worker or its runtime came to an end,
   * and whether by a question; by then there is a new one, in which no model is open.
   */
  constructor(
    private readonly address: string, private readonly addresses: ReturnType<typeof runtime>,
    private readonly loading: (share: number) => void, private readonly broken: (asked: boolean) => void,
  ) {
    this.worker = this.made();
    this.started = this.start();
  }

  /** Opens a model beside the one that is kept. Throws `InputError` for a file that is of no use. */
  async open(content: ArrayBuffer, name: string): Promise<Opened> {
    await this.freed();
    await this.started;
    return (await this.send<Opened>({do: 'open', content, name}, {}, [content])).answer;
  }

  /** Closes all models but this one. */
  keep(model: Opened): void {
    this.send({do: 'keep', model: model.id}).catch(() => {});  // of a worker that has ended there is nothing to close
  }

  of(model: Opened): Asks {
    return {ask: (input, listening) => this.send({do: 'ask', model: model.id, input}, listening)};
  }

  private made(): Worker {
    const worker = new Worker(this.address);
    worker.onmessage = ({data}: MessageEvent<Reply>) => this.hear(data);
    worker.onerror = ({message}) => this.replace(
      this.runs ? new Broken(TEXTS.page.ended(message)) : new Error(message || TEXTS.page.noWorker),
    );
    return worker;
  }

  private async start(): Promise<void> {
    this.runs = false;
    const {answer} = await this.send<string>({do: 'start', ...this.addresses}, {part: this.loading});
    if (answer !== BUILD) throw new InputError(TEXTS.page.earlier);  // the parts of two versions may not go together
    this.runs = true;
  }

  /** Ends what is being asked: nobody waits for it any more. A worker that does not end it is replaced. */
  private async freed(): Promise<void> {
    const asked = [...this.waiting].flatMap(([id, {what}]) => (what === 'ask' ? [id] : []));
    const open = () => asked.some((id) => this.waiting.has(id));
    for (const id of asked) this.stop(id);
    for (const until = performance.now() + PATIENCE; open(); ) {
      if (performance.now() > until) return this.exchange(new Cancelled('stuck'));
      await new Promise((ready) => setTimeout(ready, 20));
    }
  }

  private stop(asked: number): void {
    this.worker.postMessage({id: ++this.count, do: 'stop', asked});
  }

  /** After the end of the worker. One that has never run is not tried again. */
  private replace(error: Error): void {
    const asked = [...this.waiting.values()].some(({what}) => what === 'ask'), ran = this.runs;
    if (ran) this.exchange(error);
    else this.fail(error);
    if (ran) this.broken(asked);
  }

  private exchange(error: Error): void {
    this.worker.terminate();
    this.fail(error);
    this.worker = this.made();
    this.started = this.start();
    this.started.catch(() => {});  // who opens the next model hears of it
  }

  private fail(error: Error): void {
    for (const one of this.waiting.values()) one.failed(error);
    this.waiting.clear();
  }

  private send<T>(body: Body, {part = () => {}, signal}: Listening = {}, moved: Transferable[] = []): Promise<Told<T>> {
    const id = ++this.count;
    return new Promise((done, failed) => {
      if (signal?.aborted) return failed(new Cancelled('stopped'));
      this.waiting.set(id, {what: body.do, part, done, failed});
      signal?.addEventListener('abort', () => this.waiting.has(id) && this.stop(id), {once: true});
      this.worker.postMessage({...body, id}, moved);
    });
  }

  private hear(reply: Reply): void {
    const one = this.waiting.get(reply.id);
    if (!one) return;
    if ('part' in reply) return one.part(reply.part);
    if ('failed' in reply) {
      const error = new KINDS[reply.kind](reply.failed);
      if (error instanceof Broken) return this.replace(error);
      this.waiting.delete(reply.id);
      one.failed(error);
    } else {
      this.waiting.delete(reply.id);
      one.done({answer: reply.done, milliseconds: reply.milliseconds});
    }
  }
}
