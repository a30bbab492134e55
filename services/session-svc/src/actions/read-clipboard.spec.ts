import { eventually } from '@ancloud/testkit';
import { describe, expect, it } from 'vitest';
import { phoneId, stageService } from '../api/session.controller.fixture.js';

const { device, client } = await stageService();

/** Asks, and finds the server that is started for it. */
async function ask(signal?: AbortSignal) {
  const before = device.servers.length;
  const answer = client.readClipboard({ phoneId }, signal === undefined ? {} : { signal });
  answer.catch(() => undefined);
  const started = await eventually(() => device.servers[before], { reason: 'a server to ask' });
  const { start, server } = started;
  await eventually(() => server.controls.length > 0, { reason: 'the question' });
  const ended = (): Promise<unknown> =>
    eventually(() => !device.running.has(start.scid), { reason: 'its end' });
  return { answer, start, server, ended };
}

describe('reading the clipboard', () => {
  it('is one question to a server of its own, which wakes no screen and ends', async () => {
    const { answer, start, server, ended } = await ask();
    expect(Object.fromEntries(start.options)).toMatchObject({
      video: 'false',
      audio: 'false',
      clipboard_autosync: 'false',
      power_on: 'false',
    });
    expect(server.controls).toEqual([{ kind: 'getClipboard', copyKey: 0 }]);
    server.sendDevice({ kind: 'clipboard', text: 'мир👋' });
    expect(await answer).toEqual({ text: 'мир👋' });
    await ended();
  });

  it('goes on one at a time in a phone', async () => {
    const { answer, server } = await ask();
    await expect(client.readClipboard({ phoneId })).rejects.toMatchObject({ code: 'CAPACITY' });
    server.sendDevice({ kind: 'clipboard', text: '' });
    expect(await answer).toEqual({ text: '' });
  });

  it('that is not answered tells of no text', async () => {
    const { answer, ended } = await ask();
    expect((await answer).text).toBeUndefined();
    await ended();
  });

  it('fails with its server, and with an answer that cannot be read', async () => {
    const first = await ask();
    await first.server.close();
    await expect(first.answer).rejects.toMatchObject({ code: 'SCRCPY_FAILED' });
    await first.ended();
    const second = await ask();
    second.server.sendRaw('control', Buffer.from([0x7f]));
    await expect(second.answer).rejects.toMatchObject({ code: 'SCRCPY_FAILED' });
    await second.ended();
  });

  it('leaves no server behind when nobody waits any more', async () => {
    const gone = new AbortController();
    const { answer, ended } = await ask(gone.signal);
    gone.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
    await ended();
  });
});
