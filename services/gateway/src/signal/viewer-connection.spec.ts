import { viewer } from '@ancloud/contracts';
import type { ViewerNotice } from '@ancloud/contracts/input/v1/viewer';
import { describe, expect, it, vi } from 'vitest';
import { bytes, FakeSocket, join, JOINED, stageConnections } from './viewer-connection.fixture.js';

const { at, connection, joined } = stageConnections();

describe('relay', () => {
  it('passes frames on unread, both ways', async () => {
    const { viewer: made, media } = await joined();
    const text = '{"id":8,"method":"createTransport","data":{"direction":"send"}}';
    made.text(text, text.length);
    expect(media.got.at(-1)).toEqual(JSON.parse(text));
    media.says({ id: 8, ok: { id: 't1' } });
    media.says({ notify: 'size', data: { width: 1, height: 2 } });
    expect(at.socket.sent.slice(-2)).toEqual([
      { id: 8, ok: { id: 't1' } },
      { notify: 'size', data: { width: 1, height: 2 } },
    ]);
  });

  it('keeps what media-svc says between its reply and our listening', async () => {
    const made = connection();
    made.text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    at.streams[0]?.says({ id: 7, ok: JOINED });
    at.streams[0]?.says({ notify: 'streamState', data: { state: 'live', reason: '' } });
    await vi.advanceTimersByTimeAsync(0);
    expect(at.socket.sent.map((frame) => frame['id'] ?? frame['notify'])).toEqual([7, 'streamState']);
  });

  it('does not let a viewer join twice', async () => {
    const { viewer: made, media } = await joined();
    made.text(join, join.length);
    expect(at.socket.sent.at(-1)).toMatchObject({ id: 7, error: { code: 'INVALID_STATE' } });
    expect(media.got).toHaveLength(2);
  });

  it('holds a viewer back while media-svc is slow', async () => {
    const { viewer: made, media } = await joined();
    media.full = true;
    made.text('{"notify":"x","data":{}}', 24);
    expect(at.socket.paused).toBe(true);
    media.emit('drain');
    expect(at.socket.paused).toBe(false);
  });

  it('closes a viewer that does not read', async () => {
    const { media } = await joined();
    at.socket.bufferedAmount = 2 * 1024 * 1024;
    media.says({ notify: 'size', data: {} });
    expect(at.socket.closed).toEqual({ code: 4503, reason: 'CAPACITY' });
    expect(media.cancelled).toBe(true);
  });

  it('tells a viewer to come back when media-svc is gone', async () => {
    const { media } = await joined();
    media.emit('error', { code: 14, details: 'gone' });
    expect(at.socket.notices('closing')).toMatchObject([{ code: 'UNAVAILABLE', retry: true }]);
    expect(at.published.at(-1)?.[2]).toMatchObject({ viewerId: 'vw_1', present: false });
    expect(at.notice).toBeUndefined();
  });

  it('refuses a frame that is too large, and a flood', async () => {
    const { viewer: made } = await joined();
    made.text('{"notify":"x","data":{}}', viewer.limits.signalFrame + 1);
    expect(at.socket.closed).toEqual({ code: 4413, reason: 'MESSAGE_TOO_LARGE' });
    at.socket = new FakeSocket();
    const other = (await joined()).viewer;
    for (let count = 0; count < 70; count += 1) other.text('{"notify":"x","data":{}}', 24);
    expect(at.socket.closed).toEqual({ code: 4429, reason: 'RATE_LIMITED' });
  });
});

describe('input', () => {
  it("goes out under the token's identity, bytes as they came", async () => {
    const { viewer: made } = await joined();
    made.binary(bytes(20));
    expect(at.raw).toEqual([
      { params: { phone: 'ph_1', viewer: 'vw_1', role: 'control' }, bytes: bytes(20) },
    ]);
  });

  it('of a watcher is refused, with one notice a second', async () => {
    at.role = 'watch';
    const { viewer: made } = await joined();
    for (let count = 0; count < 5; count += 1) made.binary(bytes(20));
    expect(at.raw).toEqual([]);
    expect(at.socket.notices('refused')).toMatchObject([{ code: 'FORBIDDEN', count: 1 }]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(at.socket.notices('refused')).toMatchObject([{ count: 1 }, { code: 'FORBIDDEN', count: 4 }]);
    expect(at.socket.closed).toBeUndefined();
  });

  it('that is too large ends the connection; too much of it is dropped', async () => {
    const { viewer: made } = await joined();
    for (let count = 0; count < 500; count += 1) made.binary(bytes(20));
    expect(at.raw).toHaveLength(viewer.limits.messagesPerSecond);
    expect(at.socket.notices('refused')).toMatchObject([{ code: 'RATE_LIMITED' }]);
    expect(at.counts).toEqual(['join ok', ...Array.from({ length: 100 }, () => 'drop messages')]);
    made.binary(bytes(viewer.limits.inputMessage + 1));
    expect(at.socket.closed?.code).toBe(4413);
    at.socket = new FakeSocket();
    (await joined()).viewer.binary(bytes(0));
    expect(at.socket.closed?.reason).toBe('MESSAGE_MALFORMED');
  });

  it('says so when NATS is away', async () => {
    at.connected = false;
    const { viewer: made } = await joined();
    made.binary(bytes(20));
    expect(at.socket.notices('refused')).toMatchObject([{ code: 'UNAVAILABLE_BUS' }]);
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
    at.notice?.({ notice: value });
    expect(at.socket.sent.at(-1)).toEqual(frame);
  });
});
