/** What the card of a model says, for people. */
import type {Opened} from '../engine/messages.js';
import {element} from './elements.js';
import {TEXTS} from './texts.js';

const LONGEST = 1000;  // characters of a value: a card may hold anything

export function cardPanel(model: Opened): HTMLElement {
  const {card} = model, file = card.file ?? {}, texts = TEXTS.card;
  const rows: [string, unknown][] = [
    [texts.recipe, card.recipe],
    [texts.name, card.name],
    [texts.file, model.name],
    [texts.size, TEXTS.page.megabytes(model.bytes)],
    [texts.quantization, file['quantization']],
    [texts.parameters, typeof card['parameters'] === 'number' ? card['parameters'].toLocaleString('en') : undefined],
    [texts.score, file['score'] === undefined ? undefined : `${file['metric'] ?? ''} ${rounded(file['score'])}`.trim()],
    [texts.baseline, file['baseline'] === undefined ? undefined : rounded(file['baseline'])],
    [texts.data, file['data'] ?? card['data']],
    [texts.created, typeof card['created'] === 'string' ? card['created'].slice(0, 10) : undefined],  // the day
    [texts.use, card['intended_use']],
    [texts.limits, card['limits']],
    [texts.carries, model.attachments.join(', ')],
    [texts.signatures, Object.keys(model.signatures).join(', ')],
  ];
  return element('dl', {class: 'card'}, ...rows.filter(([, value]) => told(value)).flatMap(([name, value]) => [
    element('dt', {}, name), element('dd', {}, String(value).slice(0, LONGEST)),
  ]));
}

function told(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function rounded(value: unknown): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
}
