import {resized} from '../../../../apps/web/source/picture/resize.js';
import {joined} from '../../../../apps/web/source/picture/sentence.js';

export const pictures = {
  resized: (pixels: Uint8Array, width: number, height: number, size: number) => resized({pixels, width, height}, size),
  joined,
};
