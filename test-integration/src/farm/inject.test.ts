import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { withPhone } from './phone-world.js';

// What a program does to a phone through the API: played when the call returns.

const world = withPhone();
const { farm, open } = world;

const play = (verb: string, body: object): Promise<{ tookMs: number; steps: number }> =>
  farm.api('POST', `/v1/phones/${world.phone.phoneId}/${verb}`, body);
const clipboard = async (): Promise<string> =>
  (await farm.shell(world.phone.phoneId, 'cmd clipboard get')).trim();

describe('a program', () => {
  it('taps: each tap flips Latency once, by REST and by CLI', async () => {
    await open('latency');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    const value = await viewer.taps(farm, world.phone.phoneId);
    for (let i = 1; i <= 3; i += 1) {
      await play('tap', { at: { x: 0.5, y: 0.7 } });
      await viewer.patternWhere((pattern) => pattern.value === value + i);
    }
    const { code, stdout } = await farm.cli(['phone', 'tap', world.phone.phoneId, '0.5', '0.7']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/tap done in \d+ ms/)]);
    await viewer.patternWhere((pattern) => pattern.value === value + 4);
    await viewer.page.close();
  });

  it('swipes and plays two fingers: the picture of Paint changes', async () => {
    await open('paint');
    const size = async (): Promise<number> =>
      (await (await farm.call('GET', `/v1/phones/${world.phone.phoneId}/screenshot`)).arrayBuffer())
        .byteLength;
    const grows = async (from: number): Promise<number> =>
      eventually(async () => {
        const now = await size();
        if (now === from) throw new NotYet('the screenshot is as it was');
        return now;
      });
    const empty = await size();
    await play('swipe', { from: { x: 0.2, y: 0.3 }, to: { x: 0.8, y: 0.3 }, durationMs: 200, curve: 'ease' });
    const stroke = await grows(empty);
    const file = path.join(os.tmpdir(), `ancloud-gesture-${process.pid}.json`);
    const finger = (y: number, startMs: number) => ({
      startMs,
      points: [
        { x: 0.2, y },
        { x: 0.8, y, atMs: 200 },
      ],
    });
    fs.writeFileSync(file, JSON.stringify({ strokes: [finger(0.5, 0), finger(0.7, 50)] }));
    const { code, stderr } = await farm.cli(['phone', 'gesture', world.phone.phoneId, file]);
    expect([code, stderr]).toEqual([0, '']);
    fs.rmSync(file);
    await grows(stroke);
  });

  it('types ASCII, pastes any Unicode, presses keys with their meta state', async () => {
    await open('notes');
    const copied = (text: string): Promise<void> =>
      eventually(async () => {
        // KEYCODE_COPY; without a selection Notes copies the whole note.
        await play('key', { keycode: 278 });
        const held = await clipboard();
        if (held !== text) throw new NotYet(`Notes holds '${held}'`);
      });
    await play('text', { text: 'plain ' });
    await play('text', { text: 'мир👋' });
    await copied('plain мир👋');
    const { code } = await farm.cli(['phone', 'key', world.phone.phoneId, 'backspace']);
    expect(code).toBe(0);
    await copied('plain мир');
  });
});

describe('a program', () => {
  const saw = (line: string): Promise<void> =>
    eventually(async () => {
      const told = await farm.shell(world.phone.phoneId, 'dumpsys input');
      if (!told.includes(line)) throw new NotYet(told);
    });

  it('turns a wheel by REST and by CLI, and presses the phone’s buttons', async () => {
    await open('paint');
    await play('wheel', { at: { x: 0.5, y: 0.5 }, vertical: -16 });
    await saw('Last motion: action=8 buttons=0x0 scroll=0,-16\n');
    const turned = await farm.cli([
      'phone',
      'wheel',
      world.phone.phoneId,
      '0.5',
      '0.5',
      '--up',
      '3',
      '--right',
      '2',
    ]);
    expect(turned, turned.stderr).toMatchObject({ code: 0 });
    await saw('scroll=2,3\n');
    // AKEYCODE_VOLUME_UP and AKEYCODE_APP_SWITCH.
    await play('action', { name: 'volumeUp' });
    await saw('Last key: code=24 ');
    const recents = await farm.cli(['phone', 'action', world.phone.phoneId, 'recents']);
    expect(recents, recents.stderr).toMatchObject({ code: 0 });
    await saw('Last key: code=187 ');
  });

  it('sets the clipboard and reads it, by REST and by CLI, whoever has changed it', async () => {
    const path = `/v1/phones/${world.phone.phoneId}/clipboard`;
    const read = async (): Promise<string | null> =>
      (await farm.api<{ text: string | null }>('GET', path)).text;
    await farm.api('PUT', path, { text: 'мир 👋' });
    expect(await read()).toBe('мир 👋');
    expect(await clipboard()).toBe('мир 👋');
    const set = await farm.cli(['phone', 'clipboard', world.phone.phoneId, 'by the CLI']);
    expect(set, set.stderr).toMatchObject({ code: 0 });
    expect(await farm.cli(['phone', 'clipboard', world.phone.phoneId])).toMatchObject({
      code: 0,
      stdout: 'by the CLI\n',
    });
    await farm.shell(world.phone.phoneId, 'am start -S -n com.ancloud.notes/.MainActivity');
    await eventually(async () => {
      await play('text', { text: 'n' });
      // KEYCODE_COPY
      await play('key', { keycode: 278 });
      const text = await read();
      if (!/^n+$/.test(text ?? '')) throw new NotYet(`the phone holds '${text}'`);
    });
    // Two bytes a character: by characters it would fit.
    const long = await farm.call('PUT', path, { text: 'ü'.repeat(131_066) });
    expect([long.status, await long.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'INVALID_ARGUMENT', field: 'clipboard' }),
    ]);
    expect(await read()).toMatch(/^n+$/);
  });

  it('taps as often as it is told to while it holds a key', async () => {
    await open('latency');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    const value = await viewer.taps(farm, world.phone.phoneId);
    await play('key', { keycode: 59, stroke: 'down' });
    for (let i = 1; i <= 3; i += 1) {
      await play('tap', { at: { x: 0.5, y: 0.7 } });
      await viewer.patternWhere((pattern) => pattern.value === value + i);
    }
    await play('key', { keycode: 59, stroke: 'up' });
    await viewer.page.close();
  });

  it('hears that a phone has no gamepad, by REST and by CLI', async () => {
    const body = { moments: [{ buttons: ['a', 'up'] }] };
    const response = await farm.call('POST', `/v1/phones/${world.phone.phoneId}/gamepad`, body);
    expect(await response.json()).toMatchObject({
      code: 'INPUT_DROPPED',
      fix: expect.stringContaining('gamepad') as string,
    });
    const cli = await farm.cli(['phone', 'gamepad', world.phone.phoneId, '--press', 'a,up']);
    expect(cli).toMatchObject({ code: 1, stderr: expect.stringContaining('INPUT_DROPPED') as string });
  });

  it('starts an app by its name', async () => {
    await play('action', { name: 'startApp', argument: 'com.ancloud.latency' });
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'watch');
    await viewer.patternWhere(({ kind }) => kind === 'latency');
    await viewer.page.close();
  });
});
