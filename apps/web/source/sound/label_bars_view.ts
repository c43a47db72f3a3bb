/** A bar for every label: how probable it is. */
import {element} from '../page/elements.js';
import {TEXTS} from '../page/texts.js';

export class LabelBars {
  readonly root = element('div', {class: 'bars', role: 'group', 'aria-label': TEXTS.speech.probabilities});
  private labels: readonly string[] = [];
  private bars: {row: HTMLElement; bar: HTMLElement; number: HTMLElement}[] = [];

  show(labels: readonly string[], probabilities: ArrayLike<number>): void {
    if (labels.join('\n') !== this.labels.join('\n')) this.make(labels);
    const best = Math.max(...Array.from(probabilities));
    this.bars.forEach(({row, bar, number}, index) => {
      const share = probabilities[index] ?? 0;
      bar.style.setProperty('--share', String(share));
      const text = probabilities.length ? TEXTS.page.percent(share) : '';
      if (number.textContent !== text) number.textContent = text;
      row.classList.toggle('best', share === best && share > 0);
    });
  }

  private make(labels: readonly string[]): void {
    this.labels = labels;
    this.bars = labels.map((label) => {
      const bar = element('span'), number = element('span'), name = element('span', {}, nameOf(label));
      return {bar, number, row: element('div', {class: 'meter'}, name, element('div', {class: 'bar'}, bar), number)};
    });
    this.root.replaceChildren(...this.bars.map(({row}) => row));
  }
}

/** A label in words. */
export function nameOf(label: string): string {
  return Object.hasOwn(TEXTS.speech.labels, label) ? TEXTS.speech.labels[label]! : label;
}
