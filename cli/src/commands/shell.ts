import { AppError } from '@ancloud/kit/errors';
import { GatewayClient } from '../farm/client.js';
import { files, type Layout } from '../layout.js';
import fs from 'node:fs';

/** Frames of `/v1/phones/{id}/shell`, as the gateway defines them: text is JSON, binary is bytes of the terminal. */
type ShellFrame = { exitCode: number } | { error: { code: string; message: string } };

/**
 * `./ancloud phone shell ID [COMMAND…]`: a terminal on the phone, or one command with its exit code. Bytes go through
 * the gateway's WebSocket; the first frame carries the API key, so it stands in no URL.
 */
export async function phoneShell(layout: Layout, id: string, command: readonly string[]): Promise<number> {
  const client = new GatewayClient(layout);
  await client.get(`/v1/phones/${encodeURIComponent(id)}`);
  const url = new URL(`/v1/phones/${encodeURIComponent(id)}/shell`, client.base);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const interactive = command.length === 0 && process.stdin.isTTY;
  const size = (): { rows: number; columns: number } => ({
    rows: process.stdout.rows ?? 24,
    columns: process.stdout.columns ?? 80,
  });

  return new Promise<number>((resolve, reject) => {
    let ended = false;
    const end = (finish: () => void): void => {
      if (ended) return;
      ended = true;
      if (interactive) process.stdin.setRawMode(false);
      process.stdin.pause();
      socket.close();
      finish();
    };
    socket.addEventListener('open', () => {
      const key = fs
        .readFileSync(process.env['ANCLOUD_API_KEY_FILE'] ?? files.secret(layout, 'api-key'), 'utf8')
        .trim();
      socket.send(
        JSON.stringify({ authorization: `Bearer ${key}`, command: command.join(' '), windowSize: size() }),
      );
      if (interactive) process.stdin.setRawMode(true);
      if (command.length === 0) {
        process.stdin.on('data', (bytes: Buffer) => socket.send(bytes));
        process.stdin.on('end', () => socket.send(JSON.stringify({ stdinClosed: true })));
      }
      process.stdout.on('resize', () => socket.send(JSON.stringify({ windowSize: size() })));
    });
    socket.addEventListener('message', (event) => {
      const data = event.data as ArrayBuffer | string;
      if (typeof data !== 'string') return void process.stdout.write(Buffer.from(data));
      const frame = JSON.parse(data) as ShellFrame;
      if ('exitCode' in frame) return end(() => resolve(frame.exitCode));
      end(() =>
        reject(new AppError('SESSION_NOT_READY', frame.error.message, { field: 'phone', value: id })),
      );
    });
    socket.addEventListener('close', () =>
      end(() => reject(new AppError('UNAVAILABLE', `the shell of ${id} was cut off`))),
    );
    socket.addEventListener('error', () =>
      end(() => reject(new AppError('UNAVAILABLE', `the shell of ${id} cannot be opened at ${client.base}`))),
    );
  });
}
