import { isErrorCode, viewer } from '@ancloud/contracts';
import { AppError, isAppError } from '@ancloud/kit/errors';
import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';

/** First byte of a binary frame from the gateway (services/gateway, shell-frames.ts). */
const STDERR = 2;
/** Bytes of one frame of standard input at most. */
const STDIN_MAX = 65_536;

/**
 * `./ancloud phone shell ID [COMMAND…]`: a terminal on the phone, or one command with its exit code. Bytes go through
 * the gateway's WebSocket; the API key goes in the first frame, so it stands in no URL.
 */
export async function phoneShell(layout: Layout, id: string, command: readonly string[]): Promise<number> {
  const client = new GatewayClient(layout);
  await client.get(`/v1/phones/${encodeURIComponent(id)}`);
  const url = new URL(`/v1/phones/${encodeURIComponent(id)}/shell`, client.base);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const terminal = command.length === 0 && process.stdin.isTTY;

  return new Promise<number>((resolve, reject) => {
    let ended = false;
    const end = (finish: () => void): void => {
      if (ended) return;
      ended = true;
      if (terminal) process.stdin.setRawMode(false);
      process.stdin.destroy();
      socket.close();
      finish();
    };
    const fail = (code: string, message: string): void =>
      end(() =>
        reject(new AppError(isErrorCode(code) ? code : 'INTERNAL', message, { field: 'phone', value: id })),
      );

    socket.addEventListener('open', () => {
      const data = { key: client.key, command: command.join(' '), ...terminalSize() };
      socket.send(JSON.stringify({ id: 1, method: 'open', data }));
    });
    socket.addEventListener('message', (event) => {
      const data = event.data as ArrayBuffer | string;
      if (typeof data !== 'string') {
        const bytes = Buffer.from(data);
        (bytes[0] === STDERR ? process.stderr : process.stdout).write(bytes.subarray(1));
        return;
      }
      const frame = viewer.parseFrame(data);
      if (frame === null) return;
      if ('notify' in frame) {
        const { code, message } = frame.data as { code: number | string; message?: string };
        if (frame.notify === 'exit') end(() => resolve(Number(code)));
        else if (frame.notify === 'closing') fail(String(code), message ?? 'the shell was closed');
      } else if ('error' in frame && frame.error !== undefined) fail(frame.error.code, frame.error.message);
      else forwardInput(socket, terminal);
    });
    socket.addEventListener('close', () => fail('UNAVAILABLE', `the shell of ${id} was cut off`));
    socket.addEventListener('error', () =>
      fail('UNAVAILABLE', `the shell of ${id} cannot be opened at ${client.base}`),
    );
  }).catch((error: unknown) => {
    if (isAppError(error)) throw error;
    throw new AppError('UNAVAILABLE', `the shell of ${id} failed`, { cause: error });
  });
}

function terminalSize(): { rows: number; columns: number } {
  return { rows: process.stdout.rows ?? 24, columns: process.stdout.columns ?? 80 };
}

/** Standard input and the terminal's size, from the moment the shell is open. */
function forwardInput(socket: WebSocket, terminal: boolean): void {
  if (terminal) process.stdin.setRawMode(true);
  process.stdin.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += STDIN_MAX) socket.send(bytes.subarray(at, at + STDIN_MAX));
  });
  process.stdin.on('end', () => {
    if (socket.readyState === WebSocket.OPEN)
      socket.send(JSON.stringify({ notify: 'stdinClosed', data: {} }));
  });
  process.stdout.on('resize', () => socket.send(JSON.stringify({ notify: 'resize', data: terminalSize() })));
}
