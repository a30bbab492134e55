import { InjectRequest, ListControlAuditRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { Injection } from '@ancloud/contracts/input/v1/inject';
import { Action } from '@ancloud/contracts/input/v1/viewer';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Farm } from '../harness/farm.js';
import { partnerOf, refused } from '../harness/grpc-partner.js';

// What a program does to a phone by gRPC; grpc.test.ts has the other calls.

const farm = new Farm(inject('farm'));
const client = partnerOf(farm);
let phoneId: string;

beforeAll(async () => {
  ({ phoneId } = await farm.create());
  await farm.viewable(phoneId);
  await farm.shell(phoneId, 'am start -n com.ancloud.notes/.MainActivity');
});
afterAll(async () => {
  client.close();
  if (phoneId !== undefined) await farm.delete(phoneId);
});

type Input = NonNullable<Injection['input']>;
/** Everything but what is named is zero. */
const injected = (input: Input) =>
  client.inject(InjectRequest.fromPartial({ phoneId, injection: { input } }));

const NONE = 'ph_none';
const at = { x: 0.5, y: 0.5 };
const zero = { durationMs: 0 };

describe('inject', () => {
  it.each<[string, Input, Input, string, string]>([
    [
      'tap',
      { $case: 'tap', value: { at, ...zero } },
      { $case: 'tap', value: { at: { x: 2, y: 0 }, ...zero } },
      'INVALID_ARGUMENT',
      'tap.at.x',
    ],
    [
      'swipe',
      { $case: 'swipe', value: { from: at, to: { x: 0.5, y: 0.2 }, curve: 0, ...zero } },
      { $case: 'swipe', value: { from: at, to: undefined, curve: 0, ...zero } },
      'INVALID_ARGUMENT',
      'swipe.to',
    ],
    [
      'text',
      { $case: 'text', value: { text: 'abc', method: 0 } },
      { $case: 'text', value: { text: '', method: 0 } },
      'INVALID_ARGUMENT',
      'text.text',
    ],
    [
      'key',
      { $case: 'key', value: { keycode: 66, stroke: 0, metastate: 0 } },
      { $case: 'key', value: { keycode: 0, stroke: 0, metastate: 0 } },
      'INVALID_ARGUMENT',
      'key',
    ],
    [
      'gesture',
      {
        $case: 'gesture',
        value: { repeat: 0, strokes: [{ startMs: 0, points: [{ ...at, atMs: 0, pressure: 0 }] }] },
      },
      { $case: 'gesture', value: { repeat: 0, strokes: [] } },
      'INVALID_ARGUMENT',
      'gesture.strokes',
    ],
    [
      'wheel',
      { $case: 'wheel', value: { at, horizontal: 0, vertical: 1 } },
      { $case: 'wheel', value: { at, horizontal: 0, vertical: 17 } },
      'INVALID_ARGUMENT',
      'wheel.vertical',
    ],
    [
      'action',
      { $case: 'action', value: { action: Action.ACTION_VOLUME_UP, argument: '' } },
      { $case: 'action', value: { action: 0, argument: '' } },
      'INVALID_ARGUMENT',
      'action',
    ],
    [
      'clipboard',
      { $case: 'clipboard', value: { text: 'of gRPC' } },
      { $case: 'clipboard', value: { text: 'x'.repeat(262_131) } },
      'INVALID_ARGUMENT',
      'clipboard',
    ],
  ])('%s', async (_, good, bad, code, field) => {
    const { tookMs, steps } = await injected(good);
    expect(tookMs).toBeGreaterThanOrEqual(0);
    expect(steps).toBeGreaterThan(0);
    await refused(() => injected(bad), code, field);
  });

  it('gamepad: refused for a phone that has none', async () => {
    const rest = { leftX: 0, leftY: 0, rightX: 0, rightY: 0, leftTrigger: 0, rightTrigger: 0 };
    const pad: Input = {
      $case: 'gamepad',
      value: { moments: [{ atMs: 0, ...rest, buttons: 1 }], durationMs: 0, repeat: 0 },
    };
    await refused(() => injected(pad), 'INPUT_DROPPED', undefined);
  });
});

it('clipboard: read as it was set', async () => {
  await injected({ $case: 'clipboard', value: { text: 'of gRPC' } });
  expect(await client.readClipboard({ phoneId })).toEqual({ phoneId, text: 'of gRPC' });
  await refused(() => client.readClipboard({ phoneId: NONE }), 'PHONE_NOT_FOUND', 'phoneId');
});

it('controls: nobody’s, taken from nobody, and who had them before', async () => {
  expect(await client.getControl({ phoneId })).toMatchObject({ phoneId, viewerId: '', asking: [] });
  expect(await client.grantControl({ phoneId, viewerId: '' })).toMatchObject({ phoneId, viewerId: '' });
  const { lines } = await client.listControlAudit(ListControlAuditRequest.fromPartial({ phoneId }));
  expect(lines.length).toBeGreaterThan(0);
  await refused(() => client.getControl({ phoneId: NONE }), 'PHONE_NOT_FOUND', 'phoneId');
  await refused(() => client.grantControl({ phoneId, viewerId: 'vw_none' }), 'VIEWER_NOT_FOUND', 'viewerId');
  await refused(() => client.listControlAudit({ phoneId, limit: 1_001 }), 'INVALID_ARGUMENT', 'limit');
});
