import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { Connection, type ConnectionOptions, type MediaLike } from './connection.js';
import type { NoPath } from './no-path.js';

/** A farm's end of the signalling WebSocket. */
class FakeSocket extends EventTarget {
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

const joined = (resume: string): object => ({
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

describe('Connection', () => {
  let states: string[];
  let steps: string[];
  let layers: string[];
  let media: { [K in keyof MediaLike]: Mock<MediaLike[K]> };
  let failed: (noPath: NoPath) => void;
  let lost: () => void;
  let wake: (what: 'network' | 'page') => void;
  let connection: Connection;
  const socket = (index: number): FakeSocket => {
    const found = FakeSocket.all[index];
    if (found === undefined) throw new Error(`no socket ${index}`);
    return found;
  };
  const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  async function live(index: number, resume = `secret-${index}`): Promise<FakeSocket> {
    socket(index).open();
    await settle();
    socket(index).answers('join', joined(resume));
    await settle();
    return socket(index);
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', FakeSocket);
    FakeSocket.all = [];
    states = [];
    steps = [];
    layers = [];
    media = {
      send: vi.fn<MediaLike['send']>(),
      stats: vi.fn<MediaLike['stats']>(),
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
    connection = new Connection(options, {
      prepare: () => undefined,
      media: (_, given) => {
        failed = given.failed;
        lost = given.lost;
        return Promise.resolve(media);
      },
      wakes: (changed) => (wake = changed),
    });
  });
  afterEach(() => {
    connection.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('joins with the token, then is live', async () => {
    const { sent } = await live(0);
    expect(sent[0]).toMatchObject({ method: 'join', data: { token: 'the-token', receive: true } });
    expect(states).toEqual(['live']);
    expect(steps).toEqual(['connected', 'joined']);
  });

  it('asks for the quality it wants, in each life, and takes other layers', async () => {
    const first = await live(0);
    const offer = { layer: 'low', consumer: { id: 'c2' } };
    first.says({ notify: 'layer', data: offer });
    await settle();
    expect(media.swap).toHaveBeenCalledWith(offer);
    media.swap.mockResolvedValueOnce(false);
    first.says({ notify: 'layer', data: { layer: 'main', consumer: { id: 'c3' } } });
    first.says({ notify: 'layerDropped', data: { consumer: 'c3' } });
    await settle();
    expect(media.dropped).toHaveBeenCalledWith({ consumer: 'c3' });
    expect(layers).toEqual(['low']);
    first.close();
    await settle();
    for (const { sent } of [first, await live(1)])
      expect(sent).toContainEqual(expect.objectContaining({ method: 'quality', data: { want: 'auto' } }));
  });

  it('asks for no quality where it has the low layer for good, and says so in each life', async () => {
    const pinned = async (index: number): Promise<FakeSocket> => {
      socket(index).open();
      await settle();
      const { ok } = joined(`secret-${index}`) as { ok: object };
      socket(index).answers('join', { ok: { ...ok, layer: 'low' } });
      await settle();
      return socket(index);
    };
    const first = await pinned(0);
    connection.quality('main');
    first.close();
    await settle();
    const second = await pinned(1);
    const asked = [...first.sent, ...second.sent].filter(({ method }) => method === 'quality');
    expect({ asked, layers }).toEqual({ asked: [], layers: ['low', 'low'] });
  });

  it('takes another quality and another way with sound at any time, and keeps them in the next life', async () => {
    const wants = ({ sent }: FakeSocket): unknown[] =>
      sent.filter(({ method }) => method === 'quality').map(({ data }) => data);
    const first = await live(0);
    connection.quality('low');
    connection.quality('low');
    connection.synchronous('av');
    expect(wants(first)).toEqual([{ want: 'auto' }, { want: 'low' }]);
    expect(media.synchronous).toHaveBeenLastCalledWith('av');
    first.close();
    await settle();
    connection.quality('main');
    media.synchronous.mockClear();
    const second = await live(1);
    // The picture that every life begins with.
    expect(wants(second)).toEqual([]);
    expect(media.synchronous).toHaveBeenLastCalledWith('av');
    connection.quality('low');
    expect(wants(second)).toEqual([{ want: 'low' }]);
  });

  it('answers pings and refuses what it does not know', async () => {
    const farm = await live(0);
    farm.says({ id: 7, method: 'ping', data: {} });
    farm.says({ id: 8, method: 'dance', data: {} });
    expect(farm.sent.slice(-2)).toEqual([
      { id: 7, ok: {} },
      { id: 8, error: { code: 'ROUTE_NOT_FOUND', message: 'dance' } },
    ]);
  });

  it('comes again at once after a cut, with the newest secret and without having said goodbye', async () => {
    const first = await live(0, 'a');
    await settle(10_000);
    first.close();
    await settle();
    expect(states.at(-1)).toBe('reconnecting UNAVAILABLE the connection was cut');
    const second = await live(1, 'b');
    expect(second.sent[0]).toMatchObject({ method: 'join', data: { viewer: 'vw_1', resume: 'a' } });
    second.close();
    await settle(250);
    expect((await live(2)).sent[0]).toMatchObject({ data: { viewer: 'vw_1', resume: 'b' } });
    expect([first, second].flatMap(({ sent }) => sent).some((frame) => frame.notify === 'leave')).toBe(false);
  });

  it('keeps its place when only the media failed', async () => {
    const first = await live(0, 'a');
    failed({ why: 'the media connection failed', retry: true });
    await settle();
    expect(media.close).toHaveBeenCalled();
    expect(first.readyState).toBe(3);
    expect(first.sent.some((frame) => frame.notify === 'leave')).toBe(false);
    expect((await live(1)).sent[0]).toMatchObject({ data: { resume: 'a' } });
  });

  it('ends when this browser will never have a path', async () => {
    await live(0);
    failed({ why: 'there is none', retry: false });
    await settle(10_000);
    expect(states.at(-1)).toBe('ended BROWSER_UNSUPPORTED there is none');
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('slows down when connections break as soon as they are made', async () => {
    for (let index = 0; index < 6; index++) {
      (await live(index)).close();
      await settle(index === 0 ? 0 : 1_000);
    }
    (await live(6)).close();
    await settle(1_900);
    expect(FakeSocket.all).toHaveLength(7);
  });

  it('does not wait for its timer when the page comes into view', async () => {
    (await live(0)).close();
    await settle();
    socket(1).close();
    socket(1).dispatchEvent(new Event('error'));
    await settle(1);
    expect(FakeSocket.all).toHaveLength(2);
    wake('page');
    await settle();
    expect(FakeSocket.all).toHaveLength(3);
  });

  it('asks for a new path when the network came back, and connects anew when the farm does not answer', async () => {
    await live(0);
    wake('network');
    await settle();
    expect(states).toEqual(['live']);
    media.restartIce.mockRejectedValueOnce(new Error('no reply'));
    wake('network');
    await settle();
    expect(states.at(-1)).toMatch(/^reconnecting/);
  });

  it('goes on by another connection when that is open before the signalling has answered', async () => {
    await live(0);
    media.restartIce.mockReturnValueOnce(new Promise(() => undefined));
    wake('network');
    await settle(5_000);
    expect(states).toEqual(['live']);
    socket(1).open();
    await settle();
    expect(states.at(-1)).toBe('reconnecting UNAVAILABLE the network changed');
    socket(1).answers('join', joined('a'));
    await settle();
    expect(socket(1).sent[0]).toMatchObject({ data: { resume: 'secret-0' } });
    expect(socket(0).readyState).toBe(3);
    expect(states.at(-1)).toBe('live');
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('stays with the signalling when that answers first', async () => {
    await live(0);
    media.restartIce.mockReturnValueOnce(new Promise(() => undefined));
    wake('network');
    await settle(100);
    socket(0).says({ id: 1, method: 'ping', data: {} });
    socket(1).open();
    await settle();
    expect(states).toEqual(['live']);
    expect(socket(1).readyState).toBe(3);
    expect(socket(1).sent).toEqual([]);
  });

  it('has patience with the signalling of media that fall silent, which may only be late', async () => {
    await live(0);
    media.restartIce.mockReturnValue(new Promise(() => undefined));
    lost();
    socket(1).open();
    await settle(900);
    socket(0).says({ id: 1, method: 'ping', data: {} });
    await settle(200);
    expect(states).toEqual(['live']);
    expect(socket(1).readyState).toBe(3);
    lost();
    socket(2).open();
    await settle(900);
    expect(states).toEqual(['live']);
    await settle(200);
    expect(states.at(-1)).toBe('reconnecting UNAVAILABLE the media went silent');
  });

  it('counts a connection that cannot be made as the end of one that is silent, but not one that a newer network replaced', async () => {
    await live(0);
    media.restartIce.mockReturnValue(new Promise(() => undefined));
    wake('network');
    await settle(1);
    wake('network');
    await settle(1);
    expect(socket(1).readyState).toBe(3);
    expect(states).toEqual(['live']);
    socket(2).dispatchEvent(new Event('error'));
    await settle();
    expect(states.at(-1)).toBe('reconnecting UNAVAILABLE the network changed');
  });

  it('makes nothing of a connection that was closed before it was needed', async () => {
    await live(0);
    media.restartIce.mockReturnValueOnce(new Promise(() => undefined));
    wake('network');
    socket(1).open();
    socket(1).readyState = 3;
    await settle();
    expect(states.filter((state) => state.startsWith('reconnecting'))).toHaveLength(2);
    await settle(250);
    expect((await live(2)).sent[0]).toMatchObject({ data: { resume: 'secret-0' } });
  });

  it('looks for another path when the media fall silent, and for another network while it connects', async () => {
    await live(0);
    lost();
    await settle();
    expect(media.restartIce).toHaveBeenCalledTimes(1);
    socket(0).close();
    await settle();
    expect(FakeSocket.all).toHaveLength(2);
    wake('network');
    await settle(1);
    expect(socket(1).readyState).toBe(3);
    await settle(250);
    expect(FakeSocket.all).toHaveLength(3);
  });

  it('notices a farm that fell silent', async () => {
    const farm = await live(0);
    await settle(20_000);
    farm.says({ id: 1, method: 'ping', data: {} });
    await settle(20_000);
    expect(states).toEqual(['live']);
    await settle(5_001);
    expect(states.at(-1)).toBe('reconnecting UNAVAILABLE the farm fell silent');
  });

  it('ends with a token that was used before', async () => {
    socket(0).open();
    await settle();
    socket(0).answers('join', { error: { code: 'TOKEN_USED', message: 'the token was used before' } });
    await settle(60_000);
    expect(states).toEqual(['ended TOKEN_USED the token was used before']);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('ends when the farm says that coming again is no use', async () => {
    const farm = await live(0);
    farm.says({ notify: 'closing', data: { code: 'PHONE_NOT_FOUND', message: 'deleted', retry: false } });
    farm.close();
    await settle(60_000);
    expect(states.at(-1)).toBe('ended PHONE_NOT_FOUND deleted');
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('shows the stream’s troubles and consumes a replaced one', async () => {
    const farm = await live(0);
    farm.says({ notify: 'streamState', data: { state: 'waiting', reason: 'recovering' } });
    farm.says({ notify: 'streamReplaced', data: {} });
    farm.says({ notify: 'streamState', data: { state: 'live', reason: '' } });
    expect(states).toEqual(['live', 'waiting recovering', 'live']);
    expect(media.consume).toHaveBeenCalledTimes(1);
  });

  it('consumes again what was replaced while its media were set up', async () => {
    socket(0).open();
    await settle();
    socket(0).answers('join', joined('a'));
    socket(0).says({ notify: 'streamReplaced', data: {} });
    await settle();
    expect(states).toEqual(['live']);
    expect(media.consume).toHaveBeenCalledTimes(1);
  });

  it('says goodbye when it is closed, and nothing after', async () => {
    const farm = await live(0);
    connection.close();
    connection.close();
    await settle(60_000);
    expect(farm.sent.at(-1)).toEqual({ notify: 'leave', data: {} });
    expect(states).toEqual(['live', 'ended']);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('sends by the socket until media stand, then by media', async () => {
    socket(0).open();
    await settle();
    connection.send(new Uint8Array([1]), false);
    expect(socket(0).input).toHaveLength(1);
    socket(0).answers('join', joined('a'));
    await settle();
    connection.send(new Uint8Array([2]), true);
    expect(media.send).toHaveBeenCalledWith(new Uint8Array([2]), true);
  });
});
