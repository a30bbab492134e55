import type { types } from 'mediasoup';
import type { viewer as protocol } from '@ancloud/contracts';
import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import type { Role } from '@ancloud/contracts/common/v1/common';
import { AppError, Rate } from '@ancloud/kit';
import { ExperienceLog, readExperience } from '../core/experience.js';
import type { Stream } from '../streams/stream.js';
import type { StreamViewer } from '../streams/stream-viewer.js';
import type { Branch } from '../workers/branch.js';
import { transportOptions, type ViewerTransport } from '../workers/transport-options.js';
import { InputChannels } from './input-channels.js';
import { InputGuard } from './input-guard.js';
import { type Layers, LayerSwitch } from './layer-switch.js';
import { PinnedLayer } from './pinned-layer.js';
import { Receiver } from './receiver.js';
import { receptionOf } from './reception.js';
import { readable, refusable } from './refusable.js';
import { requireTouch } from './touch-right.js';

type Requests = protocol.ClientRequests;
type Notifications = protocol.ServerNotifications;

/** The requests a viewer sends; `join` is answered by its connection, before a viewer exists. */
export type ViewerMethod = Exclude<keyof Requests, 'join'>;

/** One is used; another may be made while the first one ends. */
const MAX_SENDING = 2;

/** Whether the viewer may come back. */
export type ViewerEnd = 'UNAVAILABLE' | 'VIEWER_REVOKED';

export interface ViewerOptions {
  readonly id: string;
  readonly role: Role;
  /** To the low layer. */
  readonly pinned: boolean;
  readonly joinedAtMs: number;
  /** Sends a notification to the viewer. Never throws. */
  readonly notify: <M extends keyof Notifications>(method: M, data: Notifications[M]) => void;
  /** Bytes of one input message; called only for roles that may touch. */
  readonly input: (bytes: Buffer) => void;
  /** Called once, whoever closed it. */
  readonly closed: (reason: string, code: ViewerEnd) => void;
}

/**
 * One viewer of a stream. Owns what it receives (`Receiver`), its transports for sending and what comes by
 * them (`InputChannels`). Ends by `close` (its signalling ended, it was removed) or with its stream.
 */
export class Viewer implements StreamViewer {
  readonly #stream: Stream;
  /** Where it is seated, for its life. */
  readonly branch: Branch;
  readonly #options: ViewerOptions;
  readonly #sending = new Map<string, ViewerTransport>();
  #receiver: Receiver | undefined;
  #layers: Layers | undefined;
  readonly #channels: InputChannels;
  readonly #reports = new Rate(1, 2, performance.now());
  readonly #experience = new ExperienceLog();
  #closed = false;

  constructor(stream: Stream, branch: Branch, options: ViewerOptions) {
    this.#stream = stream;
    this.branch = branch;
    this.#options = options;
    const guard = new InputGuard(
      (why) => stream.dropped(why),
      (refused) => options.notify('refused', refused),
    );
    this.#channels = new InputChannels(branch, (bytes) => {
      if (!this.#closed && guard.takes(bytes)) options.input(bytes);
    });
  }

  get id(): string {
    return this.#options.id;
  }

  get pinned(): boolean {
    return this.#options.pinned;
  }

  notify<M extends keyof Notifications>(method: M, data: Notifications[M]): void {
    this.#options.notify(method, data);
  }

  /** One row per method: an unhandled one does not compile. Data is checked by mediasoup; what it refuses is the viewer's fault. */
  readonly #handlers: { [M in ViewerMethod]: (data: Requests[M]['data']) => Promise<Requests[M]['reply']> } =
    {
      createTransport: ({ direction }) => this.#createTransport(direction),
      connectTransport: async ({ transport, dtlsParameters }) => {
        const connected = this.#transport(transport).connect({
          dtlsParameters: dtlsParameters as unknown as types.DtlsParameters,
        });
        await refusable('dtlsParameters', connected);
        return {};
      },
      consume: async ({ rtpCapabilities }) => ({
        consumers: await this.#layered().consume(rtpCapabilities),
      }),
      resume: async ({ consumer }) => {
        await this.#receiving().resume(consumer);
        return {};
      },
      pause: async ({ consumer }) => {
        await this.#receiving().pause(consumer);
        return {};
      },
      quality: async ({ want }) => {
        await this.#layered().want(want);
        return {};
      },
      swapped: ({ consumer }) => {
        this.#layered().swapped(consumer);
        return Promise.resolve({});
      },
      produceData: async ({ transport, label, sctpStreamParameters }) => {
        requireTouch(this.#options.role, 'has no input channel');
        return { id: await this.#channels.open(this.#transport(transport), label, sctpStreamParameters) };
      },
      keyboard: async () => {
        requireTouch(this.#options.role, 'types nothing');
        return { shown: await this.#stream.questions.keyboardShown() };
      },
      clock: async () => ({ hostMs: await this.#stream.questions.hostMs() }),
      restartIce: async ({ transport }) => ({
        iceParameters: (await this.#transport(transport).restartIce()) as unknown as protocol.Opaque,
      }),
      stats: async () => ({
        transports: (
          await Promise.all(this.#transports().map((t) => t.getStats()))
        ).flat() as unknown as protocol.Opaque[],
        consumers: (
          await Promise.all((this.#receiver?.consumers ?? []).map((c) => c.getStats()))
        ).flat() as unknown as protocol.Opaque[],
      }),
    };

  /**
   * Makes the way to receive, once, and tells the viewer's end of it; `at once`: with what comes on it, when there is a picture.
   * Errors: STREAM_FAILED, CANCELLED.
   */
  async receive(atOnce: boolean): Promise<Pick<Requests['join']['reply'], 'transport' | 'consumers'>> {
    const receiver = await Receiver.create(this.#stream, this.branch);
    if (this.#closed) {
      receiver.close();
      throw new AppError('CANCELLED', 'the viewer is gone');
    }
    this.#receiver = receiver;
    this.#layers = this.pinned
      ? new PinnedLayer(this.#stream, this.branch, receiver, false)
      : new LayerSwitch(this.#stream, this.branch, receiver, this.#options.notify);
    const consumers = atOnce ? await this.#layers.begin() : undefined;
    return { transport: receiver.options, ...(consumers === undefined ? {} : { consumers }) };
  }

  /** Serves one request. Errors: MESSAGE_MALFORMED, INVALID_ARGUMENT, STREAM_FAILED. */
  async request(method: string, data: unknown): Promise<unknown> {
    if (!Object.hasOwn(this.#handlers, method)) {
      throw new AppError('MESSAGE_MALFORMED', `there is no request '${method}'`, {
        field: 'method',
        value: method,
      });
    }
    if (typeof data !== 'object' || data === null) {
      throw new AppError('MESSAGE_MALFORMED', `the request ${method} has no data object`, { field: 'data' });
    }
    const handler = this.#handlers[method as ViewerMethod] as (data: object) => Promise<unknown>;
    try {
      return await handler(data);
    } catch (cause) {
      throw readable(method, cause);
    }
  }

  /** The stream has new producers: old consumers have closed with the old ones. Who waits for these would have them twice. */
  replaced(): void {
    if (this.#layers?.waits === true) return;
    this.#receiver?.replaced();
    this.#layers?.replaced();
    this.#options.notify('streamReplaced', {});
  }

  judge(nowMs: number, mainBps: number): void {
    this.#layers?.judge(nowMs, mainBps);
  }

  async view(): Promise<ViewerView> {
    return {
      viewerId: this.id,
      role: this.#options.role,
      joinedAtMs: this.#options.joinedAtMs,
      worker: this.branch.worker.index,
      ...(await receptionOf(this.#receiver)),
      experience: this.#experience.summary,
      low: this.#layers?.layer === 'low',
    };
  }

  /** Its player tells how the picture was. What cannot be read is counted and left out: nobody waits for an answer. */
  experienced(data: unknown): void {
    if (!this.#reports.take(performance.now())) return this.#stream.experienced('rate');
    const report = readExperience(data);
    if (typeof report !== 'string') this.#experience.add(report);
    this.#stream.experienced(report);
  }

  /** Closes its transports. May be called twice. */
  close(reason: string, code: ViewerEnd = 'UNAVAILABLE'): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#layers?.close();
    this.#receiver?.close();
    for (const transport of this.#sending.values()) transport.close();
    this.#channels.close();
    this.#sending.clear();
    this.#options.closed(reason, code);
  }

  async #createTransport(direction: unknown): Promise<protocol.TransportOptions> {
    if (direction !== 'send') {
      throw new AppError('INVALID_ARGUMENT', "direction is not 'send'", {
        field: 'direction',
        value: String(direction),
        fix: "the transport for receiving is in the reply to 'join'",
      });
    }
    if (this.#sending.size >= MAX_SENDING) {
      throw new AppError('CAPACITY', `a viewer has at most ${MAX_SENDING} transports for sending`, {
        field: 'direction',
        fix: 'close the connection and join again',
      });
    }
    const transport = await this.branch.createViewerTransport({ data: true });
    if (this.#closed) {
      transport.close();
      throw new AppError('CANCELLED', 'the viewer is gone');
    }
    this.#sending.set(transport.id, transport);
    transport.observer.once('close', () => this.#sending.delete(transport.id));
    return transportOptions(transport);
  }

  #transports(): ViewerTransport[] {
    return [...(this.#receiver === undefined ? [] : [this.#receiver.transport]), ...this.#sending.values()];
  }

  #transport(id: unknown): ViewerTransport {
    const found = this.#transports().find((transport) => transport.id === id);
    if (found === undefined)
      throw new AppError('INVALID_ARGUMENT', 'there is no such transport', {
        field: 'transport',
        value: String(id),
      });
    return found;
  }

  /** There is one from the reply to `join` on. */
  #receiving(): Receiver {
    return joined(this.#receiver);
  }

  #layered(): Layers {
    return joined(this.#layers);
  }
}

function joined<T>(part: T | undefined): T {
  if (part === undefined) throw new AppError('INVALID_STATE', 'the viewer has not joined yet');
  return part;
}
