import { StreamRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, toGrpcError } from '@ancloud/kit';
import { describe, expect, it, vi } from 'vitest';
import { bytes, FakeSocket, join, JOINED, stageConnections } from './viewer-connection.fixture.js';

const { at, connection, joined } = stageConnections();

describe('join', () => {
  it('replaces the credential by the identity, and adds what only the gateway knows', async () => {
    const { media } = await joined();
    expect(media.got).toEqual([
      { viewerId: 'vw_1', phoneId: 'ph_1', role: 2, edge: false, connection: 'cn_1', pinned: false },
      { id: 7, method: 'join', data: { viewer: 'vw_1', phone: 'ph_1', role: 'control', receive: false } },
    ]);
    expect(at.socket.sent).toEqual([
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
    expect(at.published.at(-1)?.[2]).toMatchObject({ viewerId: 'vw_1', present: true, connection: 'cn_1' });
  });

  it('asks the holder when the stream is elsewhere, once', async () => {
    const made = connection();
    made.text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    at.stream = StreamRecord.fromPartial({ mediaAddress: 'b:1' });
    at.streams[0]?.says({ id: 7, error: { code: 'STREAM_ELSEWHERE', message: 'b has it' } });
    await vi.advanceTimersByTimeAsync(200);
    expect(at.streams.map(({ address }) => address)).toEqual(['a:1', 'b:1']);
    expect(at.streams[0]?.cancelled).toBe(true);
    at.streams[1]?.says({ id: 7, error: { code: 'STREAM_ELSEWHERE', message: 'c has it' } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(at.streams).toHaveLength(2);
    expect(at.socket.sent[0]).toMatchObject({ id: 7, error: { code: 'STREAM_ELSEWHERE' } });
    expect(at.gaveBack).toBe(1);
  });

  it('waits for a media-svc that is being started, without another message of the viewer', async () => {
    const made = connection();
    made.text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    for (let tries = 1; tries <= 3; tries += 1) {
      expect(at.streams).toHaveLength(tries);
      at.streams.at(-1)?.emit('error', { code: 14, details: 'refused' });
      await vi.advanceTimersByTimeAsync(150);
    }
    expect(at.socket.sent).toEqual([]);
    at.streams.at(-1)?.says({ id: 7, ok: JOINED });
    await vi.advanceTimersByTimeAsync(0);
    expect(at.socket.sent[0]).toMatchObject({ id: 7, ok: { viewer: 'vw_1' } });
    expect(at.gaveBack).toBe(0);
  });

  it('waits no longer than 5 s, then tells the viewer to come again', async () => {
    const made = connection();
    made.text(join, join.length);
    for (let ms = 0; ms < 6_000 && at.socket.closed === undefined; ms += 150) {
      await vi.advanceTimersByTimeAsync(150);
      at.streams.at(-1)?.emit('error', { code: 14, details: 'refused' });
    }
    await vi.advanceTimersByTimeAsync(150);
    expect(at.socket.notices('closing')).toMatchObject([{ code: 'UNAVAILABLE', retry: true }]);
    expect(at.gaveBack).toBe(1);
    expect(at.streams.length).toBeGreaterThan(20);
  });

  it('waits as long for a phone whose session is not there yet, and says so then', async () => {
    const refusal = toGrpcError(new AppError('SESSION_NOT_FOUND', 'the phone has no session'));
    connection().text(join, join.length);
    for (let ms = 0; ms < 6_000 && at.socket.closed === undefined; ms += 150) {
      await vi.advanceTimersByTimeAsync(150);
      at.streams.at(-1)?.emit('error', refusal);
    }
    await vi.advanceTimersByTimeAsync(150);
    expect(at.socket.notices('closing')).toMatchObject([{ code: 'SESSION_NOT_FOUND', retry: true }]);
    expect(at.gaveBack).toBe(1);
    expect(at.streams.length).toBeGreaterThan(20);
  });

  it('says what is wrong with a credential, and that coming back is of no use', async () => {
    at.refusal = new AppError('TOKEN_EXPIRED', 'too late');
    connection().text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    expect(at.socket.sent[0]).toEqual({ id: 7, error: { code: 'TOKEN_EXPIRED', message: 'too late' } });
    expect(at.socket.notices('closing')).toEqual([
      { code: 'TOKEN_EXPIRED', message: 'too late', retry: false },
    ]);
    expect(at.socket.closed).toEqual({ code: 4401, reason: 'TOKEN_EXPIRED' });
    expect(at.streams).toEqual([]);
  });

  it('gives the credential back when media-svc does not answer', async () => {
    connection().text(join, join.length);
    await vi.advanceTimersByTimeAsync(21_000);
    expect(at.socket.notices('closing')).toMatchObject([{ code: 'DEADLINE_EXCEEDED', retry: true }]);
    expect(at.gaveBack).toBe(1);
    expect(at.streams[0]?.cancelled).toBe(true);
  });

  it('cancels media-svc when the socket goes while joining', async () => {
    const made = connection();
    made.text(join, join.length);
    await vi.advanceTimersByTimeAsync(0);
    made.gone();
    await vi.advanceTimersByTimeAsync(0);
    expect(at.streams[0]?.cancelled).toBe(true);
    expect(at.gaveBack).toBe(1);
    expect(at.published).toEqual([]);
  });

  it('is waited for 10 s', async () => {
    connection();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(at.socket.closed).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(at.socket.closed).toEqual({ code: 4504, reason: 'DEADLINE_EXCEEDED' });
  });

  it.each<[string, string]>([
    ['text that is no frame', 'hello'],
    ['another method', '{"id":1,"method":"consume","data":{}}'],
    ['no credential', '{"id":1,"method":"join","data":{}}'],
    ['an error whose code is no text', '{"id":1,"error":{"code":{"toString":0,"valueOf":0},"message":""}}'],
  ])('is not %s', (_, text) => {
    connection().text(text, text.length);
    expect(at.socket.closed).toEqual({ code: 4400, reason: 'MESSAGE_MALFORMED' });
    expect(at.streams).toEqual([]);
  });

  it('comes before input and before anything else', async () => {
    connection().binary(bytes(10));
    expect(at.socket.closed?.code).toBe(4400);
    at.socket = new FakeSocket();
    const made = connection();
    made.text(join, join.length);
    made.text('{"id":8,"method":"consume","data":{}}', 40);
    expect(at.socket.closed?.code).toBe(4400);
    await vi.advanceTimersByTimeAsync(0);
  });
});
