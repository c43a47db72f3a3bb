/** Light, dark, or as the system has it; remembered on this device. */
import {element} from './elements.js';
import {TEXTS} from './texts.js';

const KEY = 'heedful-theme', CHOICES = ['system', 'light', 'dark'] as const;

export function chooseTheme(select: HTMLSelectElement): void {
  select.replaceChildren(...CHOICES.map((choice) => element('option', {value: choice}, TEXTS.page.theme[choice])));
  select.value = localStorage.getItem(KEY) ?? 'system';
  apply(select.value);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dispatchEvent(new Event('themechange')));
  select.addEventListener('change', () => {
    localStorage.setItem(KEY, select.value);
    apply(select.value);
  });
}

function apply(choice: string): void {
  document.documentElement.dataset['theme'] = choice;
  dispatchEvent(new Event('themechange'));  // canvases draw anew
}
