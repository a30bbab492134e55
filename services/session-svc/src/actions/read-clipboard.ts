import type { AdbStream } from '@ancloud/adb';
import type { ReadClipboardResponse } from '@ancloud/contracts/session/v1/session';
import { AppError } from '@ancloud/kit';
import {
  CopyKey,
  createDeviceMessageParser,
  type ScrcpyVersion,
  serializeControl,
} from '@ancloud/scrcpy-wire';
import { askingServer } from '../core/stream-options.js';
import { newScid } from '../io/media-server.js';
import { startScrcpyServer } from '../io/scrcpy-server.js';
import type { ServerJar } from '../io/server-jar.js';
import type { Session } from '../io/session.js';

/** A clipboard without text is not answered for (scrcpy's Controller.getClipboard); one with text at once. */
const ANSWER_MS = 2_000;

/**
 * Asks phones for their clipboards, each by a scrcpy server that lives for one question. The control server tells changes only: not what
 * was there before it began, and not what it has set itself.
 */
export class ClipboardReader {
  readonly #scrcpy: { readonly version: ScrcpyVersion; readonly jar: ServerJar };

  constructor(scrcpy: { readonly version: ScrcpyVersion; readonly jar: ServerJar }) {
    this.#scrcpy = scrcpy;
  }

  /** What it holds now. Errors: SESSION_NOT_READY, PHONE_PAUSED, SCRCPY_FAILED, FILE_FAILED, ADB_*, CANCELLED. */
  async read(session: Session, signal: AbortSignal): Promise<ReadClipboardResponse> {
    const { version, jar } = this.#scrcpy;
    const link = await session.reach(signal);
    const jarPath = await jar.ensure(link, signal);
    const options = askingServer(newScid());
    const server = await startScrcpyServer({ link, jarPath, version, options, signal }).catch(
      (error: unknown) => {
        // Pushed anew before the next try, should it be missing.
        jar.forget(link);
        throw error;
      },
    );
    try {
      const question = serializeControl({ kind: 'getClipboard', copyKey: CopyKey.None }, version);
      const text = await answerOf(server.control, question, signal);
      // A phone that was paused meanwhile says nothing either: `link` says so.
      if (text === undefined) void session.link;
      return { text };
    } finally {
      server.close();
    }
  }
}

/** undefined: nothing was said in time. */
function answerOf(socket: AdbStream, question: Uint8Array, signal: AbortSignal): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const timer = setTimeout(() => resolve(undefined), ANSWER_MS);
  const parser = createDeviceMessageParser({
    onMessage: (message) => {
      if (message.kind === 'clipboard') resolve(message.text);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      parser.push(chunk);
    } catch (cause) {
      reject(new AppError('SCRCPY_FAILED', 'the phone told its clipboard unreadably', { cause }));
    }
  });
  const ended = (): void =>
    reject(new AppError('SCRCPY_FAILED', 'the server that was asked for the clipboard ended'));
  const gone = (): void => reject(new AppError('CANCELLED', 'the caller went away'));
  socket.once('close', ended);
  signal.addEventListener('abort', gone, { once: true });
  if (socket.destroyed) ended();
  socket.resume();
  socket.write(question);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', gone);
  });
}
