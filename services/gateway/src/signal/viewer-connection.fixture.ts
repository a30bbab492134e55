import { subjects } from '@ancloud/contracts';
import type { ViewerNotice } from '@ancloud/contracts/input/v1/viewer';
import type { SignalFrame } from '@ancloud/contracts/media/v1/media';
import { MediaRecord, type StreamRecord } from '@ancloud/contracts/state/v1/state';
import { type AppError, silentLog, type Clock } from '@ancloud/kit';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Admission } from '../viewers/viewer-door.js';
import type { ConnectionParts, ViewerSocket } from './connection-parts.js';
import { MediaDialer, type MediaStream } from './media-link.js';
import { ViewerConnection } from './viewer-connection.js';

/** Vitest's fake timers as a Clock. */
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => Date.now(),
  setTimeout: (fn, ms) => {
    const timer = setTimeout(fn, ms);
    return { cancel: () => clearTimeout(timer), unref: () => {} };
  },
};

export class FakeSocket implements ViewerSocket {
  bufferedAmount = 0;
  paused = false;
  closed: { code: number; reason: string } | undefined;
  readonly sent: Record<string, unknown>[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }
  notices(name: string): unknown[] {
    return this.sent.filter((frame) => frame['notify'] === name).map((frame) => frame['data']);
  }
}

/** media-svc's end of one Signal stream. */
export class FakeMedia implements MediaStream {
  readonly got: unknown[] = [];
  cancelled = false;
  full = false;
  readonly #listeners = new Map<string, ((value: never) => void)[]>();
  constructor(readonly address: string) {}
  write({ frame }: SignalFrame): boolean {
    this.got.push(frame?.$case === 'json' ? (JSON.parse(frame.value) as unknown) : frame?.value);
    return !this.full;
  }
  end(): void {}
  cancel(): void {
    this.cancelled = true;
  }
  on(event: string, fn: (value: never) => void): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), fn]);
    return this;
  }
  emit(event: string, value?: unknown): void {
    for (const fn of this.#listeners.get(event) ?? []) fn(value as never);
  }
  says(message: unknown): void {
    this.emit('data', { frame: { $case: 'json', value: JSON.stringify(message) } });
  }
}

export const JOINED = { rtpCapabilities: { codecs: [] }, width: 720, height: 1280, hasAudio: true };
export const join = JSON.stringify({ id: 7, method: 'join', data: { token: 't' } });
export const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x0a);

/** What is around a connection: what a test sets before it, and what came of it. */
interface World {
  socket: FakeSocket;
  /** media-svc's ends, in the order of the calls. */
  streams: FakeMedia[];
  stream: StreamRecord | undefined;
  published: unknown[][];
  raw: { params: unknown; bytes: Uint8Array }[];
  notice: ((message: ViewerNotice) => void) | undefined;
  revoke: (() => void) | undefined;
  role: 'watch' | 'control';
  kept: Awaited<ReturnType<Admission['keep']>>;
  gaveBack: number;
  left: number;
  refusal: AppError | undefined;
  connected: boolean;
  counts: string[];
}

const fresh = (): World => ({
  socket: new FakeSocket(),
  streams: [],
  stream: undefined,
  published: [],
  raw: [],
  notice: undefined,
  revoke: undefined,
  role: 'control',
  kept: 'kept',
  gaveBack: 0,
  left: 0,
  refusal: undefined,
  connected: true,
  counts: [],
});

/** Connections for a spec, in a world that is made anew for each test. Their time is Vitest's. */
export function stageConnections() {
  const at = fresh();
  beforeEach(() => {
    vi.useFakeTimers();
    Object.assign(at, fresh());
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function connection(): ViewerConnection {
    const admission = (): Admission => ({
      viewer: 'vw_1',
      connection: 'cn_1',
      phone: 'ph_1',
      role: at.role,
      owner: 'acme',
      region: '',
      pinned: false,
      resume: 'next-secret',
      giveBack: () => Promise.resolve(void (at.gaveBack += 1)),
      keep: () => Promise.resolve(at.kept),
      rest: () => Promise.resolve(),
      leave: () => Promise.resolve(void (at.left += 1)),
    });
    const dialer = new MediaDialer({
      open: (address) => {
        const made = new FakeMedia(address);
        at.streams.push(made);
        return made;
      },
      facts: {
        stream: () => Promise.resolve(at.stream),
        medias: () => Promise.resolve([MediaRecord.fromPartial({ mediaId: 'a', mediaAddress: 'a:1' })]),
      },
      reached: () => Promise.resolve('ready'),
      clock,
    });
    const parts = {
      door: {
        admit: () => (at.refusal === undefined ? Promise.resolve(admission()) : Promise.reject(at.refusal)),
      },
      dialer,
      bus: {
        publish: (...args: unknown[]) => at.published.push(args) > 0,
        subscribe: (subject: unknown, __: unknown, fn: (message: ViewerNotice) => void) => {
          if (subject === subjects.viewerRevoked) at.revoke = fn as () => void;
          else at.notice = fn;
          return { close: () => void (at.notice = at.revoke = undefined) };
        },
      },
      lanes: {
        viewerInput: (params: unknown) => ({
          publishRaw: (data: Uint8Array) => {
            at.raw.push({ params, bytes: data });
            return at.connected;
          },
          close: () => {},
        }),
      },
      counted: {
        joined: (outcome: string) => at.counts.push(`join ${outcome}`),
        dropped: (why: string) => at.counts.push(`drop ${why}`),
      },
      iceServers: (viewer: string) => [{ urls: [`stun:${viewer}`] }],
      clock,
      log: silentLog,
    } as unknown as ConnectionParts;
    return new ViewerConnection(at.socket, parts);
  }

  async function joined(): Promise<{ viewer: ViewerConnection; media: FakeMedia }> {
    const made = connection();
    made.text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    const media = at.streams.at(-1);
    if (media === undefined) throw new Error('media-svc was not called');
    media.says({ id: 7, ok: JOINED });
    await vi.advanceTimersByTimeAsync(0);
    return { viewer: made, media };
  }

  return { at, connection, joined };
}
