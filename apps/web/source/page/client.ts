/** The page's end of the worker. */
import {Cancelled, InputError} from '../engine/errors.js';
import type {Opened, Reply, Request} from '../engine/messages.js';

export interface Told<T> {
  answer: T;
  milliseconds: number;  // in the worker
}

export interface Listening {
  part?: (part: any) => void;  // what is known before the answer is whole
  signal?: AbortSignal;  // stops the question
}

interface Waiting {
  part: (part: unknown) => void;
  done: (told: Told<any>) => void;
  failed: (error: Error) => void;
}

const KINDS = {input: InputError, cancelled: Cancelled, fault: Error};
type Body = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

export class Client {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  /** `fault` hears of the end of the worker itself. */
  constructor(address: string, fault: (message: string) => void) {
    this.worker = new Worker(address);
    this.worker.onmessage = ({data}: MessageEvent<Reply>) => this.hear(data);
    this.worker.onerror = ({message}) => {
      for (const one of this.waiting.values()) one.failed(new Error(message));
      this.waiting.clear();
      fault(message);
    };
  }

  async start(script: string, binary: string, part: (share: number) => void): Promise<void> {
    await this.send({do: 'start', script, binary}, {part});
  }

  /** Opens a model in the place of the one before. Throws `InputError` for a file that is of no use. */
  async open(content: ArrayBuffer, name: string): Promise<Opened> {
    return (await this.send<Opened>({do: 'open', content, name}, {}, [content])).answer;
  }

  /** Throws `InputError`, or `Cancelled` when `signal` said so. */
  async ask<T>(input: unknown, listening: Listening = {}): Promise<Told<T>> {
    return this.send<T>({do: 'ask', input}, listening);
  }

  private send<T>(body: Body, {part = () => {}, signal}: Listening, moved: Transferable[] = []): Promise<Told<T>> {
    const id = ++this.count;
    return new Promise((done, failed) => {
      if (signal?.aborted) return failed(new Cancelled('stopped'));
      this.waiting.set(id, {part, done, failed});
      signal?.addEventListener('abort', () => this.worker.postMessage({id: ++this.count, do: 'stop', asked: id}), {once: true});
      this.worker.postMessage({...body, id}, moved);
    });
  }

  private hear(reply: Reply): void {
    const one = this.waiting.get(reply.id);
    if (!one) return;
    if ('part' in reply) return one.part(reply.part);
    this.waiting.delete(reply.id);
    if ('failed' in reply) one.failed(new KINDS[reply.kind](reply.failed));
    else one.done({answer: reply.done, milliseconds: reply.milliseconds});
  }
}
