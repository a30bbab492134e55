import type { ServerDuplexStream } from '@grpc/grpc-js';
import { roleWord, subjects, viewer as protocol } from '@ancloud/contracts';
import type { SignalFrame, SignalOpen } from '@ancloud/contracts/media/v1/media';
import type { Bus, Lanes, StraightOutlet } from '@ancloud/bus';
import { AppError, asAppError, type Log } from '@ancloud/kit';
import { ownShape } from '../core/rtp-parameters.js';
import type { RequestCount } from '../io/request-count.js';
import type { Streams } from '../streams/streams.js';
import { Viewer } from '../viewers/viewer.js';

/** Requests of one viewer that may wait; more is a broken client. */
const MAX_WAITING = 32;

/**
 * One viewer's signalling as the gateway relays it: `open`, then JSON frames; requests are served one after the other.
 * Owns the viewer; ends with the stream of frames, or ends it when the viewer is closed.
 */
export class SignalConnection {
  readonly #call: ServerDuplexStream<SignalFrame, SignalFrame>;
  readonly #streams: Streams;
  readonly #bus: Bus;
  readonly #lanes: Lanes;
  readonly #log: Log;
  readonly #refused: RequestCount;
  readonly #openTimer: NodeJS.Timeout;
  #open: SignalOpen | undefined;
  #viewer: Viewer | undefined;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #ended = false;

  constructor(
    call: ServerDuplexStream<SignalFrame, SignalFrame>,
    streams: Streams,
    {
      bus,
      lanes,
      log,
      refused,
    }: {
      readonly bus: Bus;
      readonly lanes: Lanes;
      readonly log: Log;
      readonly refused: RequestCount;
    },
  ) {
    this.#call = call;
    this.#streams = streams;
    this.#bus = bus;
    this.#lanes = lanes;
    this.#log = log;
    this.#refused = refused;
    this.#openTimer = setTimeout(
      () => this.#fail(new AppError('DEADLINE_EXCEEDED', 'the viewer did not join in time')),
      protocol.limits.joinTimeoutMs,
    );
    call.on('data', (frame: SignalFrame) => this.#frame(frame));
    call.on('end', () => this.#end('the viewer left'));
    call.on('cancelled', () => this.#end("the viewer's connection broke"));
    call.on('error', () => this.#end("the viewer's connection broke"));
  }

  #frame({ frame }: SignalFrame): void {
    if (this.#ended) return;
    if (frame?.$case === 'open') {
      if (this.#open !== undefined)
        return this.#bad(new AppError('MESSAGE_MALFORMED', 'a second open frame'));
      this.#open = frame.value;
      return;
    }
    if (frame === undefined || this.#open === undefined) {
      return this.#bad(new AppError('MESSAGE_MALFORMED', 'the first frame was not open'));
    }
    if (frame.value.length > protocol.limits.signalFrame) {
      return this.#bad(new AppError('MESSAGE_TOO_LARGE', 'a signalling frame is too large'));
    }
    const parsed = protocol.parseFrame(frame.value);
    if (parsed === null)
      return this.#bad(new AppError('MESSAGE_MALFORMED', 'a signalling frame is not one of the protocol'));
    if (!('method' in parsed)) {
      if (!('notify' in parsed)) return;
      if (parsed.notify === 'leave') this.#end('the viewer left');
      else if (parsed.notify === 'experience') this.#viewer?.experienced(parsed.data);
      return;
    }
    if (this.#waiting >= MAX_WAITING)
      return this.#bad(new AppError('RATE_LIMITED', 'too many requests wait'));
    this.#waiting += 1;
    this.#queue = this.#queue.then(() => this.#serve(parsed)).finally(() => (this.#waiting -= 1));
  }

  async #serve(request: protocol.RequestFrame): Promise<void> {
    if (this.#ended) return;
    // Whose refusals the gateway counts.
    const first = request.method === 'join' && this.#viewer === undefined;
    try {
      const ok =
        request.method === 'join'
          ? await this.#join((request.data as { receive?: unknown } | null)?.receive === true)
          : await this.#joined().request(request.method, request.data);
      this.#send({ id: request.id, ok: ok ?? {} });
    } catch (error) {
      const { code, message, cause, value } = asAppError(error);
      if (!first) this.#refused(code);
      if (code === 'INTERNAL')
        this.#log.error(
          { viewer: this.#open?.viewerId, method: request.method, err: cause ?? error },
          'a request failed',
        );
      // A join refused is the end of this connection: the gateway decides whether to try elsewhere.
      if (request.method === 'join') return this.#fail(asAppError(error));
      this.#send({
        id: request.id,
        error: { code, message: value === undefined ? message : `${message} (${value})` },
      });
    }
  }

  async #join(
    receive: boolean,
  ): Promise<Omit<protocol.ClientRequests['join']['reply'], 'resume' | 'iceServers'>> {
    const open = this.#open;
    if (open === undefined || this.#viewer !== undefined)
      throw new AppError('MESSAGE_MALFORMED', 'join came twice');
    clearTimeout(this.#openTimer);
    const stream = await this.#streams.open(open.phoneId, open.edge);
    const role = roleWord(open.role);
    let outlet: StraightOutlet | undefined;
    const presence = (present: boolean): void => {
      this.#bus.publish(
        subjects.viewer,
        { phone: open.phoneId },
        {
          phoneId: open.phoneId,
          viewerId: open.viewerId,
          role: open.role,
          present,
          connection: open.connection,
        },
      );
    };
    const viewer = await stream.seat(
      open.viewerId,
      ownShape,
      (branch, left) =>
        new Viewer(stream, branch, {
          id: open.viewerId,
          role: open.role,
          pinned: open.pinned,
          joinedAtMs: Date.now(),
          notify: (method, data) => this.#send({ notify: method, data }),
          input: (bytes) => outlet?.publishRaw(bytes),
          closed: (reason, code) => {
            left();
            outlet?.close();
            // Also told by the gateway, which may have died.
            presence(false);
            this.#viewer = undefined;
            this.#fail(new AppError(code, reason));
          },
        }),
    );
    if (this.#ended) {
      viewer.close('the viewer left');
      throw new AppError('CANCELLED', 'the viewer is gone');
    }
    this.#viewer = viewer;
    if (role !== 'watch') {
      // After the presence, which input-svc must have heard of before the first touch: it begins the viewer's touch order anew. That
      // others are there is told by the gateway alone: a crowd watches.
      presence(true);
      outlet = this.#lanes.viewerInput({ phone: open.phoneId, viewer: open.viewerId, role });
    }
    const received = await viewer.receive(receive);
    return {
      viewer: open.viewerId,
      phone: open.phoneId,
      role,
      rtpCapabilities: viewer.branch.rtpCapabilities as unknown as protocol.Opaque,
      ...received,
      width: stream.facts.size.width,
      height: stream.facts.size.height,
      hasAudio: stream.hasAudio && !open.pinned,
      ...(open.pinned ? { layer: 'low' } : {}),
      gamepad: stream.facts.gamepad,
    };
  }

  #joined(): Viewer {
    if (this.#viewer === undefined)
      throw new AppError('MESSAGE_MALFORMED', 'the first request was not join', { field: 'method' });
    return this.#viewer;
  }

  #send(frame: protocol.Frame): void {
    if (this.#ended) return;
    this.#call.write({ frame: { $case: 'json', value: JSON.stringify(frame) } });
  }

  /** A frame that nobody's player sends: whoever it is, is spoken to no more. */
  #bad(error: AppError): void {
    this.#refused(error.code);
    this.#fail(error);
  }

  /** Ends the call with an error: the gateway tells the viewer. By the error alone: a call that was ended before has told that all is well. */
  #fail(error: AppError): void {
    if (this.#ended) return;
    this.#release(error.message);
    this.#call.emit('error', error);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#release(reason);
    this.#call.end();
  }

  #release(reason: string): void {
    this.#ended = true;
    clearTimeout(this.#openTimer);
    const viewer = this.#viewer;
    this.#viewer = undefined;
    viewer?.close(reason);
  }
}
