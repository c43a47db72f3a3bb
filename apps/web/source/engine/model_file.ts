/** A `.tflite` of heedful: proven whole, then opened, with its card and all that rides in it. */
import {type Attachments, split} from './attachments.js';
import {Broken, InputError, reason} from './errors.js';
import {signatureOf} from './flatbuffer.js';
import {Graph, type Kept} from './runtime.js';
import type {Signature, Spec, Specs, Values} from './tensors.js';

const IDENTIFIER = 'TFL3';  // bytes 4 to 8 of a TFLite flatbuffer
const CARD = 'card.json', DIGEST = 'model.sha256';

export type Facts = Record<string, any>;

export interface Card {
  recipe: string;
  name?: string;
  facts: Facts;
  file?: Facts;  // of the very file: its score, size and operating point
  [other: string]: unknown;
}

export class ModelFile {
  private constructor(
    readonly name: string,
    readonly content: Uint8Array,
    readonly graphSize: number,
    readonly attachments: Attachments,
    readonly card: Card,
    private readonly graph: Graph,
    readonly signatures: Record<string, Signature>,
  ) {}

  /** Throws `InputError`: of another kind, cut short, damaged, or refused by LiteRT. */
  static async open(content: Uint8Array, name: string): Promise<ModelFile> {
    if (new TextDecoder('latin1').decode(content.subarray(4, 8)) !== IDENTIFIER) {
      throw new InputError(`${name} is not a .tflite model: give a file that heedful export wrote.`);
    }
    const {graphSize, attachments} = split(content, name);
    const card = attachments[CARD], digest = attachments[DIGEST];
    if (!card || !digest) {
      throw new InputError(
        `${name} carries no card, so it is cut short or was made by another program: `
        + 'give a file that heedful export wrote.',
      );
    }
    if (text(digest).trim() !== `${await sha256(content.subarray(0, graphSize))} ${graphSize}`) {
      throw new InputError(`${name} is damaged: its checksum is wrong; copy or export it again.`);
    }
    const read = readCard(card, name);
    let graph: Graph;
    try {
      graph = await Graph.open(content);
    } catch (error) {
      if (error instanceof Broken) throw broken(name, error);
      throw new InputError(`${name} is refused by LiteRT (${reason(error)}): export the model again.`);
    }
    return new ModelFile(name, content, graphSize, attachments, read, graph, graph.signatures);
  }

  get facts(): Facts {
    return this.card.facts;
  }

  /** The text of an attachment. Throws `InputError` where it is not there. */
  text(attachment: string): string {
    const found = this.attachments[attachment];
    if (!found) throw new InputError(`${this.name} carries no ${attachment}: export the model again.`);
    return text(found);
  }

  /** What a signature gives; LiteRT.js tells that only after a run. Throws where there is no such signature. */
  outputs(signature: string): Specs {
    const {subgraph: {tensors}, outputs} = signatureOf(this.content, signature)!;
    return Object.fromEntries(Object.entries(outputs).map(([name, place]) => {
      const {shape, type} = tensors[place]!;
      return [name, {shape, kind: type as Spec['kind']}];
    }));
  }

  /** Outputs of a call by name; `kept` are inputs from `keep`. Throws `InputError` when the file does not answer. */
  async run(signature: string, inputs: Values, kept?: Kept): Promise<Values> {
    try {
      return await this.graph.run(signature, inputs, kept);
    } catch (error) {
      if (error instanceof Broken) throw broken(this.name, error);
      throw new InputError(`${this.name} does not answer (${reason(error)}): export the model again.`);
    }
  }

  /** Hands inputs over once, for many calls of a signature; `close` what comes. */
  keep(signature: string, inputs: Values): Kept {
    return this.graph.keep(signature, inputs);
  }

  close(): void {
    this.graph.close();
  }
}

function broken(name: string, error: Broken): Broken {
  return new Broken(`${name} brought the runtime down (${reason(error)}): export the model again.`);
}

/** Around what reads a card and compares it with the graph: what fails there says that they do not fit. */
export function fitting<T>(file: ModelFile, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file.name} has a card that does not fit its graph: export the model again.`);
  }
}

/** Throws when a card or a graph is not as it has to be; for use inside `fitting`. */
export function check(fits: boolean): asserts fits {
  if (!fits) throw new RangeError();
}

export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function readCard(bytes: Uint8Array, name: string): Card {
  let card: any;
  try {
    card = structuredClone(JSON.parse(text(bytes)));  // what is nested too deeply cannot go to the page
  } catch {
    card = null;
  }
  if (card === null || typeof card !== 'object' || typeof card.recipe !== 'string') {
    throw new InputError(`${name} carries a card that cannot be read: export the model again.`);
  }
  const facts = typeof card.facts === 'object' ? card.facts : null;  // of another type it says nothing, as in Python
  return {...card, facts: facts ?? {}};
}
