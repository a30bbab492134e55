import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeSocket, socket } from './connection.fixture.js';
import { Dialler } from './dialler.js';

beforeEach(() => {
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
});
afterEach(() => vi.unstubAllGlobals());

it('gives what was begun anew to who asks next, and what it replaced to nobody', async () => {
  const dialler = new Dialler('ws://farm.test/v1/signal');
  const given = dialler.take().catch((error: unknown) => error);
  const begun = dialler.anew();
  expect(await given).toMatchObject({ code: 'UNAVAILABLE' });
  socket(1).open();
  await begun;
  expect(await dialler.take()).toBe(socket(1));
  // Taken: the next is another.
  void dialler.take();
  expect(FakeSocket.all).toHaveLength(3);
});
