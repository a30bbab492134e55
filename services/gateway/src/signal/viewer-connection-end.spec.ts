import { AppError, toGrpcError } from '@ancloud/kit';
import { describe, expect, it, vi } from 'vitest';
import { bytes, type FakeMedia, stageConnections } from './viewer-connection.fixture.js';
import type { ViewerConnection } from './viewer-connection.js';

const { at, joined } = stageConnections();

describe('liveness', () => {
  const answerPings = (made: ViewerConnection): void => {
    const ping = at.socket.sent.findLast((frame) => frame['method'] === 'ping');
    const reply = JSON.stringify({ id: ping?.['id'], ok: {} });
    made.text(reply, reply.length);
  };

  it('is asked for each 10 s, and the answer ends here', async () => {
    const { viewer: made, media } = await joined();
    for (let round = 0; round < 6; round += 1) {
      await vi.advanceTimersByTimeAsync(10_000);
      answerPings(made);
    }
    expect(at.socket.closed).toBeUndefined();
    expect(at.socket.sent.filter((frame) => frame['method'] === 'ping')).toHaveLength(6);
    expect(media.got).toHaveLength(2);
  });

  it('ends after 20 s of silence', async () => {
    await joined();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(at.socket.notices('closing')).toMatchObject([{ code: 'DEADLINE_EXCEEDED', retry: true }]);
  });

  it('ends when the viewer came back by another connection', async () => {
    await joined();
    at.kept = 'elsewhere';
    await vi.advanceTimersByTimeAsync(10_000);
    expect(at.socket.notices('closing')).toMatchObject([{ code: 'FENCED', retry: false }]);
  });
});

describe('a viewer whose right was taken back', () => {
  const CLOSING = [{ code: 'VIEWER_REVOKED', retry: false }];

  it.each<[string, (media: FakeMedia) => void | Promise<void>]>([
    ['is put out by the fact', () => at.revoke?.()],
    ["by media-svc's word", (media) => media.emit('error', toGrpcError(new AppError('VIEWER_REVOKED', 'x')))],
    [
      'and by what Redis says, when the fact was lost',
      async () => {
        at.kept = 'revoked';
        await vi.advanceTimersByTimeAsync(10_000);
      },
    ],
  ])('%s, and told not to come again', async (_, happens) => {
    const { media } = await joined();
    await happens(media);
    expect(at.socket.notices('closing')).toMatchObject(CLOSING);
    expect(at.socket.closed).toEqual({ code: 4401, reason: 'VIEWER_REVOKED' });
    expect(media.cancelled).toBe(true);
  });

  it('while it joins, is put out when it has joined', async () => {
    at.kept = 'revoked';
    await joined();
    expect(at.socket.notices('closing')).toMatchObject(CLOSING);
  });
});

describe('the end', () => {
  it('after leave takes the resume secret with it', async () => {
    const { viewer: made, media } = await joined();
    made.text('{"notify":"leave","data":{}}', 28);
    expect(media.got.at(-1)).toEqual({ notify: 'leave', data: {} });
    expect([at.left, media.cancelled]).toEqual([1, true]);
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
      at.published.filter(([, , message]) => (message as { present: boolean }).present === false),
    ).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(at.raw).toEqual([]);
  });
});
