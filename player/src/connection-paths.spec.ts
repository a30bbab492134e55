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

describe('Connection: networks that change and fall silent', () => {
  let world: ConnectionWorld;
  let states: string[];
  let media: ConnectionWorld['media'];
  let lost: ConnectionWorld['lost'];
  let wake: ConnectionWorld['wake'];

  beforeEach(() => {
    world = begin();
    ({ states, media, lost, wake } = world);
  });
  afterEach(() => end(world));

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

  it('leaves the connection beside to the next life, where the old signalling answered and was cut', async () => {
    await live(0);
    media.restartIce.mockReturnValueOnce(new Promise(() => undefined));
    wake('network');
    await settle(100);
    socket(0).says({ id: 1, method: 'ping', data: {} });
    socket(0).close();
    await settle();
    expect((await live(1)).readyState).toBe(1);
    expect(states.at(-1)).toBe('live');
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('goes on by the newest network’s connection, whatever was found of the one before', async () => {
    await live(0);
    media.restartIce.mockReturnValue(new Promise(() => undefined));
    lost();
    socket(1).open();
    await settle(500);
    socket(0).says({ id: 1, method: 'ping', data: {} });
    wake('network');
    await settle(1);
    wake('network');
    // The patience with the media is over.
    await settle(600);
    expect([1, 2, 3].map((index) => socket(index).readyState)).toEqual([3, 3, 0]);
    socket(3).open();
    await settle();
    expect(states.at(-1)).toBe('reconnecting UNAVAILABLE the network changed');
    expect((await live(3)).readyState).toBe(1);
    expect(FakeSocket.all).toHaveLength(4);
  });

  it('does not give up what the next life is dialling, when its patience with the one before is over', async () => {
    await live(0);
    media.restartIce.mockReturnValueOnce(new Promise(() => undefined));
    lost();
    socket(1).dispatchEvent(new Event('error'));
    await settle(100);
    socket(0).says({ id: 1, method: 'ping', data: {} });
    await settle(700);
    socket(0).close();
    await settle(300);
    expect(socket(2).readyState).toBe(0);
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
});
