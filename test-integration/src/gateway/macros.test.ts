import { CreateMacroRequest, GatewayServiceService } from '@ancloud/contracts/gateway/v1/gateway';
import { createClient } from '@ancloud/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

let world: GatewayWorld;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ gateway } = world);
});
afterAll(async () => {
  await world?.close();
});

describe('a macro of 10,000 moments of a gamepad', () => {
  const moments = Array.from({ length: 10_000 }, (_, index) => ({
    atMs: index * 5,
    leftX: Math.sin(index + 1),
    leftY: Math.cos(index),
    rightX: -Math.sin(index + 1),
    rightY: -Math.cos(index),
    leftTrigger: 1 / (index + 3),
    rightTrigger: 1 / (index + 7),
    buttons: ['a', 'leftThumb', 'rightThumb', 'mode'],
  }));
  const steps = [{ afterMs: 0, gamepad: { moments, durationMs: 60_000, repeat: 1 } }];

  it('is kept, read, changed and sent back', async () => {
    const made = await gateway.call('POST', '/v1/macros', { body: { name: 'drive', steps } });
    expect(made.status, made.text.slice(0, 300)).toBe(201);
    const at = `/v1/macros/${made.json.macroId}`;
    const { text, json: read } = await gateway.call('GET', at);
    expect(text.length).toBeGreaterThan(1024 * 1024);
    expect(read.steps).toEqual(steps);
    const edited = [...read.steps, { afterMs: 50, key: { keycode: 3, stroke: 'press', metastate: 0 } }];
    const back = await gateway.call('PATCH', at, { body: { steps: edited, revision: read.revision } });
    expect(back.status, back.text.slice(0, 300)).toBe(200);
    expect((await gateway.call('GET', at)).json.steps).toEqual(edited);
    const late = await gateway.call('PATCH', at, { body: { name: 'late', revision: read.revision } });
    expect([late.status, late.json]).toMatchObject([409, { code: 'MACRO_CHANGED' }]);
    const { macroId, createdAt, updatedAt, revision } = back.json;
    const line = { macroId, name: 'drive', createdAt, updatedAt, revision };
    expect((await gateway.call('GET', '/v1/macros')).json).toEqual({ macros: [line] });
  });

  it('is refused without an end of mistakes', async () => {
    const { status, json } = await gateway.call('POST', '/v1/macros', {
      body: { name: 'drive', steps: [{ gamepad: { moments: Array.from({ length: 299_000 }, () => 0) } }] },
    });
    expect([status, json]).toMatchObject([
      400,
      { code: 'INVALID_ARGUMENT', field: 'steps.0.gamepad.moments.0' },
    ]);
  });

  it('is refused unread when it has nothing a hundred thousand times, by either edge', async () => {
    const moments = Array.from({ length: 200_000 }, () => ({}));
    const body = { name: 'drive', steps: [{ gamepad: { moments } }] };
    const { status, json } = await gateway.call('POST', '/v1/macros', { body });
    expect([status, json]).toMatchObject([413, { code: 'MESSAGE_TOO_LARGE', field: 'body' }]);
    const input = { input: { $case: 'gamepad' as const, value: { moments } } };
    const request = CreateMacroRequest.fromPartial({
      name: 'drive',
      macro: { steps: [{ step: { $case: 'input', value: input } }] },
    });
    const client = createClient({ service: GatewayServiceService }, gateway.grpcAddress, {
      farmSecret: world.secrets.apiKey,
    });
    try {
      await expect(client.createMacro(request)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    } finally {
      client.close();
    }
  });

  it('is refused with one more, and no other route takes bodies of that size', async () => {
    const more = [...steps, { gamepad: { moments: [{}] } }];
    const long = await gateway.call('POST', '/v1/macros', { body: { name: 'drive', steps: more } });
    expect([long.status, long.json]).toMatchObject([422, { code: 'SCRIPT_TOO_LONG', field: 'steps' }]);
    const bytes = JSON.stringify({ steps }).length;
    expect(await gateway.announced('/v1/groups', bytes)).toMatch(/^HTTP\/1\.1 413 [^]*MESSAGE_TOO_LARGE/);
  });
});
