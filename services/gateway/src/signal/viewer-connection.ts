import { codes, roleOf, subjects, viewer } from '@ancloud/contracts';
import type { ViewerNotice } from '@ancloud/contracts/input/v1/viewer';
import { AppError, asAppError, InputGate, inputLimit, type Timer } from '@ancloud/kit';
import { spend, type Bucket, type BucketRule } from '../api/core/token-bucket.js';
import { viewerRevoked } from '../errors.js';
import type { Admission } from '../viewers/viewer-door.js';
import type { ConnectionParts, ViewerSocket } from './connection-parts.js';
import { readJoin, signalRates } from './core/frames.js';
import type { MediaLink } from './media-link.js';
import { Pulse } from './pulse.js';
import { Refusals } from './refusals.js';

/** A client that leaves this much unread is closed: it could only ever get older news. */
const SLOW_BYTES = 1024 * 1024;
/** Refusals of a join that pass, beside those that are ours: the phone's session comes, or a media-svc tells that it carries the stream. */
const PASSING: ReadonlySet<string> = new Set(['SESSION_NOT_FOUND', 'STREAM_ELSEWHERE']);

/**
 * One viewer's WebSocket: join → relay → over. It checks credentials, sizes and rates, tells the input channel's identity, and
 * passes everything else on unread.
 *
 * Owns its timers, its notice subscription and its MediaLink; `close` ends them all, once. The socket's owner calls `text`,
 * `binary` and `gone`.
 */
export class ViewerConnection {
  readonly #socket: ViewerSocket;
  readonly #parts: ConnectionParts;
  readonly #joining = new AbortController();
  readonly #buckets = new Map<keyof typeof signalRates, Bucket>();
  readonly #joinTimer: Timer;
  readonly #gate: InputGate;
  #state: 'waiting' | 'joining' | 'joined' | 'closed' = 'waiting';
  #admission: Admission | undefined;
  #link: MediaLink | undefined;
  #input: ReturnType<ConnectionParts['lanes']['viewerInput']> | undefined;
  #heard: readonly { close(): void }[] = [];
  readonly #pulse: Pulse;
  readonly #refusals: Refusals;

  constructor(socket: ViewerSocket, parts: ConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#gate = new InputGate(parts.clock.monotonic());
    this.#pulse = new Pulse(parts.clock, {
      ping: (frame) => {
        this.#send(frame);
        void this.#keep();
      },
      silent: (ms) =>
        this.close(
          new AppError('DEADLINE_EXCEEDED', `the viewer was silent for ${Math.round(ms / 1000)} s`),
          true,
        ),
    });
    this.#refusals = new Refusals(parts.clock, (refused) => this.#notify('refused', refused));
    this.#joinTimer = parts.clock.setTimeout(() => {
      if (this.#state === 'waiting')
        this.close(
          new AppError('DEADLINE_EXCEEDED', `no 'join' within ${viewer.limits.joinTimeoutMs / 1000} s`),
          false,
        );
    }, viewer.limits.joinTimeoutMs);
  }

  /** A text frame. Never throws. */
  text(text: string, bytes: number): void {
    if (this.#state === 'closed') return;
    this.#pulse.heard();
    if (bytes > viewer.limits.signalFrame) {
      this.close(tooLarge('a signalling message', bytes, viewer.limits.signalFrame), false);
      return;
    }
    if (!this.#spend('text')) {
      this.close(new AppError('RATE_LIMITED', 'too many signalling messages'), true);
      return;
    }
    const frame = viewer.parseFrame(text);
    if (frame === null) {
      this.close(
        new AppError('MESSAGE_MALFORMED', 'a message is not a frame of the signalling protocol'),
        false,
      );
      return;
    }
    if (this.#state === 'waiting') void this.#join(frame);
    else if (this.#state === 'joining')
      this.close(new AppError('MESSAGE_MALFORMED', "a message came before the reply to 'join'"), false);
    else this.#relay(frame, text);
  }

  /** A binary frame: one ViewerInput. Never throws. */
  binary(bytes: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#pulse.heard();
    const admission = this.#admission;
    if (this.#state !== 'joined' || admission === undefined) {
      this.close(new AppError('MESSAGE_MALFORMED', "input came before 'join'"), false);
      return;
    }
    if (admission.role === 'watch') {
      this.#parts.counted.dropped('role');
      this.#refusals.add('FORBIDDEN', "this viewer's role is 'watch'");
      return;
    }
    const dropped = this.#gate.judge(bytes, this.#parts.clock.monotonic());
    if (dropped !== undefined) {
      this.#parts.counted.dropped(dropped);
      if (dropped === 'malformed')
        this.close(new AppError('MESSAGE_MALFORMED', 'an input message is empty'), false);
      else if (dropped === 'oversized')
        this.close(tooLarge('an input message', bytes.length, inputLimit(bytes)), false);
      // Dropped, not closed: lost input heals with the next message, which names all fingers that are down.
      else this.#refusals.add('RATE_LIMITED', 'too much input');
      return;
    }
    const { phone, viewer: id, role } = admission;
    // Most viewers have a data channel and never come here.
    this.#input ??= this.#parts.lanes.viewerInput({ phone, viewer: id, role });
    if (!this.#input.publishRaw(bytes))
      this.#refusals.add('UNAVAILABLE_BUS', 'input cannot be delivered now');
  }

  /** The socket is gone; the viewer may come back with its resume secret. */
  gone(): void {
    this.#over(undefined);
  }

  /** Tells the viewer why and ends the connection. May be called twice. `retry`: coming back makes sense. */
  close(error: AppError, retry: boolean): void {
    if (this.#state === 'closed') return;
    this.#notify('closing', { code: error.code, message: error.message, retry });
    this.#parts.log.debug({ viewer: this.#admission?.viewer, err: error }, 'a viewer connection is closed');
    this.#over(error);
  }

  async #join(frame: viewer.Frame): Promise<void> {
    this.#joinTimer.cancel();
    this.#state = 'joining';
    const read = readJoin(frame);
    if ('problem' in read) {
      const error = new AppError('MESSAGE_MALFORMED', read.problem);
      if (read.id !== undefined) this.#fail(read.id, error);
      this.close(error, false);
      return;
    }
    const { id, join, receive } = read;
    let admission: Admission | undefined;
    try {
      admission = await this.#parts.door.admit(join);
      const link = await this.#parts.dialer.join(admission, { id, receive }, this.#joining.signal);
      if (this.#closed()) {
        link.close();
        await admission.giveBack();
        return;
      }
      this.#parts.counted.joined('ok');
      this.#joined(admission, link, id);
    } catch (error) {
      await admission?.giveBack();
      const reason = asAppError(error);
      this.#parts.counted.joined(reason.code);
      if (reason.code === 'INTERNAL') this.#parts.log.error({ err: error }, 'a viewer could not join');
      this.#fail(id, reason);
      // With a wrong credential there is nothing to retry; with ours failing the same credential works again.
      const passes = PASSING.has(reason.code) || codes[reason.code].http >= 500;
      this.close(reason, admission !== undefined && passes);
    }
  }

  #joined(admission: Admission, link: MediaLink, id: number): void {
    const { phone, viewer: viewerId, role, resume } = admission;
    const { bus } = this.#parts;
    const iceServers = this.#parts.iceServers(viewerId);
    this.#state = 'joined';
    this.#admission = admission;
    this.#link = link;
    this.#heard = [
      bus.subscribe(subjects.notice, { viewer: viewerId }, (notice) => this.#notice(notice)),
      bus.subscribe(subjects.viewerRevoked, { viewer: viewerId }, () => this.#revoked()),
    ];
    this.#present(true);
    this.#send(
      JSON.stringify({ id, ok: { ...link.joined, viewer: viewerId, phone, role, resume, iceServers } }),
    );
    link.onDrain(() => this.#socket.resume());
    link.listen(
      (text) => this.#send(text),
      (error) => this.close(error, error.code !== 'VIEWER_REVOKED'),
    );
    this.#pulse.start();
    // What happened to the viewer while media-svc was asked was told to nobody here.
    void this.#keep();
  }

  #relay(frame: viewer.Frame, text: string): void {
    if ('method' in frame && frame.method === 'join') {
      this.#fail(frame.id, new AppError('INVALID_STATE', 'this connection has joined already'));
      return;
    }
    // Replies to our pings end here.
    if ('id' in frame && !('method' in frame) && Pulse.answers(frame.id)) return;
    if (this.#link?.send(text) === false) this.#socket.pause();
    if ('notify' in frame && frame.notify === 'leave') {
      void this.#admission?.leave().catch(() => {});
      this.close(new AppError('CANCELLED', 'the viewer left'), false);
    }
  }

  #notice({ notice }: ViewerNotice): void {
    if (notice === undefined) return;
    this.#notify(notice.$case, { ...notice.value });
  }

  async #keep(): Promise<void> {
    let kept: Awaited<ReturnType<Admission['keep']>> | undefined;
    try {
      kept = await this.#admission?.keep();
    } catch {
      // Redis is away: watching goes on without it.
      return;
    }
    if (kept === 'revoked') this.#revoked();
    else if (kept === 'elsewhere')
      this.close(new AppError('FENCED', 'the viewer has come back by another connection'), false);
  }

  #revoked(): void {
    const id = this.#admission?.viewer;
    if (id !== undefined) this.close(viewerRevoked(id), false);
  }

  #spend(kind: keyof typeof signalRates, cost = 1): boolean {
    const rule: BucketRule = signalRates[kind];
    const result = spend(rule, this.#buckets.get(kind), this.#parts.clock.monotonic(), cost);
    this.#buckets.set(kind, result.bucket);
    return result.ok;
  }

  #fail(id: number, { code, message }: AppError): void {
    this.#send(JSON.stringify({ id, error: { code, message } }));
  }

  #notify<M extends keyof viewer.ServerNotifications>(notify: M, data: viewer.ServerNotifications[M]): void {
    this.#send(JSON.stringify({ notify, data }));
  }

  #send(text: string): void {
    if (this.#state === 'closed') return;
    if (this.#socket.bufferedAmount > SLOW_BYTES) {
      this.#over(new AppError('CAPACITY', 'the viewer does not read what it is sent'));
      return;
    }
    this.#socket.send(text);
  }

  #present(present: boolean): void {
    const admission = this.#admission;
    if (admission === undefined) return;
    const { phone, viewer: viewerId, role, connection } = admission;
    this.#parts.bus.publish(
      subjects.viewer,
      { phone },
      {
        phoneId: phone,
        viewerId,
        role: roleOf(role),
        present,
        connection,
      },
    );
  }

  #closed(): boolean {
    return this.#state === 'closed';
  }

  #over(error: AppError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#joining.abort();
    this.#joinTimer.cancel();
    this.#pulse.close();
    this.#refusals.close();
    for (const subscription of this.#heard) subscription.close();
    this.#link?.close();
    this.#input?.close();
    // input-svc lifts this viewer's fingers.
    this.#present(false);
    void this.#admission?.rest();
    // RFC 6455 section 7.4.2: 4000-4999 is ours; the HTTP status of the code makes them readable. A reason has at most 123 bytes.
    if (error !== undefined) this.#socket.close(4_000 + codes[error.code].http, error.code);
  }
}

function tooLarge(what: string, bytes: number, limit: number): AppError {
  return new AppError('MESSAGE_TOO_LARGE', `${what} of ${bytes} bytes is larger than ${limit}`);
}
