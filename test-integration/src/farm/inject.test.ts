import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';

// What a program does to a phone through the API: played when the call returns.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

const open = (app: string): Promise<string> =>
  farm.shell(phone.phoneId, `am start -n com.ancloud.${app}/.MainActivity`);
const play = (verb: string, body: object): Promise<{ tookMs: number; steps: number }> =>
  farm.api('POST', `/v1/phones/${phone.phoneId}/${verb}`, body);
const clipboard = async (): Promise<string> => (await farm.shell(phone.phoneId, 'cmd clipboard get')).trim();

describe('a program', () => {
  it('taps: each tap flips Latency once, by REST and by CLI', async () => {
    await open('latency');
    const viewer = await browser.watch(farm, phone.phoneId, 'watch');
    const value = await viewer.taps(farm, phone.phoneId);
    for (let i = 1; i <= 3; i += 1) {
      await play('tap', { at: { x: 0.5, y: 0.7 } });
      await viewer.patternWhere((pattern) => pattern.value === value + i);
    }
    const { code, stdout } = await farm.cli(['phone', 'tap', phone.phoneId, '0.5', '0.7']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/tap done in \d+ ms/)]);
    await viewer.patternWhere((pattern) => pattern.value === value + 4);
    await viewer.page.close();
  });

  it('swipes and plays two fingers: the picture of Paint changes', async () => {
    await open('paint');
    const size = async (): Promise<number> =>
      (await (await farm.call('GET', `/v1/phones/${phone.phoneId}/screenshot`)).arrayBuffer()).byteLength;
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
    const { code, stderr } = await farm.cli(['phone', 'gesture', phone.phoneId, file]);
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
    const { code } = await farm.cli(['phone', 'key', phone.phoneId, 'backspace']);
    expect(code).toBe(0);
    await copied('plain мир');
  });
});

describe('a program', () => {
  const saw = (line: string): Promise<void> =>
    eventually(async () => {
      const told = await farm.shell(phone.phoneId, 'dumpsys input');
      if (!told.includes(line)) throw new NotYet(told);
    });

  it('turns a wheel by REST and by CLI, and presses the phone’s buttons', async () => {
    await open('paint');
    await play('wheel', { at: { x: 0.5, y: 0.5 }, vertical: -16 });
    await saw('Last motion: action=8 buttons=0x0 scroll=0,-16\n');
    const turned = await farm.cli([
      'phone',
      'wheel',
      phone.phoneId,
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
    const recents = await farm.cli(['phone', 'action', phone.phoneId, 'recents']);
    expect(recents, recents.stderr).toMatchObject({ code: 0 });
    await saw('Last key: code=187 ');
  });

  it('sets the clipboard and reads it, by REST and by CLI, whoever has changed it', async () => {
    const path = `/v1/phones/${phone.phoneId}/clipboard`;
    const read = async (): Promise<string | null> =>
      (await farm.api<{ text: string | null }>('GET', path)).text;
    await farm.api('PUT', path, { text: 'мир 👋' });
    expect(await read()).toBe('мир 👋');
    expect(await clipboard()).toBe('мир 👋');
    const set = await farm.cli(['phone', 'clipboard', phone.phoneId, 'by the CLI']);
    expect(set, set.stderr).toMatchObject({ code: 0 });
    expect(await farm.cli(['phone', 'clipboard', phone.phoneId])).toMatchObject({
      code: 0,
      stdout: 'by the CLI\n',
    });
    await farm.shell(phone.phoneId, 'am start -S -n com.ancloud.notes/.MainActivity');
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
    const viewer = await browser.watch(farm, phone.phoneId, 'watch');
    const value = await viewer.taps(farm, phone.phoneId);
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
    const response = await farm.call('POST', `/v1/phones/${phone.phoneId}/gamepad`, body);
    expect(await response.json()).toMatchObject({
      code: 'INPUT_DROPPED',
      fix: expect.stringContaining('gamepad') as string,
    });
    const cli = await farm.cli(['phone', 'gamepad', phone.phoneId, '--press', 'a,up']);
    expect(cli).toMatchObject({ code: 1, stderr: expect.stringContaining('INPUT_DROPPED') as string });
  });

  it('starts an app by its name', async () => {
    await play('action', { name: 'startApp', argument: 'com.ancloud.latency' });
    const viewer = await browser.watch(farm, phone.phoneId, 'watch');
    await viewer.patternWhere(({ kind }) => kind === 'latency');
    await viewer.page.close();
  });
});

describe('a script', () => {
  it('waits for no viewer that is at work, unless it is to; an owner ends it', async () => {
    await open('latency');
    const viewer = await browser.watch(farm, phone.phoneId, 'control');
    const value = await viewer.taps(farm, phone.phoneId);
    await viewer.click(0.5, 0.7);
    await viewer.patternWhere((pattern) => pattern.value === value + 1);
    const refused = await farm.call('POST', `/v1/phones/${phone.phoneId}/tap`, { at: { x: 0.5, y: 0.7 } });
    // The viewer is idle after 10 s: on a machine that slow there is nobody to interrupt.
    if (refused.status !== 200)
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
        409,
        'CONTROL_NOT_HELD',
      ]);
    await play('tap', { at: { x: 0.5, y: 0.7 }, takeOver: true });
    const owner = await browser.watch(farm, phone.phoneId, 'owner');
    await owner.firstFrame();
    const long = farm.call('POST', `/v1/phones/${phone.phoneId}/tap`, {
      at: { x: 0.5, y: 0.7 },
      durationMs: 60_000,
    });
    await eventually(async () => {
      const { viewerId } = await farm.api<{ viewerId: string }>('GET', `/v1/phones/${phone.phoneId}/control`);
      if (!viewerId.startsWith('api_')) throw new NotYet(`'${viewerId}' holds the controls`);
    });
    await owner.page.bringToFront();
    await owner.click(0.5, 0.7);
    const ended = await long;
    expect([ended.status, ((await ended.json()) as { code: string }).code]).toEqual([
      409,
      'CONTROL_NOT_HELD',
    ]);
    for (const one of [viewer, owner]) await one.page.close();
  });

  it('ends when its caller goes: the controls are free again', async () => {
    const holder = (wanted: RegExp): Promise<void> =>
      eventually(async () => {
        const { viewerId } = await farm.api<{ viewerId: string }>(
          'GET',
          `/v1/phones/${phone.phoneId}/control`,
        );
        if (!wanted.test(viewerId)) throw new NotYet(`'${viewerId}' holds the controls`);
      });
    // The viewer of the test before has left.
    await holder(/^$/);
    const gone = new AbortController();
    const call = fetch(`${farm.address.url}/v1/phones/${phone.phoneId}/tap`, {
      method: 'POST',
      headers: { authorization: `Bearer ${farm.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ at: { x: 0.1, y: 0.1 }, durationMs: 60_000, takeOver: true }),
      signal: gone.signal,
    }).catch((error: Error) => error.name);
    await holder(/^api_/);
    gone.abort();
    expect(await call).toBe('AbortError');
    await holder(/^$/);
  });

  it.each<[string, string, object, number, string]>([
    [
      'never ends',
      'gesture',
      { strokes: [{ points: [{ x: 0, y: 0 }] }], repeat: 4_000_000_000 },
      422,
      'SCRIPT_TOO_LONG',
    ],
    [
      'takes an hour',
      'swipe',
      { from: { x: 0, y: 0 }, to: { x: 1, y: 1 }, durationMs: 3_600_000 },
      422,
      'SCRIPT_TOO_LONG',
    ],
    ['is beside the picture', 'tap', { at: { x: 1.5, y: 0 } }, 400, 'INVALID_ARGUMENT'],
    ['has no strokes', 'gesture', { strokes: [] }, 400, 'INVALID_ARGUMENT'],
    ['types 5000 bytes', 'text', { text: 'x'.repeat(5_000) }, 400, 'INVALID_ARGUMENT'],
    ['presses no key', 'key', { keycode: 0 }, 400, 'INVALID_ARGUMENT'],
    ['turns 17 notches', 'wheel', { at: { x: 0, y: 0 }, vertical: 17 }, 400, 'INVALID_ARGUMENT'],
    [
      'plays a gamepad for an hour',
      'gamepad',
      { moments: [{}], durationMs: 3_600_000 },
      422,
      'SCRIPT_TOO_LONG',
    ],
    ['pushes no gamepad', 'gamepad', { moments: [] }, 400, 'INVALID_ARGUMENT'],
    ['pushes a button that is none', 'gamepad', { moments: [{ buttons: ['z'] }] }, 400, 'INVALID_ARGUMENT'],
    ['does what is unknown', 'action', { name: 'selfDestruct' }, 400, 'INVALID_ARGUMENT'],
    ['has a field too many', 'tap', { at: { x: 0, y: 0 }, forever: true }, 400, 'INVALID_ARGUMENT'],
  ])('that %s is refused', async (_, verb, body, status, code) => {
    const response = await farm.call('POST', `/v1/phones/${phone.phoneId}/${verb}`, body);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it('is not played on a phone that is paused, or is not there', async () => {
    const code = async (id: string): Promise<string> =>
      (
        (await (await farm.call('POST', `/v1/phones/${id}/tap`, { at: { x: 0, y: 0 } })).json()) as {
          code: string;
        }
      ).code;
    expect(await code('ph_none')).toBe('PHONE_NOT_FOUND');
    const wish = async (verb: string): Promise<void> => {
      const { operation } = await farm.api<{ operation: Parameters<Farm['wait']>[0] }>(
        'POST',
        `/v1/phones/${phone.phoneId}/${verb}`,
        {},
      );
      await farm.wait(operation);
    };
    await wish('pause');
    await eventually(async () => {
      const said = await code(phone.phoneId);
      if (said !== 'PHONE_PAUSED') throw new NotYet(`a paused phone says ${said}`);
    });
    await wish('resume');
  });
});
