import type {Place, View} from '../page/view.js';

export function recommenderView(place: Place): View {
  place.root.append('not written yet');
  return {close() {}};
}
