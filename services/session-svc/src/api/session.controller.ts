import type {
  Metadata,
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type {
  GetSessionRequest,
  InstallAppRequest,
  InstallAppResponse,
  PullFileChunk,
  PullFileRequest,
  PushFileRequest,
  PushFileResponse,
  ReadClipboardRequest,
  ReadClipboardResponse,
  ReadKeyboardRequest,
  ReadKeyboardResponse,
  ReadScreenRequest,
  ReadScreenResponse,
  ScreenshotChunk,
  ScreenshotRequest,
  ShellInput,
  ShellOutput,
} from '@ancloud/contracts/session/v1/session';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import type { Log } from '@ancloud/kit';
import { from, ignoreElements } from 'rxjs';
import type { Observable } from 'rxjs';
import { installApp } from '../actions/install-app.js';
import { WorkLimits } from '../actions/limits.js';
import { ClipboardReader } from '../actions/read-clipboard.js';
import { readKeyboard } from '../actions/read-keyboard.js';
import { readScreen } from '../actions/read-screen.js';
import { takeScreenshot } from '../actions/screenshot.js';
import { MAX_AGE_MS, SharedScreenshots } from '../actions/shared-screenshots.js';
import { runShell } from '../actions/shell.js';
import { pullFile, pushFile } from '../actions/transfer-file.js';
import { Sessions } from '../io/sessions.js';
import { during, send } from './calls.js';
import { dataOf, readStart } from './incoming.js';

/** Injection token of the service's log. */
export const LOG = Symbol('log');
const SERVICE = 'ancloud.session.v1.SessionService';
/** Bytes of a picture per message. */
const CHUNK = 256 * 1024;

/** The gRPC edge: decode, call, encode. */
@Controller()
export class SessionController {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(WorkLimits) private readonly limits: WorkLimits,
    @Inject(SharedScreenshots) private readonly screenshots: SharedScreenshots,
    @Inject(ClipboardReader) private readonly clipboards: ClipboardReader,
    @Inject(LOG) private readonly log: Log,
  ) {}

  @GrpcMethod(SERVICE, 'getSession')
  getSession({ phoneId }: GetSessionRequest): SessionRecord {
    return this.sessions.get(phoneId).record();
  }

  @GrpcMethod(SERVICE, 'screenshot')
  screenshot(
    { phoneId, maxAgeMs }: ScreenshotRequest,
    _metadata: Metadata,
    call: ServerWritableStream<ScreenshotRequest, ScreenshotChunk>,
  ): Observable<never> {
    return written(
      during(call, async (signal) => {
        const session = this.sessions.get(phoneId);
        if (maxAgeMs > MAX_AGE_MS)
          throw new AppError('INVALID_ARGUMENT', 'a screenshot is kept for 10 s at most', {
            field: 'maxAgeMs',
            value: String(maxAgeMs),
            fix: `give 0 to ${MAX_AGE_MS}`,
          });
        const take = async (until: AbortSignal): Promise<Uint8Array> => {
          const release = this.limits.take(phoneId, 'screenshot');
          try {
            return await takeScreenshot(session, until);
          } finally {
            release();
          }
        };
        const png =
          maxAgeMs === 0
            ? await take(signal)
            : // Others may wait for it too when this caller is gone.
              await this.screenshots.of(session, maxAgeMs, () => take(new AbortController().signal));
        for (let at = 0; at < png.length; at += CHUNK)
          await send(call, { png: png.subarray(at, at + CHUNK) }, signal);
      }),
    );
  }

  @GrpcMethod(SERVICE, 'readScreen')
  readScreen(
    request: ReadScreenRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<ReadScreenRequest, ReadScreenResponse>,
  ): Promise<ReadScreenResponse> {
    return during(call, async (signal) => {
      const session = this.sessions.get(request.phoneId);
      const release = this.limits.take(request.phoneId, 'screenshot');
      try {
        return await readScreen(session, request, signal);
      } finally {
        release();
      }
    });
  }

  @GrpcMethod(SERVICE, 'readKeyboard')
  readKeyboard(
    { phoneId }: ReadKeyboardRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<ReadKeyboardRequest, ReadKeyboardResponse>,
  ): Promise<ReadKeyboardResponse> {
    return during(call, async (signal) => {
      const session = this.sessions.get(phoneId);
      const release = this.limits.take(phoneId, 'keyboard');
      try {
        return await readKeyboard(session, signal);
      } finally {
        release();
      }
    });
  }

  @GrpcMethod(SERVICE, 'readClipboard')
  readClipboard(
    { phoneId }: ReadClipboardRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<ReadClipboardRequest, ReadClipboardResponse>,
  ): Promise<ReadClipboardResponse> {
    return during(call, async (signal) => {
      const session = this.sessions.get(phoneId);
      const release = this.limits.take(phoneId, 'clipboard');
      try {
        return await this.clipboards.read(session, signal);
      } finally {
        release();
      }
    });
  }

  @GrpcStreamCall(SERVICE, 'shell')
  async shell(call: ServerDuplexStream<ShellInput, ShellOutput>): Promise<void> {
    await during(call, async (signal) => {
      const read = (m: ShellInput) => (m.input?.$case === 'start' ? m.input.value : undefined);
      const { start, rest } = await readStart<ShellInput, NonNullable<ReturnType<typeof read>>>(
        call,
        read,
        signal,
      );
      const session = this.sessions.get(start.phoneId);
      const release = this.limits.take(start.phoneId, 'shell');
      try {
        await runShell(session, {
          start,
          input: rest,
          output: (message) => send(call, message, signal),
          signal,
        });
        call.end();
      } finally {
        release();
      }
    });
  }

  @GrpcStreamCall(SERVICE, 'pushFile')
  async pushFile(
    call: ServerReadableStream<PushFileRequest, PushFileResponse>,
    answer: sendUnaryData<PushFileResponse>,
  ): Promise<void> {
    const bytes = await during(call, async (signal) => {
      const read = (m: PushFileRequest) => (m.input?.$case === 'start' ? m.input.value : undefined);
      const { start, rest } = await readStart<PushFileRequest, NonNullable<ReturnType<typeof read>>>(
        call,
        read,
        signal,
      );
      const session = this.sessions.get(start.phoneId);
      const release = this.limits.take(start.phoneId, 'file');
      try {
        const source = dataOf(rest, (m) => (m.input?.$case === 'data' ? m.input.value : undefined));
        return await pushFile(session, { path: start.path, mode: start.mode, source, signal });
      } finally {
        release();
      }
    });
    answer(null, { bytes });
  }

  @GrpcMethod(SERVICE, 'pullFile')
  pullFile(
    { phoneId, path }: PullFileRequest,
    _metadata: Metadata,
    call: ServerWritableStream<PullFileRequest, PullFileChunk>,
  ): Observable<never> {
    return written(
      during(call, async (signal) => {
        const session = this.sessions.get(phoneId);
        const release = this.limits.take(phoneId, 'file');
        try {
          for await (const data of pullFile(session, path, signal)) await send(call, { data }, signal);
        } finally {
          release();
        }
      }),
    );
  }

  @GrpcStreamCall(SERVICE, 'installApp')
  async installApp(
    call: ServerReadableStream<InstallAppRequest, InstallAppResponse>,
    answer: sendUnaryData<InstallAppResponse>,
  ): Promise<void> {
    const output = await during(call, async (signal) => {
      const read = (m: InstallAppRequest) => (m.input?.$case === 'start' ? m.input.value : undefined);
      const { start, rest } = await readStart<InstallAppRequest, NonNullable<ReturnType<typeof read>>>(
        call,
        read,
        signal,
      );
      const session = this.sessions.get(start.phoneId);
      const release = this.limits.take(start.phoneId, 'install');
      try {
        const source = dataOf(rest, (m) => (m.input?.$case === 'data' ? m.input.value : undefined));
        return await installApp(session, { size: start.size, source, signal, log: this.log });
      } finally {
        release();
      }
    });
    answer(null, { output });
  }
}

/** Answers were written to the call itself, which waits for its reader; Nest would buffer without bound. It ends the call. */
function written(work: Promise<void>): Observable<never> {
  return from(work).pipe(ignoreElements());
}
