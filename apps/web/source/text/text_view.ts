/** The panel into which a text is written, pasted or dropped. */
import {InputError} from '../engine/errors.js';
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';

const LARGEST = 5e6;  // bytes of a text file

/** A text area with its buttons; `done` hears of Ctrl+Enter. */
export function textPanel(
  label: string, done: () => void, ...buttons: HTMLElement[]
): {root: HTMLElement; input: HTMLTextAreaElement} {
  const input = element('textarea', {id: 'given-text', rows: 5, spellcheck: 'false'});
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    done();
  });
  const root = element('section', {class: 'panel given', 'aria-label': label},
    element('label', {class: 'title', for: input.id}, label), input, element('div', {class: 'row'}, ...buttons));
  return {root, input};
}

/** Text files that are dropped anywhere go into the area, until `signal`. Models are left to the shell. */
export function intoText(input: HTMLTextAreaElement, problem: (error: unknown) => void, signal: AbortSignal): void {
  document.addEventListener('drop', (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file || file.name.toLowerCase().endsWith('.tflite')) return;
    event.preventDefault();
    event.stopPropagation();
    read(file).then((text) => {
      input.value = text;
      input.dispatchEvent(new Event('input'));
    }).catch(problem);
  }, {signal});
}

/** Throws `InputError` for what is no text. */
async function read(file: File): Promise<string> {
  if (file.size > LARGEST) throw new InputError(TEXTS.texts.tooLong(file.name));
  try {
    const text = new TextDecoder('utf-8', {fatal: true}).decode(await file.arrayBuffer());
    if (!text.includes('\0')) return text;
  } catch {
    // said below
  }
  throw new InputError(TEXTS.texts.notText(file.name));
}
