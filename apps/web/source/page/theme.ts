/** Light, dark, or as the system has it; remembered on this device. */
import {element} from './elements.js';
import {TEXTS} from './texts.js';

const KEY = 'heedful-theme', CHOICES = ['system', 'light', 'dark'] as const;

export function chooseTheme(select: HTMLSelectElement): void {
  select.replaceChildren(...CHOICES.map((choice) => element('option', {value: choice}, TEXTS.page.theme[choice])));
  select.value = kept() ?? 'system';
  if (!select.value) select.value = 'system';  // what was kept is of another version
  apply(select.value);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dispatchEvent(new Event('themechange')));
  select.addEventListener('change', () => {
    keep(select.value);
    apply(select.value);
  });
}

/** Browsers that keep nothing throw; then the choice holds until the page is closed. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(choice: string): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch { /* not kept */ }
}

function apply(choice: string): void {
  document.documentElement.dataset['theme'] = choice;
  dispatchEvent(new Event('themechange'));  // canvases draw anew
}
