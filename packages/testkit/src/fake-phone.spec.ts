import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  createDeviceMessageParser,
  createMediaParser,
  createPreambleParser,
  mediaDialect,
  parseScrcpyVersion,
  serializeControl,
  TouchAction,
} from '@ancloud/scrcpy-wire';
import type { ControlMessage, DeviceMessage, MediaPacket, MediaSession } from '@ancloud/scrcpy-wire';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, FakePhone } from './index.js';
import type { FakePhoneOptions } from './index.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function phoneOf(options: FakePhoneOptions): Promise<FakePhone> {
  const phone = await FakePhone.start(options);
  undo.push(() => phone.close());
  return phone;
}
async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  undo.push(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A whole client: three sockets, as session-svc opens them. */
async function client(phone: FakePhone) {
  const [video, audio, control] = [await open(phone.port), await open(phone.port), await open(phone.port)];
  const { text } = phone.version;
  const dialect = mediaDialect(phone.version);
  const got = {
    name: undefined as string | undefined,
    sessions: [] as MediaSession[],
    video: [] as MediaPacket[],
    audio: [] as MediaPacket[],
    device: [] as DeviceMessage[],
  };
  const preamble = createPreambleParser({ dummyByte: true, deviceMeta: true });
  const videoParser = createMediaParser({
    dialect,
    kind: 'video',
    sink: { session: (session) => got.sessions.push(session), packet: (packet) => got.video.push(packet) },
  });
  const audioParser = createMediaParser({
    dialect,
    kind: 'audio',
    sink: { packet: (packet) => got.audio.push(packet) },
  });
  const deviceParser = createDeviceMessageParser({ onMessage: (message) => got.device.push(message) });
  let ready = false;
  video.on('data', (chunk) => {
    if (ready) return videoParser.push(chunk);
    const result = preamble.push(chunk);
    if (result === undefined) return undefined;
    ready = true;
    got.name = result.preamble.deviceName;
    return videoParser.push(result.rest);
  });
  audio.on('data', (chunk) => audioParser.push(chunk));
  control.on('data', (chunk) => deviceParser.push(chunk));
  const say = (message: ControlMessage): void =>
    void control.write(serializeControl(message, parseScrcpyVersion(text)));
  return { got, say, control };
}

describe('FakePhone', () => {
  it.each(['3.3.4', '4.1'])(
    'serves scrcpy %s: preamble, sizes, config, key frame, frames, sound',
    async (version) => {
      const phone = await phoneOf({ version });
      const { got } = await client(phone);
      await eventually(() => got.video.length === 2 && got.audio.length === 1, {
        reason: () => `${got.video.length} video, ${got.audio.length} audio packets`,
      });
      expect(got.name).toBe('Fake phone');
      expect(got.sessions).toEqual([{ width: 720, height: 1280, clientResize: false }]);
      expect(got.video.map(({ config, keyFrame }) => [config, keyFrame])).toEqual([
        [true, false],
        [false, true],
      ]);
      const pts = phone.sendFrame({ luma: 99 });
      phone.sendAudio(5);
      await eventually(() => got.video.length === 3 && got.audio.length === 2, {
        reason: 'the frame and the sound',
      });
      expect(got.video[2]).toMatchObject({ config: false, keyFrame: false, ptsUs: pts });
      expect(got.audio[1]).toMatchObject({ ptsUs: 5 });
      expect(Buffer.from(got.audio[0]!.data).toString('latin1')).toMatch(/^OpusHead/);
    },
  );

  it('listens on a unix socket as well', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'ancloud-fake-phone-'));
    undo.push(() => rm(dir, { recursive: true }));
    const file = path.join(dir, 'scrcpy');
    const phone = await phoneOf({ listen: { path: file }, sockets: ['control'], deviceMeta: false });
    const socket = connect({ path: file });
    undo.push(() => socket.destroy());
    const [first] = await once(socket, 'data');
    expect(first).toEqual(Buffer.of(0));
    expect(phone.connected).toEqual(['control']);
  });

  it('takes one set of clients, then listens no more', async () => {
    const phone = await phoneOf({ sockets: ['control'] });
    const { port } = phone;
    await open(port);
    await eventually(() => phone.connected.length === 1, { reason: 'the phone to have its client' });
    const refused = connect({ port, host: '127.0.0.1' });
    const [error] = await once(refused, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('records controls, answers them as the server does, and restarts its encoder', async () => {
    const phone = await phoneOf({ version: '4.1' });
    const { got, say } = await client(phone);
    await eventually(() => got.video.length === 2, { reason: 'the first key frame' });
    say({ kind: 'resetVideo' });
    say({ kind: 'rotateDevice' });
    say({ kind: 'setClipboard', sequence: 7n, paste: false, text: 'x' });
    await eventually(() => got.device.length === 1 && got.video.length === 6, {
      reason: () => `${got.video.length} packets`,
    });
    expect(phone.controls.map(({ kind }) => kind)).toEqual(['resetVideo', 'rotateDevice', 'setClipboard']);
    expect(got.device).toEqual([{ kind: 'ackClipboard', sequence: 7n }]);
    expect(got.sessions.map(({ width }) => width)).toEqual([720, 720, 1280]);
    expect(got.video.slice(2).map(({ config, keyFrame }) => [config, keyFrame])).toEqual([
      [true, false],
      [false, true],
      [true, false],
      [false, true],
    ]);
  });

  it('drops touches of another size, and frees a finger by Up alone', async () => {
    const phone = await phoneOf({ sockets: ['video', 'audio', 'control'] });
    const { say } = await client(phone);
    const touch = (
      action: (typeof TouchAction)[keyof typeof TouchAction],
      pointerId: bigint,
      width = 720,
    ): void =>
      say({
        kind: 'injectTouch',
        action,
        pointerId,
        x: 1,
        y: 1,
        width,
        height: 1280,
        pressure: 1,
        actionButton: 0,
        buttons: 0,
      });
    touch(TouchAction.Down, 1n);
    touch(TouchAction.Down, 2n);
    touch(TouchAction.Cancel, 1n);
    touch(TouchAction.Up, 1n, 719);
    touch(TouchAction.Up, 2n);
    await eventually(() => phone.controls.length === 5, {
      reason: () => `${phone.controls.length} of 5 touches`,
    });
    expect([...phone.fingers]).toEqual([1n]);
    expect(phone.dropped).toBe(1);
  });

  it('takes touches of any size when it has no video, as display coordinates', async () => {
    const phone = await phoneOf({ sockets: ['control'] });
    const control = await open(phone.port);
    const at = { x: 1, y: 1, width: 5, height: 5, pressure: 1, actionButton: 0, buttons: 0 };
    control.write(
      serializeControl(
        { kind: 'injectTouch', action: TouchAction.Down, pointerId: 3n, ...at },
        phone.version,
      ),
    );
    await eventually(() => phone.fingers.has(3n), { reason: 'the finger' });
    expect(phone.dropped).toBe(0);
  });

  it('ends the control channel at a message that no client of its version sends', async () => {
    const phone = await phoneOf({ version: '3.3.4' });
    const { control } = await client(phone);
    const closed = once(control, 'close');
    control.write(Uint8Array.of(22));
    await closed;
    expect(phone.controlError).toMatchObject({ code: 'SCRCPY_MESSAGE_UNKNOWN' });
    expect(phone.connected).toEqual(['video', 'audio']);
  });

  it('plays by the real clock until stopped, and closes twice', async () => {
    const phone = await phoneOf({});
    const { got } = await client(phone);
    const stop = phone.play(200);
    await eventually(() => got.video.length > 6, { reason: () => `${got.video.length} packets` });
    stop();
    const times = got.video.slice(1).map(({ ptsUs }) => ptsUs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    await phone.close();
    await phone.close();
    expect(phone.connected).toEqual([]);
  });

  it('says that audio is unavailable or broken', async () => {
    for (const [audio, bytes] of [
      ['unavailable', '00000000'],
      ['error', '00000001'],
    ] as const) {
      const phone = await phoneOf({ audio, sockets: ['audio'], dummyByte: false, deviceMeta: false });
      const socket = await open(phone.port);
      const [chunk] = await once(socket, 'data');
      expect(Buffer.from(chunk as Uint8Array).toString('hex')).toBe(bytes);
    }
  });
});
