/** The ways of a picture file into the page: chosen, dropped, pasted, or the example. */
import {InputError} from '../engine/errors.js';
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {PictureFile} from './captions.js';
import {MOST_PIXELS, tooMany} from './picture_file.js';

const EXAMPLE = 'samples/scene.jpg';

/** A button that opens the system's own choice of pictures. */
export function chooser(taken: (picture: PictureFile) => void): HTMLElement {
  const input = element('input', {type: 'file', accept: 'image/*', class: 'hidden', id: 'picture-file'});
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    input.value = '';
    if (file) taken({file, name: file.name});
  });
  return element('label', {class: 'button primary', for: input.id}, TEXTS.captions.open, input);
}

/** Pictures that are dropped or pasted anywhere, until `signal`. Models are left to the shell. */
export function listen(taken: (picture: PictureFile) => void, signal: AbortSignal): void {
  document.addEventListener('drop', (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file || file.name.toLowerCase().endsWith('.tflite')) return;
    event.preventDefault();
    event.stopPropagation();
    taken({file, name: file.name});
  }, {signal});
  document.addEventListener('paste', (event) => {
    const file = [...event.clipboardData?.files ?? []].find(({type}) => type.startsWith('image/'));
    if (!file) return;
    event.preventDefault();
    taken({file, name: TEXTS.captions.pasted});
  }, {signal});
}

/** Throws `InputError` where it does not come. */
export async function example(): Promise<PictureFile> {
  const response = await fetch(EXAMPLE).catch(() => undefined);
  if (!response?.ok) throw new InputError(TEXTS.captions.noExample);
  return {file: await response.blob(), name: EXAMPLE};
}

/** Throws `InputError` for a picture with too many pixels, told from its header: decoded it would fill the memory. */
export async function checkSize({file, name}: PictureFile): Promise<void> {
  if (!file.size) throw new InputError(TEXTS.captions.empty(name));
  const address = URL.createObjectURL(file), image = new Image();
  try {
    await new Promise((done, failed) => Object.assign(image, {onload: done, onerror: failed, src: address}));
  } catch {
    throw new InputError(TEXTS.captions.notPicture(name));
  } finally {
    URL.revokeObjectURL(address);
  }
  if (image.naturalWidth * image.naturalHeight > MOST_PIXELS) throw new InputError(tooMany(name));
}
