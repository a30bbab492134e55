import { once } from 'node:events';
import fs from 'node:fs';
import type { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { openByDoor } from '@ancloud/phone-door';
import { eventually } from '@ancloud/testkit';
import { FakeDoor } from '@ancloud/phone-door/fake-door';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DoorStream } from './door-stream.js';

let folder: string;
let door: FakeDoor;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-door-'));
  door = new FakeDoor(path.join(folder, 'door'), () => 'socket');
});

afterEach(() => {
  door.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function pair(): Promise<{ stream: DoorStream; phone: Socket }> {
  const fd = await openByDoor(path.join(folder, 'door'), 'scrcpy_0000abcd');
  const phone = door.given.at(-1);
  if (phone === undefined) throw new Error('nothing was given');
  const stream = DoorStream.of(fd);
  stream.on('error', () => undefined);
  return { stream, phone };
}

function read(from: Socket, size: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let have = 0;
    from.on('data', (part: Buffer) => {
      parts.push(part);
      have += part.length;
      if (have >= size) resolve(Buffer.concat(parts));
    });
    from.resume();
  });
}

describe('a socket that a door gave', () => {
  test('carries bytes both ways, at once and by the queue', async () => {
    const { stream, phone } = await pair();
    const heard = read(phone, 11);
    expect(stream.writeNow(Buffer.from('at once'))).toBe(true);
    stream.write(' too');
    expect(String(await heard)).toBe('at once too');
    phone.write('up');
    expect(String(((await once(stream, 'data')) as [Buffer])[0])).toBe('up');
  });

  test('does not send past what waits, and loses nothing of what the kernel takes in part', async () => {
    const { stream, phone } = await pair();
    phone.pause();
    const large = Buffer.alloc(1024 * 1024, 1);
    // More than the kernel holds: a part of it is taken, the rest is the socket's.
    expect(stream.writeNow(large)).toBe(true);
    expect(stream.writeNow(Buffer.from([2]))).toBe(false);
    stream.write(Buffer.from([2]));
    const all = await read(phone, large.length + 1);
    expect(all.length).toBe(large.length + 1);
    expect(all.indexOf(2)).toBe(large.length);
  });

  test('delivers what waited and then what comes, in order', async () => {
    const { stream, phone } = await pair();
    phone.write('first ');
    await eventually(() => stream.readableLength > 0, { reason: 'nothing has come' });
    let text = '';
    stream.deliverTo((bytes) => {
      text += Buffer.from(bytes).toString();
    });
    phone.write('second');
    await eventually(() => text === 'first second', { reason: () => text });
  });

  test('what nobody reads stays with the phone', async () => {
    const { stream, phone } = await pair();
    const size = 8 * 1024 * 1024;
    let sent = false;
    phone.write(Buffer.alloc(size), () => {
      sent = true;
    });
    await eventually(() => stream.readableLength > 0, { reason: 'nothing has come' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toBe(false);
    expect(stream.readableLength).toBeLessThan(1024 * 1024);
    let have = 0;
    stream.on('data', (chunk: Buffer) => {
      have += chunk.length;
    });
    await eventually(() => have === size && sent, { reason: () => `${have} bytes` });
  });

  test('closes when the phone does, after what it said', async () => {
    const { stream, phone } = await pair();
    phone.end('last words');
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(stream, 'close');
    expect(text).toBe('last words');
    expect(stream.writeNow(Buffer.from('x'))).toBe(false);
  });

  test('closes when the phone does and a taker has it all', async () => {
    const { stream, phone } = await pair();
    let text = '';
    stream.deliverTo((bytes) => {
      text += Buffer.from(bytes).toString();
    });
    phone.end('last words');
    await once(stream, 'close');
    expect(text).toBe('last words');
  });

  test('destroyed, it is gone for the phone', async () => {
    const { stream, phone } = await pair();
    phone.resume();
    stream.destroy();
    await eventually(() => phone.closed, { reason: 'the phone still has it' });
  });

  test('ended, everything is written before', async () => {
    const { stream, phone } = await pair();
    const heard = read(phone, 300_000);
    stream.resume();
    stream.end(Buffer.alloc(300_000, 7));
    expect((await heard).length).toBe(300_000);
    await once(stream, 'close');
  });

  test('what is no socket is told', () => {
    expect(() => DoorStream.of(fs.openSync('/dev/null', 'r'))).toThrow('fd type');
  });
});
