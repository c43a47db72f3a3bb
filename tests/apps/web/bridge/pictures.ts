import {type Colour, enlarged, heat, paleGrey} from '../../../../apps/web/source/picture/heat.js';
import {placeOf} from '../../../../apps/web/source/picture/places.js';
import {resized} from '../../../../apps/web/source/picture/resize.js';
import {joined} from '../../../../apps/web/source/picture/sentence.js';

type Grid = [rows: number, columns: number];

export const pictures = {
  resized: (pixels: Uint8Array, width: number, height: number, size: number) => resized({pixels, width, height}, size),
  joinedWords: joined,
  enlarged,
  heat: (pixels: Uint8Array, width: number, height: number, map: Float32Array, grid: Grid, colour: Colour, plain: number) => {
    const picture = {pixels, width, height}, drawn = new Uint8ClampedArray(pixels.length);
    heat(drawn, picture, paleGrey(picture), map, grid, colour, plain);
    return new Uint8Array(drawn);
  },
  placeOf,
};
