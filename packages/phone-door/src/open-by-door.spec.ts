import { once } from 'node:events';
import fs from 'node:fs';
import { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '@ancloud/testkit';
import { type DoorAnswer, FakeDoor } from './fake-door.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openByDoor } from './open-by-door.js';

const NAME = 'scrcpy_0000abcd';
let folder: string;
let door: FakeDoor | undefined;

const at = (): string => path.join(folder, 'door');
const behind = (answer: DoorAnswer): FakeDoor => (door = new FakeDoor(at(), () => answer));

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-door-'));
});

afterEach(() => {
  door?.close();
  door = undefined;
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('a phone’s door', () => {
  test('gives a descriptor that node takes for its own', async () => {
    const { asked, given } = behind('socket');
    const socket = new Socket({ fd: await openByDoor(at(), NAME), readable: true, writable: true });
    expect(asked).toEqual([NAME]);
    const [phone] = given;
    if (phone === undefined) throw new Error('nothing was given');
    phone.write('from the phone');
    expect(String((await once(socket, 'data'))[0])).toBe('from the phone');
    socket.write('to the phone');
    expect(String((await once(phone, 'data'))[0])).toBe('to the phone');
    phone.end();
    await once(socket, 'close');
  });

  test.each([
    ['nobody listens', 111, 'ECONNREFUSED'],
    ['a name that it does not give', 1, 'EPERM'],
    ['a phone that does not run', 3, 'ESRCH'],
    ['success without a descriptor', 0, 'EPROTO'],
    ['a door with eight clients', 'hang up', 'EAGAIN'],
  ] as const)('%s: %s is %s', async (_, answer, code) => {
    behind(answer);
    await expect(openByDoor(at(), NAME)).rejects.toMatchObject({ code });
  });

  test('a door that closes without reading is full', async () => {
    behind('socket').slams = 1;
    await expect(openByDoor(at(), NAME)).rejects.toMatchObject({ code: 'EAGAIN' });
  });

  test('no door is ENOENT, and a path that no address holds is told', async () => {
    await expect(openByDoor(at(), NAME)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(openByDoor(`/${'x'.repeat(120)}`, NAME)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  });

  test('a door that says nothing is given up, by the time or by the caller', async () => {
    behind('nothing');
    await expect(openByDoor(at(), NAME, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const abort = new AbortController();
    const asking = openByDoor(at(), NAME, { timeoutMs: 60_000, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
  });

  test('leaves no descriptor behind, whatever comes of it', async () => {
    let answer: DoorAnswer = 'socket';
    const { given } = (door = new FakeDoor(at(), () => answer));
    const socket = new Socket({ fd: await openByDoor(at(), NAME) });
    answer = 111;
    await openByDoor(at(), NAME).catch(() => undefined);
    answer = 'nothing';
    await openByDoor(at(), NAME, { timeoutMs: 10 }).catch(() => undefined);
    // Another process would have it still: the other ends see the last copy go.
    await eventually(() => door?.clients === 0, { reason: () => `${door?.clients} connections are open` });
    const [phone] = given;
    if (phone === undefined) throw new Error('nothing was given');
    phone.resume();
    socket.destroy();
    await eventually(() => phone.closed, { reason: 'the phone still has its socket' });
  });
});
