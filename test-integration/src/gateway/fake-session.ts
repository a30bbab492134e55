import { Server, ServerCredentials, type ServerDuplexStream, type ServerReadableStream } from '@grpc/grpc-js';
import { records } from '@ancloud/contracts';
import {
  SessionServiceService,
  type InstallAppRequest,
  type InstallAppResponse,
  type ScreenshotChunk,
  type ScreenshotRequest,
  type ShellInput,
  type ShellOutput,
} from '@ancloud/contracts/session/v1/session';
import { SessionRecord, SessionState } from '@ancloud/contracts/state/v1/state';
import { AppError, toGrpcError } from '@ancloud/kit';
import { recordsOf, type State } from '@ancloud/state';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** What session-svc is to the gateway: a record per phone, a PNG, a shell that answers, and a package manager. */
export class FakeSession {
  /** Bytes of the last app. */
  installed = 0;
  refuse: AppError | undefined;
  readonly #state: State;
  readonly #server = new Server();
  #address = '';

  private constructor(state: State) {
    this.#state = state;
  }

  static async start(state: State): Promise<FakeSession> {
    const session = new FakeSession(state);
    session.#server.addService(SessionServiceService, {
      screenshot: (call: ServerWritableStream<ScreenshotRequest, ScreenshotChunk>) => {
        for (const piece of ['\u0089PNG', '-of-', call.request.phoneId])
          call.write({ png: Buffer.from(piece, 'latin1') });
        call.end();
      },
      shell: (call: ServerDuplexStream<ShellInput, ShellOutput>) => session.#shell(call),
      installApp: (
        call: ServerReadableStream<InstallAppRequest, InstallAppResponse>,
        done: (error: unknown, value?: InstallAppResponse) => void,
      ) => session.#install(call, done),
    } as unknown as Parameters<Server['addService']>[1]);
    const port = await new Promise<number>((resolve, reject) => {
      session.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    session.#address = `127.0.0.1:${port}`;
    return session;
  }

  async attach(phoneId: string): Promise<void> {
    await recordsOf(this.#state, records.session).set(
      { phone: phoneId },
      SessionRecord.fromPartial({
        phoneId,
        bootId: 'b1',
        state: SessionState.SESSION_STATE_READY,
        sessionAddress: this.#address,
      }),
      { ttlMs: 600_000 },
    );
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #shell(call: ServerDuplexStream<ShellInput, ShellOutput>): void {
    call.on('error', () => {});
    call.on('data', ({ input }: ShellInput) => {
      if (input?.$case === 'start') {
        const { command, windowSize } = input.value;
        const words = `$ ${command} (${windowSize?.rows}x${windowSize?.columns})\n`;
        call.write({ output: { $case: 'stdout', value: Buffer.from(words) } });
      } else if (input?.$case === 'stdin') call.write({ output: { $case: 'stderr', value: input.value } });
      else if (input?.$case === 'stdinClosed') {
        call.write({ output: { $case: 'exitCode', value: 7 } });
        call.end();
      }
    });
  }

  #install(
    call: ServerReadableStream<InstallAppRequest, InstallAppResponse>,
    done: (error: unknown, value?: InstallAppResponse) => void,
  ): void {
    this.installed = 0;
    call.on('error', () => {});
    call.on('data', ({ input }: InstallAppRequest) => {
      if (input?.$case === 'data') this.installed += input.value.length;
      if (this.refuse === undefined) return;
      done(toGrpcError(this.refuse));
      this.refuse = undefined;
    });
    call.on('end', () => done(null, { output: `Success: ${this.installed} bytes` }));
  }
}
