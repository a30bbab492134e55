import { describe, expect, it } from 'vitest';
import { able } from './able.fixture.js';
import { conditionsOf } from './conditions.js';
import type { OciConfig } from './oci-config.js';
import { padNumbers, permitPad, planPad } from './pad.js';
import type { Runnable } from './plan.js';
import { boot, bundled, created, facts, mounted, NOW, ready, RUN, said, STOP, up } from './plan-states.js';
import { run as spec } from './run-spec.fixture.js';
import { fingerprint } from './run-spec.js';
import { runnable } from './runnable.js';

const shape = { binderNodes: false, propertyFile: false, ipConfig: false, pad: true };
const padded = { ...boot, shape };
const seen = { lives: true, node: true, placedAtMs: NOW - 60_000 };

describe('a phone with a gamepad', () => {
  it('has a folder for its node before its bundle is written', () => {
    expect(said(RUN, { ...mounted, boot: padded })).toBe('preparing mountInput');
    expect(said(RUN, { ...mounted, boot: padded, input: true })).toBe('preparing writeBundle');
    expect(said(RUN, { ...bundled, boot: padded, input: true })).toBe('preparing createContainer');
  });

  it('of another phone no boot makes one', () => expect(said(RUN, mounted)).toBe('preparing writeBundle'));

  it('loses the folder with the boot, and also one that no boot knows', () => {
    const image = { present: true, mounted: false, users: 0 };
    const stopping = { ...mounted, root: false, lower: false, image, boot: padded, input: true };
    expect(said(STOP, stopping)).toBe('stopping unmountInput');
    expect(said(STOP, { ...stopping, boot: undefined })).toBe('stopping unmountInput');
    expect(said(STOP, { ...stopping, input: false })).toBe('stopping closeBoot');
  });

  it.each([
    ['is there', seen, 'ready wait:'],
    ['was deleted', { ...seen, node: false }, 'ready placePad'],
    ['was deleted again at once', { ...seen, node: false, placedAtMs: NOW - 400 }, 'ready wait:'],
    [
      'was deleted before the clock was set back',
      { ...seen, node: false, placedAtMs: NOW + 5_000 },
      'ready placePad',
    ],
    ['is of a gamepad that is gone', { ...seen, node: false, lives: false }, 'ready wait:'],
  ])('whose node %s', (_, pad, wanted) => expect(said(RUN, { ...ready, boot: padded, pad })).toBe(wanted));

  it('is asked again soon, since nothing tells of a deleted node', () => {
    const recheck = (pad: typeof seen) => {
      const decision = planPad('ready', { ...ready, pad }, NOW);
      return decision?.kind === 'wait' ? decision.recheckMs : undefined;
    };
    expect(recheck(seen)).toBe(5_000);
    expect(recheck({ ...seen, node: false, placedAtMs: NOW - 400 })).toBe(600);
  });

  it('gets its node back while it boots, and is still ended when it is late', () => {
    expect(said(RUN, { ...up, boot: padded, pad: { ...seen, node: false } })).toBe('booting placePad');
    const late = { ...up, boot: padded, pad: seen, startedAtMs: NOW - 400_000 };
    expect(said(RUN, late)).toBe('stopping killContainer');
  });

  it('created and never let go is not asked', () => {
    expect(said(RUN, { ...bundled, boot: padded, container: created, network: 'plugged' })).toBe(
      'created startContainer',
    );
  });

  it('that lost it says so', () => {
    const way = facts.run as Runnable;
    const told = (pad: typeof seen) =>
      conditionsOf(way, { ...ready, pad }, 'running', []).map(({ type }) => type);
    expect(told(seen)).toEqual([]);
    expect(told({ ...seen, lives: false })).toEqual(['GamepadLost']);
  });
});

describe('how it is run', () => {
  const wish = { imageId: spec.imageId, labels: {}, bootProperties: {}, gamepad: true } as never;
  const image = {
    profile: 2,
    androidVersion: '13',
    abi: 'x86_64',
    abis: ['x86_64'],
    has32Bit: false,
  } as never;

  it('needs a host with uinput', () => {
    expect(runnable(wish, image, { ...able, pads: false }, 0)).toMatchObject({
      ok: false,
      reason: 'NoUinput',
    });
    expect(runnable(wish, image, able, 0)).toMatchObject({ ok: true, shape: { pad: true } });
  });

  it('is another way of running; without one it is as it was before there were any', () => {
    const plain = fingerprint(spec, true, undefined);
    expect(plain).toBe(JSON.stringify([spec.imageId, 720, 1280, 320, 60, spec.bootProperties, true]));
    expect(fingerprint({ ...spec, gamepad: true }, true, undefined)).not.toBe(plain);
  });
});

describe('its device', () => {
  const deny = { allow: false, access: 'rwm' };
  const tty = { allow: true, type: 'c', major: 5, minor: 0, access: 'rwm' };
  const config = { linux: { resources: { devices: [deny, tty], pids: 7 } } } as unknown as OciConfig;
  const rule = { allow: true, type: 'c', major: 13, minor: 70, access: 'rw' };

  it('is permitted, to be opened and not to be made, and nothing else', () => {
    const permitted = permitPad(config, { major: 13, minor: 70 });
    expect(permitted.linux['resources']).toEqual({ devices: [deny, tty, rule], pids: 7 });
  });

  it('is permitted in place of one before', () => {
    const twice = permitPad(permitPad(config, { major: 13, minor: 64 }), { major: 13, minor: 70 });
    expect(twice).toEqual(permitPad(config, { major: 13, minor: 70 }));
  });

  it.each([
    ['13 64 input12\n', { major: 13, minor: 64, input: 'input12' }],
    ['13 64 input12', undefined],
    ['13 64 ../../x\n', undefined],
    ['', undefined],
  ])('is read from %j', (told, numbers) => expect(padNumbers(told)).toEqual(numbers));
});
