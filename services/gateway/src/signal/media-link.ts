import { isErrorCode, roleOf, viewer } from '@ancloud/contracts';
import type { MediaServiceClient, SignalFrame } from '@ancloud/contracts/media/v1/media';
import { AppError, fromGrpcError, type ClientPool, type Clock } from '@ancloud/kit';
import type { Admission } from '../viewers/viewer-door.js';
import type { MediaChoice } from './core/pick-media.js';
import { reachSeat, type MediaFinding } from './reach-media.js';

/** What is used of grpc-js's duplex stream: a fake in specs, `MediaService.Signal` in the world. */
export interface MediaStream {
  write(frame: SignalFrame): boolean;
  end(): void;
  cancel(): void;
  on(event: 'data', fn: (frame: SignalFrame) => void): unknown;
  on(event: 'error', fn: (error: unknown) => void): unknown;
  on(event: 'end' | 'drain', fn: () => void): unknown;
}

/** A cold start takes a video server and its first size; beyond this the viewer is told to come again, ms. */
const JOIN_REPLY_MS = 20_000;
/** What a viewer waits for here rather than by coming again: the phone's session that is being made. */
const PASSING = ['SESSION_NOT_FOUND'] as const;

/** The viewer's own request: its id, and whether it wants to be sent the picture at once. */
export interface JoinAsked {
  readonly id: number;
  readonly receive: boolean;
}

/** Opens `Signal` streams on the media-svc that has, or shall have, the phone's stream. */
export class MediaDialer {
  readonly #parts: MediaFinding & { readonly open: (address: string) => MediaStream };

  constructor(parts: MediaFinding & { readonly open: (address: string) => MediaStream }) {
    this.#parts = parts;
  }

  /** A joined link. Errors: DEADLINE_EXCEEDED, and those of `reachSeat`. */
  async join(admission: Admission, asked: JoinAsked, signal: AbortSignal): Promise<MediaLink> {
    return reachSeat(
      this.#parts,
      admission,
      signal,
      ({ address, edge }) =>
        MediaLink.join(this.#parts.open(address), { ...admission, edge }, asked, this.#parts.clock, signal),
      PASSING,
    );
  }
}

export const poolDialer =
  (pool: ClientPool<typeof MediaServiceClient.service>) =>
  (address: string): MediaStream =>
    pool.get(address).signal();

/** One viewer's stream to media-svc. Ends exactly once: by `close`, or by `onEnd` with the reason. */
export class MediaLink {
  /** The `ok` of media-svc's reply to `join`. */
  readonly joined: Record<string, unknown>;
  readonly #stream: MediaStream;
  readonly #early: string[] = [];
  #onJson: ((text: string) => void) | undefined;
  #onEnd: ((error: AppError) => void) | undefined;
  #ended: AppError | undefined;

  private constructor(stream: MediaStream, joined: Record<string, unknown>) {
    this.#stream = stream;
    this.joined = joined;
  }

  static join(
    stream: MediaStream,
    admission: Pick<Admission, 'viewer' | 'phone' | 'role' | 'connection' | 'pinned'> &
      Pick<MediaChoice, 'edge'>,
    { id, receive }: JoinAsked,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<MediaLink> {
    const { viewer: viewerId, phone, role, edge, connection, pinned } = admission;
    return new Promise((resolve, reject) => {
      let link: MediaLink | undefined;
      const fail = (error: AppError): void => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        if (link !== undefined) link.#end(error);
        else {
          stream.cancel();
          reject(error);
        }
      };
      const onAbort = (): void => fail(new AppError('CANCELLED', 'the viewer went away while joining'));
      const timer = clock.setTimeout(
        () =>
          fail(new AppError('DEADLINE_EXCEEDED', `media-svc did not answer the join of ${viewerId} in time`)),
        JOIN_REPLY_MS,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      stream.on('error', (error) => fail(fromGrpcError(error, `signalling for viewer ${viewerId}`)));
      stream.on('end', () => fail(new AppError('UNAVAILABLE', 'media-svc has ended the stream')));
      stream.on('data', ({ frame }) => {
        if (frame?.$case !== 'json') return;
        if (link !== undefined) {
          link.#take(frame.value);
          return;
        }
        const reply = replyTo(id, frame.value);
        if (reply === undefined) return;
        if ('error' in reply) {
          fail(reply.error);
          return;
        }
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        link = new MediaLink(stream, reply.ok);
        resolve(link);
      });
      stream.write({
        frame: {
          $case: 'open',
          value: { viewerId, phoneId: phone, role: roleOf(role), edge, connection, pinned },
        },
      });
      const data = { viewer: viewerId, phone, role, receive };
      stream.write({ frame: { $case: 'json', value: JSON.stringify({ id, method: 'join', data }) } });
      if (signal.aborted) onAbort();
    });
  }

  /** From now on `onJson` gets each message of media-svc, also those that came since the join; `onEnd` is called once. */
  listen(onJson: (text: string) => void, onEnd: (error: AppError) => void): void {
    this.#onJson = onJson;
    this.#onEnd = onEnd;
    for (const text of this.#early.splice(0)) onJson(text);
    if (this.#ended !== undefined) onEnd(this.#ended);
  }

  /** False = media-svc is slow: send nothing more until `onDrain`. */
  send(json: string): boolean {
    return this.#stream.write({ frame: { $case: 'json', value: json } });
  }

  onDrain(fn: () => void): void {
    this.#stream.on('drain', fn);
  }

  /** The viewer left. May be called twice, and after the end. */
  close(): void {
    this.#onJson = undefined;
    this.#onEnd = undefined;
    this.#stream.end();
    // media-svc ends the viewer with the stream; an end that it never reads must not keep the call.
    this.#stream.cancel();
  }

  #take(text: string): void {
    if (this.#onJson === undefined) this.#early.push(text);
    else this.#onJson(text);
  }

  #end(error: AppError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#onEnd?.(error);
  }
}

function replyTo(
  id: number,
  text: string,
): { readonly ok: Record<string, unknown> } | { readonly error: AppError } | undefined {
  const frame = viewer.parseFrame(text);
  if (frame === null || !('id' in frame) || frame.id !== id || 'method' in frame) return undefined;
  if (frame.error !== undefined) {
    const { code, message } = frame.error;
    return { error: new AppError(isErrorCode(code) ? code : 'INTERNAL', message) };
  }
  const { ok } = frame;
  if (typeof ok === 'object' && ok !== null) return { ok: ok as Record<string, unknown> };
  return { error: new AppError('MESSAGE_MALFORMED', "media-svc's reply to 'join' could not be read") };
}
