import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  begin,
  type ConnectionWorld,
  end,
  FakeSocket,
  joined,
  live,
  settle,
  socket,
} from './connection.fixture.js';

describe('Connection', () => {
  let world: ConnectionWorld;
  let connection: ConnectionWorld['connection'];
  let states: string[];
  let steps: string[];
  let layers: string[];
  let media: ConnectionWorld['media'];
  let failed: ConnectionWorld['failed'];

  beforeEach(() => {
    world = begin();
    ({ connection, states, steps, layers, media, failed } = world);
  });
  afterEach(() => end(world));

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
