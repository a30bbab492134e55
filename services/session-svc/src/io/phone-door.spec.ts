import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { silentLog } from '@ancloud/kit';
import { eventually } from '@ancloud/testkit';
import { type DoorAnswer, FakeDoor } from '@ancloud/phone-door/fake-door';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PhoneDoor } from './phone-door.js';

const NAME = 'scrcpy_0000abcd';
let folder: string;
let answers: DoorAnswer[];
let fake: FakeDoor;

/** As startScrcpyServer waits, less long. */
const wish = { retryMs: 1, timeoutMs: 60_000, signal: new AbortController().signal };
const at = (): string => path.join(folder, 'door');

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-door-'));
  answers = [];
  fake = new FakeDoor(at(), () => answers.shift() ?? 'socket');
});

afterEach(() => {
  fake.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('the way past adbd', () => {
  test('waits for a server that does not listen yet', async () => {
    answers = [111, 11, 111];
    const stream = await new PhoneDoor(at(), silentLog).open(NAME, wish);
    expect(stream).toBeDefined();
    expect(fake.asked).toHaveLength(4);
    stream?.destroy();
  });

  test('gives up when the time is over', async () => {
    answers = Array.from({ length: 10_000 }, () => 111);
    expect(await new PhoneDoor(at(), silentLog).open(NAME, { ...wish, timeoutMs: 30 })).toBeUndefined();
  });

  test.each([1, 3, 13])('a door that answers errno %i is not asked again', async (errno) => {
    answers = [errno];
    const door = new PhoneDoor(at(), silentLog);
    expect(await door.open(NAME, wish)).toBeUndefined();
    expect(await door.open(NAME, wish)).toBeUndefined();
    expect(fake.asked).toHaveLength(1);
  });

  test('two that only adb had are enough: the door leads elsewhere', async () => {
    answers = Array.from({ length: 10_000 }, () => 111);
    const door = new PhoneDoor(at(), silentLog);
    const ask = async (): Promise<number> => {
      await door.open(NAME, { ...wish, timeoutMs: 30 });
      door.adbHad();
      return fake.asked.length;
    };
    const first = await ask();
    const second = await ask();
    expect(second).toBeGreaterThan(first);
    answers = [];
    expect(await door.open(NAME, wish)).toBeUndefined();
    expect(fake.asked).toHaveLength(second);
  });

  test('a door that is late is asked again, three times', async () => {
    answers = ['nothing', 'socket', 'nothing', 'nothing', 'nothing', 'socket'];
    const door = new PhoneDoor(at(), silentLog);
    expect(await door.open(NAME, wish)).toBeUndefined();
    const stream = await door.open(NAME, wish);
    expect(stream).toBeDefined();
    stream?.destroy();
    for (let time = 0; time < 4; time += 1) expect(await door.open(NAME, wish)).toBeUndefined();
    expect(fake.asked).toHaveLength(5);
  });

  test('no door is adb’s matter at once', async () => {
    expect(await new PhoneDoor('', silentLog).open(NAME, wish)).toBeUndefined();
    expect(await new PhoneDoor(`${at()}-none`, silentLog).open(NAME, wish)).toBeUndefined();
    expect(fake.asked).toHaveLength(0);
  });

  test('closed, it ends what it gave and gives nothing more', async () => {
    const door = new PhoneDoor(at(), silentLog);
    const stream = await door.open(NAME, wish);
    door.close();
    expect(stream?.destroyed).toBe(true);
    expect(await door.open(NAME, wish)).toBeUndefined();
    const [phone] = fake.given;
    phone?.resume();
    await eventually(() => phone?.closed === true, { reason: 'the phone still has its socket' });
  });

  test('a socket that comes when the link has closed is closed', async () => {
    const door = new PhoneDoor(at(), silentLog);
    const opening = door.open(NAME, wish);
    door.close();
    expect((await opening)?.destroyed ?? true).toBe(true);
  });

  test('who gives up gets their own reason', async () => {
    answers = Array.from({ length: 10_000 }, () => 111);
    const abort = new AbortController();
    const opening = new PhoneDoor(at(), silentLog).open(NAME, { ...wish, signal: abort.signal });
    await eventually(() => fake.asked.length > 0, { reason: 'it was not asked' });
    abort.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });
});
