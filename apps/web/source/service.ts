/** The service worker: gives what it has kept, keeps what it gives, and asks nobody else. */
export {};
declare const VERSION: string;  // of the build: a digest of its files
declare const SHELL: string[];  // what every page needs
const own = globalThis as any;
const NEWEST = /\/models\.json$/;  // the list may name other models of the user's own next time
// Other pages of the same origin have caches of their own, another heedful among them.
const PREFIX = `heedful ${new URL(own.registration.scope).pathname} `, CACHE = PREFIX + VERSION;

own.addEventListener('install', (event: any) => {
  // Past what the browser kept by itself: a shell of files of two versions would stay so for good.
  const shell = SHELL.map((address) => new Request(address, {cache: 'reload'}));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(shell)).then(() => own.skipWaiting()));
});

own.addEventListener('activate', (event: any) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
    await own.clients.claim();
  })());
});

own.addEventListener('fetch', (event: any) => {
  const address = new URL(event.request.url);
  if (event.request.method === 'GET' && address.origin === own.location.origin) event.respondWith(given(event.request));
});

/** Addresses that the page had loaded before this worker was there. */
own.addEventListener('message', (event: any) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    for (const address of event.data as string[]) {
      if (new URL(address).origin !== own.location.origin || await cache.match(address)) continue;
      await cache.add(new Request(address, {cache: 'force-cache'}));  // it has just come: not over the wire again
    }
    event.source?.postMessage('kept');
  })());
});

/** Where nothing can be kept, because storage is full or forbidden, it comes from the server. */
async function given(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE).catch(() => undefined);
  const kept = await cache?.match(request, {ignoreSearch: request.mode === 'navigate'}).catch(() => undefined);
  if (kept && !NEWEST.test(request.url)) return kept;
  try {
    const response = await fetch(request);
    if (response.status === 200) await cache?.put(request, response.clone()).catch(() => {});
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
