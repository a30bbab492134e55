import { describe, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import type { Farm } from '../harness/farm.js';
import { withPhone } from './phone-world.js';

// When what a program does to a phone through the API may begin, and what ends it.

const world = withPhone();
const { farm, open } = world;

describe('a script', () => {
  it('waits for no viewer that is at work, unless it is to; an owner ends it', async () => {
    await open('latency');
    const viewer = await world.browser.watch(farm, world.phone.phoneId, 'control');
    const value = await viewer.taps(farm, world.phone.phoneId);
    await viewer.click(0.5, 0.7);
    await viewer.patternWhere((pattern) => pattern.value === value + 1);
    const refused = await farm.call('POST', `/v1/phones/${world.phone.phoneId}/tap`, {
      at: { x: 0.5, y: 0.7 },
    });
    // The viewer is idle after 10 s: on a machine that slow there is nobody to interrupt.
    if (refused.status !== 200)
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
        409,
        'CONTROL_NOT_HELD',
      ]);
    await farm.api('POST', `/v1/phones/${world.phone.phoneId}/tap`, {
      at: { x: 0.5, y: 0.7 },
      takeOver: true,
    });
    const owner = await world.browser.watch(farm, world.phone.phoneId, 'owner');
    await owner.firstFrame();
    const long = farm.call('POST', `/v1/phones/${world.phone.phoneId}/tap`, {
      at: { x: 0.5, y: 0.7 },
      durationMs: 60_000,
    });
    await eventually(async () => {
      const { viewerId } = await farm.api<{ viewerId: string }>(
        'GET',
        `/v1/phones/${world.phone.phoneId}/control`,
      );
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
          `/v1/phones/${world.phone.phoneId}/control`,
        );
        if (!wanted.test(viewerId)) throw new NotYet(`'${viewerId}' holds the controls`);
      });
    // The viewer of the test before has left.
    await holder(/^$/);
    const gone = new AbortController();
    const call = fetch(`${farm.address.url}/v1/phones/${world.phone.phoneId}/tap`, {
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
    const response = await farm.call('POST', `/v1/phones/${world.phone.phoneId}/${verb}`, body);
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
        `/v1/phones/${world.phone.phoneId}/${verb}`,
        {},
      );
      await farm.wait(operation);
    };
    await wish('pause');
    await eventually(async () => {
      const said = await code(world.phone.phoneId);
      if (said !== 'PHONE_PAUSED') throw new NotYet(`a paused phone says ${said}`);
    });
    await wish('resume');
  });
});
