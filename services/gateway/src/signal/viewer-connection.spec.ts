import { subjects, viewer } from '@ancloud/contracts';
import type { ViewerNotice } from '@ancloud/contracts/input/v1/viewer';
import type { SignalFrame } from '@ancloud/contracts/media/v1/media';
import { MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, silentLog, toGrpcError, type Clock } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Admission } from '../viewers/viewer-door.js';
import { MediaDialer, type MediaStream } from './media-link.js';
import type { ConnectionParts, ViewerSocket } from './connection-parts.js';
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

class FakeSocket implements ViewerSocket {
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
class FakeMedia implements MediaStream {
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

const JOINED = { rtpCapabilities: { codecs: [] }, width: 720, height: 1280, hasAudio: true };
const join = JSON.stringify({ id: 7, method: 'join', data: { token: 't' } });
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x0a);

let socket: FakeSocket;
let streams: FakeMedia[];
let stream: StreamRecord | undefined;
let published: unknown[][];
let raw: { params: unknown; bytes: Uint8Array }[];
let notice: ((message: ViewerNotice) => void) | undefined;
let revoke: (() => void) | undefined;
let role: 'watch' | 'control';
let kept: Awaited<ReturnType<Admission['keep']>>;
let gaveBack: number;
let left: number;
let refusal: AppError | undefined;
let connected: boolean;
let counts: string[];

function connection(): ViewerConnection {
  const admission = (): Admission => ({
    viewer: 'vw_1',
    connection: 'cn_1',
    phone: 'ph_1',
    role,
    owner: 'acme',
    region: '',
    pinned: false,
    resume: 'next-secret',
    giveBack: () => Promise.resolve(void (gaveBack += 1)),
    keep: () => Promise.resolve(kept),
    rest: () => Promise.resolve(),
    leave: () => Promise.resolve(void (left += 1)),
  });
  const dialer = new MediaDialer({
    open: (address) => {
      const made = new FakeMedia(address);
      streams.push(made);
      return made;
    },
    facts: {
      stream: () => Promise.resolve(stream),
      medias: () => Promise.resolve([MediaRecord.fromPartial({ mediaId: 'a', mediaAddress: 'a:1' })]),
    },
    reached: () => Promise.resolve('ready'),
    clock,
  });
  const parts = {
    door: {
      admit: () => (refusal === undefined ? Promise.resolve(admission()) : Promise.reject(refusal)),
    },
    dialer,
    bus: {
      publish: (...args: unknown[]) => published.push(args) > 0,
      subscribe: (subject: unknown, __: unknown, fn: (message: ViewerNotice) => void) => {
        if (subject === subjects.viewerRevoked) revoke = fn as () => void;
        else notice = fn;
        return { close: () => void (notice = revoke = undefined) };
      },
    },
    lanes: {
      viewerInput: (params: unknown) => ({
        publishRaw: (data: Uint8Array) => {
          raw.push({ params, bytes: data });
          return connected;
        },
        close: () => {},
      }),
    },
    counted: {
      joined: (outcome: string) => counts.push(`join ${outcome}`),
      dropped: (why: string) => counts.push(`drop ${why}`),
    },
    iceServers: (viewer: string) => [{ urls: [`stun:${viewer}`] }],
    clock,
    log: silentLog,
  } as unknown as ConnectionParts;
  return new ViewerConnection(socket, parts);
}

async function joined(): Promise<{ viewer: ViewerConnection; media: FakeMedia }> {
  const made = connection();
  made.text(join, join.length);
  await vi.advanceTimersByTimeAsync(0);
  const media = streams.at(-1);
  if (media === undefined) throw new Error('media-svc was not called');
  media.says({ id: 7, ok: JOINED });
  await vi.advanceTimersByTimeAsync(0);
  return { viewer: made, media };
}

beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
  streams = [];
  stream = undefined;
  published = [];
  raw = [];
  role = 'control';
  kept = 'kept';
  gaveBack = 0;
  counts = [];
  left = 0;
  refusal = undefined;
  connected = true;
});
afterEach(() => {
  vi.useRealTimers();
});

describe('join', () => {
  it('replaces the credential by the identity, and adds what only the gateway knows', async () => {
    const { media } = await joined();
    expect(media.got).toEqual([
      { viewerId: 'vw_1', phoneId: 'ph_1', role: 2, edge: false, connection: 'cn_1', pinned: false },
      { id: 7, method: 'join', data: { viewer: 'vw_1', phone: 'ph_1', role: 'control', receive: false } },
    ]);
    expect(socket.sent).toEqual([
      {
        id: 7,
        ok: {
          ...JOINED,
          viewer: 'vw_1',
          phone: 'ph_1',
          role: 'control',
          resume: 'next-secret',
          iceServers: [{ urls: ['stun:vw_1'] }],
        },
      },
    ]);
    expect(published.at(-1)?.[2]).toMatchObject({ viewerId: 'vw_1', present: true, connection: 'cn_1' });
  });

  it('asks the holder when the stream is elsewhere, once', async () => {
    const made = connection();
    made.text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    stream = StreamRecord.fromPartial({ mediaAddress: 'b:1' });
    streams[0]?.says({ id: 7, error: { code: 'STREAM_ELSEWHERE', message: 'b has it' } });
    await vi.advanceTimersByTimeAsync(200);
    expect(streams.map(({ address }) => address)).toEqual(['a:1', 'b:1']);
    expect(streams[0]?.cancelled).toBe(true);
    streams[1]?.says({ id: 7, error: { code: 'STREAM_ELSEWHERE', message: 'c has it' } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(streams).toHaveLength(2);
    expect(socket.sent[0]).toMatchObject({ id: 7, error: { code: 'STREAM_ELSEWHERE' } });
    expect(gaveBack).toBe(1);
  });

  it('waits for a media-svc that is being started, without another message of the viewer', async () => {
    const made = connection();
    made.text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    for (let tries = 1; tries <= 3; tries += 1) {
      expect(streams).toHaveLength(tries);
      streams.at(-1)?.emit('error', { code: 14, details: 'refused' });
      await vi.advanceTimersByTimeAsync(150);
    }
    expect(socket.sent).toEqual([]);
    streams.at(-1)?.says({ id: 7, ok: JOINED });
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.sent[0]).toMatchObject({ id: 7, ok: { viewer: 'vw_1' } });
    expect(gaveBack).toBe(0);
  });

  it('waits no longer than 5 s, then tells the viewer to come again', async () => {
    const made = connection();
    made.text(join, join.length);
    for (let ms = 0; ms < 6_000 && socket.closed === undefined; ms += 150) {
      await vi.advanceTimersByTimeAsync(150);
      streams.at(-1)?.emit('error', { code: 14, details: 'refused' });
    }
    await vi.advanceTimersByTimeAsync(150);
    expect(socket.notices('closing')).toMatchObject([{ code: 'UNAVAILABLE', retry: true }]);
    expect(gaveBack).toBe(1);
    expect(streams.length).toBeGreaterThan(20);
  });

  it('says what is wrong with a credential, and that coming back is of no use', async () => {
    refusal = new AppError('TOKEN_EXPIRED', 'too late');
    connection().text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.sent[0]).toEqual({ id: 7, error: { code: 'TOKEN_EXPIRED', message: 'too late' } });
    expect(socket.notices('closing')).toEqual([{ code: 'TOKEN_EXPIRED', message: 'too late', retry: false }]);
    expect(socket.closed).toEqual({ code: 4401, reason: 'TOKEN_EXPIRED' });
    expect(streams).toEqual([]);
  });

  it('gives the credential back when media-svc does not answer', async () => {
    connection().text(join, join.length);
    await vi.advanceTimersByTimeAsync(21_000);
    expect(socket.notices('closing')).toMatchObject([{ code: 'DEADLINE_EXCEEDED', retry: true }]);
    expect(gaveBack).toBe(1);
    expect(streams[0]?.cancelled).toBe(true);
  });

  it('cancels media-svc when the socket goes while joining', async () => {
    const made = connection();
    made.text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    made.gone();
    await vi.advanceTimersByTimeAsync(0);
    expect(streams[0]?.cancelled).toBe(true);
    expect(gaveBack).toBe(1);
    expect(published).toEqual([]);
  });

  it('is waited for 10 s', async () => {
    connection();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(socket.closed).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(socket.closed).toEqual({ code: 4504, reason: 'DEADLINE_EXCEEDED' });
  });

  it.each<[string, string]>([
    ['text that is no frame', 'hello'],
    ['another method', '{"id":1,"method":"consume","data":{}}'],
    ['no credential', '{"id":1,"method":"join","data":{}}'],
  ])('is not %s', (_, text) => {
    connection().text(text, text.length);
    expect(socket.closed).toEqual({ code: 4400, reason: 'MESSAGE_MALFORMED' });
    expect(streams).toEqual([]);
  });

  it('comes before input and before anything else', async () => {
    connection().binary(bytes(10));
    expect(socket.closed?.code).toBe(4400);
    socket = new FakeSocket();
    const made = connection();
    made.text(join, join.length);
    made.text('{"id":8,"method":"consume","data":{}}', 40);
    expect(socket.closed?.code).toBe(4400);
    await vi.advanceTimersByTimeAsync(0);
  });
});

describe('relay', () => {
  it('passes frames on unread, both ways', async () => {
    const { viewer: made, media } = await joined();
    const text = '{"id":8,"method":"createTransport","data":{"direction":"send"}}';
    made.text(text, text.length);
    expect(media.got.at(-1)).toEqual(JSON.parse(text));
    media.says({ id: 8, ok: { id: 't1' } });
    media.says({ notify: 'size', data: { width: 1, height: 2 } });
    expect(socket.sent.slice(-2)).toEqual([
      { id: 8, ok: { id: 't1' } },
      { notify: 'size', data: { width: 1, height: 2 } },
    ]);
  });

  it('keeps what media-svc says between its reply and our listening', async () => {
    const made = connection();
    made.text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    streams[0]?.says({ id: 7, ok: JOINED });
    streams[0]?.says({ notify: 'streamState', data: { state: 'live', reason: '' } });
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.sent.map((frame) => frame['id'] ?? frame['notify'])).toEqual([7, 'streamState']);
  });

  it('does not let a viewer join twice', async () => {
    const { viewer: made, media } = await joined();
    made.text(join, join.length);
    expect(socket.sent.at(-1)).toMatchObject({ id: 7, error: { code: 'INVALID_STATE' } });
    expect(media.got).toHaveLength(2);
  });

  it('holds a viewer back while media-svc is slow', async () => {
    const { viewer: made, media } = await joined();
    media.full = true;
    made.text('{"notify":"x","data":{}}', 24);
    expect(socket.paused).toBe(true);
    media.emit('drain');
    expect(socket.paused).toBe(false);
  });

  it('closes a viewer that does not read', async () => {
    const { media } = await joined();
    socket.bufferedAmount = 2 * 1024 * 1024;
    media.says({ notify: 'size', data: {} });
    expect(socket.closed).toEqual({ code: 4503, reason: 'CAPACITY' });
    expect(media.cancelled).toBe(true);
  });

  it('tells a viewer to come back when media-svc is gone', async () => {
    const { media } = await joined();
    media.emit('error', { code: 14, details: 'gone' });
    expect(socket.notices('closing')).toMatchObject([{ code: 'UNAVAILABLE', retry: true }]);
    expect(published.at(-1)?.[2]).toMatchObject({ viewerId: 'vw_1', present: false });
    expect(notice).toBeUndefined();
  });

  it('refuses a frame that is too large, and a flood', async () => {
    const { viewer: made } = await joined();
    made.text('{"notify":"x","data":{}}', viewer.limits.signalFrame + 1);
    expect(socket.closed).toEqual({ code: 4413, reason: 'MESSAGE_TOO_LARGE' });
    socket = new FakeSocket();
    const other = (await joined()).viewer;
    for (let count = 0; count < 70; count += 1) other.text('{"notify":"x","data":{}}', 24);
    expect(socket.closed).toEqual({ code: 4429, reason: 'RATE_LIMITED' });
  });
});

describe('input', () => {
  it("goes out under the token's identity, bytes as they came", async () => {
    const { viewer: made } = await joined();
    made.binary(bytes(20));
    expect(raw).toEqual([{ params: { phone: 'ph_1', viewer: 'vw_1', role: 'control' }, bytes: bytes(20) }]);
  });

  it('of a watcher is refused, with one notice a second', async () => {
    role = 'watch';
    const { viewer: made } = await joined();
    for (let count = 0; count < 5; count += 1) made.binary(bytes(20));
    expect(raw).toEqual([]);
    expect(socket.notices('refused')).toMatchObject([{ code: 'FORBIDDEN', count: 1 }]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(socket.notices('refused')).toMatchObject([{ count: 1 }, { code: 'FORBIDDEN', count: 4 }]);
    expect(socket.closed).toBeUndefined();
  });

  it('that is too large ends the connection; too much of it is dropped', async () => {
    const { viewer: made } = await joined();
    for (let count = 0; count < 500; count += 1) made.binary(bytes(20));
    expect(raw).toHaveLength(viewer.limits.messagesPerSecond);
    expect(socket.notices('refused')).toMatchObject([{ code: 'RATE_LIMITED' }]);
    expect(counts).toEqual(['join ok', ...Array.from({ length: 100 }, () => 'drop messages')]);
    made.binary(bytes(viewer.limits.inputMessage + 1));
    expect(socket.closed?.code).toBe(4413);
  });

  it('says so when NATS is away', async () => {
    connected = false;
    const { viewer: made } = await joined();
    made.binary(bytes(20));
    expect(socket.notices('refused')).toMatchObject([{ code: 'UNAVAILABLE_BUS' }]);
  });
});

describe('notices of input-svc', () => {
  it.each<[ViewerNotice['notice'], unknown]>([
    [
      { $case: 'control', value: { holder: 'vw_1', yours: true, asking: ['vw_2'] } },
      { notify: 'control', data: { holder: 'vw_1', yours: true, asking: ['vw_2'] } },
    ],
    [
      { $case: 'clipboard', value: { text: 'ü' } },
      { notify: 'clipboard', data: { text: 'ü' } },
    ],
    [
      { $case: 'refused', value: { code: 'X', message: 'y', count: 2 } },
      { notify: 'refused', data: { code: 'X', message: 'y', count: 2 } },
    ],
  ])('%j', async (value, frame) => {
    await joined();
    notice?.({ notice: value });
    expect(socket.sent.at(-1)).toEqual(frame);
  });
});

describe('liveness', () => {
  const answerPings = (made: ViewerConnection): void => {
    const ping = socket.sent.findLast((frame) => frame['method'] === 'ping');
    const reply = JSON.stringify({ id: ping?.['id'], ok: {} });
    made.text(reply, reply.length);
  };

  it('is asked for each 10 s, and the answer ends here', async () => {
    const { viewer: made, media } = await joined();
    for (let round = 0; round < 6; round += 1) {
      await vi.advanceTimersByTimeAsync(10_000);
      answerPings(made);
    }
    expect(socket.closed).toBeUndefined();
    expect(socket.sent.filter((frame) => frame['method'] === 'ping')).toHaveLength(6);
    expect(media.got).toHaveLength(2);
  });

  it('ends after 20 s of silence', async () => {
    await joined();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(socket.notices('closing')).toMatchObject([{ code: 'DEADLINE_EXCEEDED', retry: true }]);
  });

  it('ends when the viewer came back by another connection', async () => {
    await joined();
    kept = 'elsewhere';
    await vi.advanceTimersByTimeAsync(10_000);
    expect(socket.notices('closing')).toMatchObject([{ code: 'FENCED', retry: false }]);
  });
});

describe('a viewer whose right was taken back', () => {
  const CLOSING = [{ code: 'VIEWER_REVOKED', retry: false }];

  it.each<[string, (media: FakeMedia) => void | Promise<void>]>([
    ['is put out by the fact', () => revoke?.()],
    ["by media-svc's word", (media) => media.emit('error', toGrpcError(new AppError('VIEWER_REVOKED', 'x')))],
    [
      'and by what Redis says, when the fact was lost',
      async () => {
        kept = 'revoked';
        await vi.advanceTimersByTimeAsync(10_000);
      },
    ],
  ])('%s, and told not to come again', async (_, happens) => {
    const { media } = await joined();
    await happens(media);
    expect(socket.notices('closing')).toMatchObject(CLOSING);
    expect(socket.closed).toEqual({ code: 4401, reason: 'VIEWER_REVOKED' });
    expect(media.cancelled).toBe(true);
  });

  it('while it joins, is put out when it has joined', async () => {
    kept = 'revoked';
    await joined();
    expect(socket.notices('closing')).toMatchObject(CLOSING);
  });
});

describe('the end', () => {
  it('after leave takes the resume secret with it', async () => {
    const { viewer: made, media } = await joined();
    made.text('{"notify":"leave","data":{}}', 28);
    expect(media.got.at(-1)).toEqual({ notify: 'leave', data: {} });
    expect([left, media.cancelled]).toEqual([1, true]);
  });

  it('comes once and leaves no timer', async () => {
    const { viewer: made, media } = await joined();
    made.gone();
    made.gone();
    made.close(new AppError('UNAVAILABLE', 'stopping'), true);
    made.text('{"notify":"x","data":{}}', 24);
    made.binary(bytes(1));
    media.says({ notify: 'size', data: {} });
    expect(
      published.filter(([, , message]) => (message as { present: boolean }).present === false),
    ).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(raw).toEqual([]);
  });
});
