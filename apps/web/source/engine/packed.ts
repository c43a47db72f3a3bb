/** Files that are served compressed, whatever the server: `NAME.gz`, unpacked here. */
import {InputError, reason} from './errors.js';

const GZIP = [0x1f, 0x8b];  // its first bytes

/**
 * The content of a file, unpacked where it is compressed. `told` hears which share has come, 0 to 1.
 * Throws `InputError` when it does not come.
 */
export async function unpacked(address: string, told: (share: number) => void = () => {}): Promise<ArrayBuffer> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new InputError(`${address} cannot be loaded (${reason(error)}): look at the connection and try again.`);
  }
  if (!response.ok || !response.body) throw new InputError(`${address} is not there (HTTP ${response.status}).`);
  const whole = Number(response.headers.get('content-length')) || 0;
  let come = 0;
  const counted = response.body.pipeThrough(new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      come += chunk.length;
      if (whole) told(Math.min(1, come / whole));
      controller.enqueue(chunk);
    },
  }));
  try {
    const content = await new Response(counted).arrayBuffer();
    const packed = new Uint8Array(content, 0, Math.min(2, content.byteLength));
    if (packed[0] !== GZIP[0] || packed[1] !== GZIP[1]) return content;  // some servers let the browser unpack it
    return await new Response(new Blob([content]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
  } catch (error) {
    throw new InputError(`${address} came damaged or not whole (${reason(error)}): load the page again.`);
  }
}
