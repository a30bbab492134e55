import net from 'node:net';
import { PATIENCE_MS } from './eventually.js';

/** What a TCP peer says to `words` until it closes, has said `enough`, or has been quiet for `quietMs`. */
export function converse(
  port: number,
  words: string | Uint8Array,
  { enough, quietMs = PATIENCE_MS }: { readonly enough?: RegExp; readonly quietMs?: number } = {},
): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    let heard = '';
    socket.setEncoding('latin1').setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (text: string) => {
      heard += text;
      if (enough?.test(heard) === true) socket.destroy();
    });
    socket.once('connect', () => socket.write(words));
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(heard));
  });
}
