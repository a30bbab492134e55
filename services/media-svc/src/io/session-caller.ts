import { ClientPool, type FarmConnection, type GrpcClient } from '@ancloud/kit';
import {
  SessionServiceClient,
  type AttachLowRequest,
  type AttachStreamRequest,
  type AttachStreamResponse,
  type RunMainResponse,
} from '@ancloud/contracts/session/v1/session';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';

/** A cold attach starts scrcpy on the phone: on a busy host that takes seconds. */
const ATTACH_DEADLINE_MS = 15_000;

/** The calls media-svc makes to session-svc, wherever that phone's session lives. */
export class SessionCaller {
  readonly #clients: ClientPool<(typeof SessionServiceClient)['service']>;

  constructor({ farmSecret, tls }: Pick<FarmConnection, 'farmSecret' | 'tls'>) {
    this.#clients = new ClientPool(SessionServiceClient, { farmSecret, tls });
  }

  attach(session: SessionRecord, request: AttachStreamRequest): Promise<AttachStreamResponse> {
    return this.#client(session).attachStream(request, {
      deadlineMs: ATTACH_DEADLINE_MS,
      // A key goes out once: the second try might reach a session-svc that was started in between, and would encrypt from its beginning again.
      ...(request.srtp === undefined ? {} : { retries: 0 }),
    });
  }

  /** The end of a stream; a session that is gone has ended it already. */
  async detach(session: SessionRecord, fence: number): Promise<void> {
    await this.#client(session).detachStream(
      { phoneId: session.phoneId, fence },
      { deadlineMs: 2_000, retries: 0 },
    );
  }

  /** Begins the main picture of what is attached; resolves when it flows. */
  runMain({ sessionAddress, phoneId }: SessionRecord, fence: number): Promise<RunMainResponse> {
    return this.#clients
      .get(sessionAddress)
      .runMain({ phoneId, fence }, { deadlineMs: ATTACH_DEADLINE_MS, retries: 0 });
  }

  /** Its end, of which the rest notices nothing. */
  async restMain(session: SessionRecord, fence: number): Promise<void> {
    await this.#client(session).restMain(
      { phoneId: session.phoneId, fence },
      { deadlineMs: 2_000, retries: 0 },
    );
  }

  async attachLow(session: SessionRecord, request: AttachLowRequest): Promise<void> {
    await this.#client(session).attachLow(request, { deadlineMs: ATTACH_DEADLINE_MS });
  }

  /** Whether the phone's keyboard is on its screen; undefined when the phone does not say. */
  async keyboardShown(session: SessionRecord): Promise<boolean | undefined> {
    const { phoneId } = session;
    return (await this.#client(session).readKeyboard({ phoneId }, { retries: 0 })).shown;
  }

  /** CLOCK_MONOTONIC of the session's host, ms. */
  async hostMs(session: SessionRecord): Promise<number> {
    return (await this.#client(session).readClock({}, { deadlineMs: 1_000, retries: 0 })).monotonicMs;
  }

  /** The end of the low layer. */
  async detachLow(session: SessionRecord, fence: number): Promise<void> {
    await this.#client(session).detachLow(
      { phoneId: session.phoneId, fence },
      { deadlineMs: 2_000, retries: 0 },
    );
  }

  close(): void {
    this.#clients.close();
  }

  #client(session: SessionRecord): GrpcClient<(typeof SessionServiceClient)['service']> {
    return this.#clients.get(session.sessionAddress);
  }
}
