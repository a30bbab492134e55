import { type Mock, vi } from 'vitest';
import { Connection, type ConnectionOptions, type MediaLike } from './connection.js';
import type { NoPath } from './no-path.js';

/** A farm's end of the signalling WebSocket. */
export class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  readonly sent: { id?: number; method?: string; notify?: string; data?: unknown; ok?: unknown }[] = [];
  readonly input: Uint8Array[] = [];

  constructor(readonly url: string) {
    super();
    FakeSocket.all.push(this);
  }

  send(data: string | Uint8Array): void {
    if (typeof data === 'string') this.sent.push(JSON.parse(data) as (typeof this.sent)[number]);
    else this.input.push(data);
  }

  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(new Event('close'));
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  says(frame: object): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(frame) }));
  }

  /** Answers the newest request of that method. */
  answers(method: string, answer: object): void {
    const { id } = this.sent.findLast((frame) => frame.method === method) ?? {};
    this.says({ id, ...answer });
  }
}

/** A farm's answer to `join`. */
export const joined = (resume: string): object => ({
  ok: {
    viewer: 'vw_1',
    phone: 'ph_1',
    role: 'control',
    resume,
    iceServers: [],
    rtpCapabilities: {},
    transport: { id: 'tr_1', iceParameters: {}, iceCandidates: [], dtlsParameters: {} },
    width: 720,
    height: 1280,
    hasAudio: true,
  },
});

/** A connection, what it told, and the ends that it speaks to. Timers are vitest's. */
export interface ConnectionWorld {
  readonly connection: Connection;
  readonly states: string[];
  readonly steps: string[];
  readonly layers: string[];
  readonly media: { [K in keyof MediaLike]: Mock<MediaLike[K]> };
  /** What its media and its machine say. */
  readonly failed: (noPath: NoPath) => void;
  readonly lost: () => void;
  readonly wake: (what: 'network' | 'page') => void;
}

/** Begins to connect at once; `end` it. */
export function begin(): ConnectionWorld {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
  const states: string[] = [];
  const steps: string[] = [];
  const layers: string[] = [];
  const media = {
    send: vi.fn<MediaLike['send']>(),
    stats: vi.fn<MediaLike['stats']>(),
    heard: vi.fn<MediaLike['heard']>(),
    consume: vi.fn<MediaLike['consume']>(() => Promise.resolve()),
    swap: vi.fn<MediaLike['swap']>(() => Promise.resolve(true)),
    dropped: vi.fn<MediaLike['dropped']>(),
    restartIce: vi.fn<MediaLike['restartIce']>(() => Promise.resolve()),
    sound: vi.fn<MediaLike['sound']>(() => Promise.resolve()),
    synchronous: vi.fn<MediaLike['synchronous']>(),
    close: vi.fn<MediaLike['close']>(),
  };
  const options: ConnectionOptions = {
    url: 'ws://farm.test/v1/signal',
    token: 'the-token',
    quality: 'auto',
    layer: (layer) => layers.push(layer),
    took: (step) => steps.push(step),
    track: () => undefined,
    joined: () => undefined,
    size: () => undefined,
    notified: () => undefined,
    state: (state, why, code) => states.push([state, code, why].filter((word) => word !== '').join(' ')),
  };
  let given: { failed: (noPath: NoPath) => void; lost: () => void } | undefined;
  let changed: ((what: 'network' | 'page') => void) | undefined;
  const connection = new Connection(options, {
    prepare: () => undefined,
    media: (_, its) => {
      given = its;
      return Promise.resolve(media);
    },
    wakes: (listener) => (changed = listener),
  });
  return {
    connection,
    states,
    steps,
    layers,
    media,
    failed: (noPath) => given?.failed(noPath),
    lost: () => given?.lost(),
    wake: (what) => changed?.(what),
  };
}

export function end({ connection }: ConnectionWorld): void {
  connection.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
}

/** The socket that it opened as so manieth. */
export function socket(index: number): FakeSocket {
  const found = FakeSocket.all[index];
  if (found === undefined) throw new Error(`no socket ${index}`);
  return found;
}

export const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** Lets it in, by that socket. */
export async function live(index: number, resume = `secret-${index}`): Promise<FakeSocket> {
  socket(index).open();
  await settle();
  socket(index).answers('join', joined(resume));
  await settle();
  return socket(index);
}
