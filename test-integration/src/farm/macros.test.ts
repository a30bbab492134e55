import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';

// What is done to a phone is recorded, edited and played again, on this phone and on one of another size.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;
let other: Phone;
let viewer: ViewerPage;

interface Macro {
  readonly macroId: string;
  readonly name: string;
  readonly steps: readonly Record<string, unknown>[];
}
interface State {
  readonly recording: { readonly steps: number } | null;
  readonly run: {
    readonly runId: string;
    readonly state: string;
    readonly code: string;
    readonly loopsDone: number;
    readonly message: string;
  } | null;
}

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  other = await farm.create({ display: { width: 480, height: 800 } });
  for (const { phoneId } of [phone, other]) {
    await farm.viewable(phoneId);
    await farm.shell(phoneId, 'am start -n com.ancloud.latency/.MainActivity');
  }
  viewer = await browser.watch(farm, phone.phoneId, 'control');
  await viewer.firstFrame();
});
afterAll(async () => {
  await browser?.close();
  for (const one of [phone, other]) if (one !== undefined) await farm.delete(one.phoneId);
});

const on = (verb: string, of = phone): string => `/v1/phones/${of.phoneId}/macro${verb}`;
const state = (of = phone): Promise<State> => farm.api('GET', on('', of));
const code = async (method: string, url: string, body?: unknown): Promise<[number, string]> => {
  const response = await farm.call(method, url, body);
  return [response.status, ((await response.json()) as { code: string }).code];
};
/** How the newest play ended. */
const over = (of = phone): Promise<NonNullable<State['run']>> =>
  eventually(async () => {
    const { run } = await state(of);
    if (run === null || run.state === 'running') throw new NotYet(JSON.stringify(run));
    return run;
  });
const taps = (): Promise<number> => viewer.taps(farm, phone.phoneId);
const play = (body: object, of = phone): Promise<State> =>
  farm.api('POST', on('/play', of), { takeOver: true, ...body });

describe('a macro', () => {
  let macro: Macro;

  it('is recorded from a viewer’s hands, as steps that people can edit', async () => {
    const before = await taps();
    expect((await farm.cli(['macro', 'record', phone.phoneId])).code).toBe(0);
    expect(await code('POST', on('/record'))).toEqual([409, 'MACRO_BUSY']);
    await viewer.page.bringToFront();
    await viewer.click(0.5, 0.7);
    await viewer.patternWhere(({ value }) => value === before + 1);
    await viewer.click(0.25, 0.7);
    await viewer.patternWhere(({ value }) => value === before + 2);
    await eventually(async () => {
      const { recording } = await state();
      if (recording?.steps !== 2) throw new NotYet(JSON.stringify(recording));
    });
    const { stdout } = await farm.cli(['macro', 'save', phone.phoneId, 'two taps']);
    macro = await farm.api('GET', `/v1/macros/${stdout.trim()}`);
    const places = macro.steps.map(({ tap }) => (tap as { at: { x: number; y: number } }).at);
    expect(places.map(({ x, y }) => [Math.round(x * 100), Math.round(y * 100)])).toEqual([
      [50, 70],
      [25, 70],
    ]);
    expect(await code('POST', on('/save'), { name: 'x' })).toEqual([404, 'MACRO_NOT_FOUND']);
  });

  it('is forgotten while it is recorded, and nothing of it is kept', async () => {
    const kept = async (): Promise<number> =>
      (await farm.api<{ macros: unknown[] }>('GET', '/v1/macros')).macros.length;
    const before = await kept();
    const done = await taps();
    await farm.api('POST', on('/record'));
    await viewer.page.bringToFront();
    await viewer.click(0.5, 0.7);
    await viewer.patternWhere(({ value }) => value === done + 1);
    const { code: exit, stdout } = await farm.cli(['macro', 'discard', phone.phoneId]);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('is forgotten')]);
    expect(await state()).toMatchObject({ recording: null });
    expect(await kept()).toBe(before);
    expect(await code('DELETE', on('/record'))).toEqual([404, 'MACRO_NOT_FOUND']);
  });

  it('is played again: in rounds, faster, and on a phone of another size', async () => {
    const before = await taps();
    const { code: exit, stdout } = await farm.cli([
      'macro',
      'run',
      macro.macroId,
      phone.phoneId,
      '--loops',
      '3',
      '--speed',
      '4',
      '--take-over',
    ]);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('done, 3 of 3 rounds')]);
    await viewer.patternWhere(({ value }) => value === before + 6);
    const small = await browser.watch(farm, other.phoneId, 'watch');
    const there = await small.taps(farm, other.phoneId);
    await play({ macroId: macro.macroId }, other);
    await small.patternWhere(({ value }) => value === there + 2);
    expect(await over(other)).toMatchObject({ state: 'done', loopsDone: 1 });
    await small.page.close();
    const { lines } = await farm.api<{ lines: { how: string }[] }>(
      'GET',
      `/v1/phones/${other.phoneId}/control/audit`,
    );
    expect(lines.map(({ how }) => how).join('\n')).toContain(`played ${macro.macroId} by`);
  });

  it('is edited: by its file and by REST, and removed', async () => {
    const file = path.join(os.tmpdir(), `ancloud-macro-${process.pid}.json`);
    const { stdout } = await farm.cli(['macro', 'show', macro.macroId]);
    const shown = JSON.parse(stdout) as { name: string; revision: number; steps: object[] };
    expect(shown).toEqual({ name: 'two taps', revision: 1, steps: macro.steps });
    fs.writeFileSync(file, JSON.stringify({ ...shown, name: 'one tap', steps: shown.steps.slice(0, 1) }));
    expect((await farm.cli(['macro', 'put', file, '--macro', macro.macroId])).code).toBe(0);
    // It was made of what stands no more.
    const late = await farm.cli(['macro', 'put', file, '--macro', macro.macroId]);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('MACRO_CHANGED')]);
    expect(await farm.api('GET', `/v1/macros/${macro.macroId}`)).toMatchObject({ revision: 2 });
    // As it stands in the file, without being kept.
    const before = await taps();
    expect((await farm.cli(['macro', 'run', file, phone.phoneId, '--take-over'])).code).toBe(0);
    await viewer.patternWhere(({ value }) => value === before + 1);
    fs.rmSync(file);
    const changed = await farm.api<Macro>('PATCH', `/v1/macros/${macro.macroId}`, { name: 'tap' });
    expect([changed.name, changed.steps]).toEqual(['tap', macro.steps.slice(0, 1)]);
    const { macros } = await farm.api<{ macros: Macro[] }>('GET', '/v1/macros');
    expect(macros.map(({ name }) => name)).toContain('tap');
    expect((await farm.cli(['macro', 'rm', macro.macroId])).code).toBe(0);
    expect(await code('GET', `/v1/macros/${macro.macroId}`)).toEqual([404, 'MACRO_NOT_FOUND']);
    expect(await code('POST', on('/play'), { macroId: macro.macroId })).toEqual([404, 'MACRO_NOT_FOUND']);
  });

  it('waits for a pixel and for a text in a part of the screen, and fails with a code when they do not come', async () => {
    await farm.shell(phone.phoneId, 'am start -n com.ancloud.notes/.MainActivity');
    // Notes begins at the top: of the lower half nobody reads it.
    const [above, below] = [0, 0.5].map((y) => ({ x: 0, y, width: 1, height: 0.5 }));
    const steps = [
      { text: { text: 'ready to go' } },
      { waitForText: { text: 'Ready to', region: above, timeoutMs: 120_000 } },
      { waitForText: { text: 'Ready to', absent: true, region: below, timeoutMs: 120_000 } },
      { action: { name: 'startApp', argument: 'com.ancloud.latency' } },
      { waitForText: { text: 'ready to', absent: true, timeoutMs: 120_000 } },
    ];
    await play({ steps });
    expect(await over()).toMatchObject({ state: 'done', message: '' });
    const png = await farm.call('GET', `/v1/phones/${phone.phoneId}/screenshot`);
    expect(png.status).toBe(200);
    await play({
      steps: [{ waitForPixel: { at: { x: 0.5, y: 0.5 }, color: '#123456', tolerance: 0, timeoutMs: 500 } }],
    });
    const failed = await over();
    expect(failed).toMatchObject({ state: 'failed', code: 'WAIT_TIMEOUT' });
    const [, seen = ''] = /the pixel is (#[0-9a-f]{6})/.exec(failed.message) ?? [];
    await play({ steps: [{ waitForPixel: { at: { x: 0.5, y: 0.5 }, color: seen, timeoutMs: 60_000 } }] });
    expect(await over()).toMatchObject({ state: 'done' });
  });

  it('is stopped, and interrupted when its input-svc is killed: nothing stays down', async () => {
    const long = {
      steps: [{ swipe: { from: { x: 0.1, y: 0.1 }, to: { x: 0.9, y: 0.9 }, durationMs: 60_000 } }],
    };
    await play(long);
    expect((await farm.api<State>('POST', on('/stop'))).run).toMatchObject({ state: 'stopped' });
    const down = (fingers: number): Promise<void> =>
      eventually(async () => {
        const said = await farm.shell(phone.phoneId, 'dumpsys input');
        if (!new RegExp(`Pointers down: ${fingers}\\b`).test(said)) throw new NotYet(said);
      });
    await down(0);
    await play(long);
    await down(1);
    await farm.kill('input-svc');
    await eventually(async () => {
      const { run } = await state();
      if (run?.state !== 'interrupted') throw new NotYet(JSON.stringify(run));
    });
    await down(0);
  });

  it.each<[string, object, [number, string]]>([
    [
      'never ends',
      { steps: [{ afterMs: 1_000, key: { keycode: 3 } }], loops: 10_000 },
      [422, 'SCRIPT_TOO_LONG'],
    ],
    [
      'waits for two hours',
      { steps: [{ key: { keycode: 3 } }], timeoutMs: 7_200_000 },
      [400, 'INVALID_ARGUMENT'],
    ],
    [
      'does two things in a step',
      { steps: [{ tap: { at: { x: 0, y: 0 } }, key: { keycode: 3 } }] },
      [400, 'INVALID_ARGUMENT'],
    ],
    ['does nothing', { steps: [] }, [400, 'INVALID_ARGUMENT']],
    ['is neither kept nor given', {}, [400, 'INVALID_ARGUMENT']],
    ['is beside the picture', { steps: [{ tap: { at: { x: 2, y: 0 } } }] }, [400, 'INVALID_ARGUMENT']],
  ])('that %s is refused', async (_, body, wanted) =>
    expect(await code('POST', on('/play'), body)).toEqual(wanted),
  );
});
