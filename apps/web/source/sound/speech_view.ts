/** The page of speech: listen live, hear a recording, teach a word. */
import {InputError} from '../engine/errors.js';
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';
import type {Place, View} from '../page/view.js';
import type {SoundEvent} from './events.js';
import {ListeningPanel} from './listening_view.js';
import {RecordingPanel} from './recording_view.js';
import {Session} from './session_view.js';
import {TeachingPanel} from './teaching_view.js';

export function speechView(place: Place): View {
  const session = new Session(place), listening = new ListeningPanel(session), recording = new RecordingPanel(session);
  const teaching = new TeachingPanel(session, () => listening.stop());
  listening.root.append(thresholdChooser(session, (events) => recording.rethreshold(events)));
  place.root.classList.add('speech');
  place.root.append(listening.root, recording.root, teaching.root);
  place.root.addEventListener('drop', (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file || file.name.toLowerCase().endsWith('.tflite')) return;  // a model is the shell's
    event.preventDefault();
    event.stopPropagation();
    document.body.classList.remove('dropping');
    void recording.open(file.name, () => file.arrayBuffer().catch(() => {
      throw new InputError(TEXTS.speech.file.unreadable(file.name));  // a folder
    }));
  });
  void teaching.restore();
  return {
    close() {
      listening.close();
      recording.close();
      teaching.close();
    },
  };
}

/** How sure the model must be: as on the card, or as the user likes. */
function thresholdChooser(session: Session, chosen: (events: SoundEvent[] | null) => void): HTMLElement {
  const told = TEXTS.speech.threshold, own = session.about.detection.threshold;
  const number = element('output', {for: 'threshold'}), kept = told.card(TEXTS.page.percent(own));
  const range = element('input', {type: 'range', id: 'threshold', min: 0.05, max: 1, step: 0.01, value: own});
  const back = element('button', {class: 'quiet', type: 'button', onclick: () => choose(own)}, kept);
  const show = (value: number): void => {
    number.textContent = TEXTS.page.percent(value);
    back.hidden = Math.abs(value - own) < 0.005;
  };
  let wanted: number | undefined, asking = false;
  const ask = async (): Promise<void> => {  // of many on the way of the slider only the newest
    for (asking = true; wanted !== undefined; ) {
      const threshold = wanted;
      wanted = undefined;
      try {
        chosen((await session.ask<{events: SoundEvent[] | null}>({do: 'threshold', threshold})).answer.events);
      } catch (error) {
        session.place.problem(error);
      }
    }
    asking = false;
  };
  const choose = (value: number): void => {
    range.value = String(value);
    show(value);
    wanted = value;
    if (!asking) void ask();
  };
  range.addEventListener('input', () => choose(Number(range.value)));
  show(own);
  return element(
    'div', {class: 'row threshold'}, element('label', {for: 'threshold'}, told.label), range, number, back,
    element('span', {class: 'soft'}, told.means),
  );
}
