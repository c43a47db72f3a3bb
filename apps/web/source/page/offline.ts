/** What was loaded stays on the device, so that the page opens without a connection. */
import {runtime} from './shelf.js';
import {TEXTS} from './texts.js';

export async function keepOffline(mark: HTMLElement): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register('service.js');
  } catch {
    return;  // a browser that keeps nothing, in a private window say: the page works, with a connection
  }
  await navigator.serviceWorker.ready;
  // What the worker loads does not stand among the resources of the page.
  const addresses = [...performance.getEntriesByType('resource').map(({name}) => name), ...Object.values(runtime())];
  if (!navigator.serviceWorker.controller) {
    await new Promise((ready) => navigator.serviceWorker.addEventListener('controllerchange', ready, {once: true}));
  }
  navigator.serviceWorker.addEventListener('message', ({data}) => {
    if (data === 'kept') {
      mark.textContent = TEXTS.page.offline;
      mark.title = TEXTS.page.keptOffline;
    }
  });
  navigator.serviceWorker.controller!.postMessage(addresses);  // what the first visit loaded before it was there
}
