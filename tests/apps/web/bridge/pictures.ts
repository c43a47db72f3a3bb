import {enlarged, paleGrey, shares} from '../../../../apps/web/source/picture/heat.js';
import {placeOf} from '../../../../apps/web/source/picture/places.js';
import {resized} from '../../../../apps/web/source/picture/resize.js';
import {joined} from '../../../../apps/web/source/picture/sentence.js';

export const pictures = {
  resized: (pixels: Uint8Array, width: number, height: number, size: number) => resized({pixels, width, height}, size),
  joinedWords: joined,
  enlarged,
  shares,
  paleGrey: (pixels: Uint8Array, width: number, height: number) => paleGrey({pixels, width, height}),
  placeOf,
};
