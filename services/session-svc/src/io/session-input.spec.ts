import { ControlBatch } from '@ancloud/contracts/input/v1/input';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { SessionState } from '@ancloud/contracts/state/v1/state';
import { describe, expect, it } from 'vitest';
import { asking, batch, press, size, stageSessions } from './session.fixture.js';

const { SESSION_STATE_READY, SESSION_STATE_RECOVERING } = SessionState;
const { advance, now, until, phone } = stageSessions();

describe('input', () => {
  it('reaches the control socket of the control-only server', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(1, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    p.session.input.control(batch(1, press(2, TouchAction.TOUCH_ACTION_UP)));
    await until('both', () => p.control().controls.length === 2);
    expect(p.control().controls).toMatchObject([
      { kind: 'injectTouch', action: 0, x: 10, y: 20, ...size },
      { kind: 'injectTouch', action: 1, x: 10, y: 20 },
    ]);
    expect(await p.metrics.registry.metrics()).toMatch(/ancloud_touch_seconds_count\{[^}]*\} [12]\n/);
  });

  it('of many phones reaches each under its own fence, and is refused under an older one', async () => {
    const p = await phone();
    await p.ready();
    const { events } = ControlBatch.decode(
      batch(0, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })),
    );
    p.session.input.shared(events, { lane: 1, fence: 5, ack: 0 });
    await until('the finger', () => p.control().fingers.size === 1);
    expect(p.session.input.fence).toBe(5);
    p.session.input.shared(events, { lane: 1, fence: 4, ack: 0 });
    expect(await p.metrics.registry.metrics()).toMatch(
      /ancloud_input_dropped_total\{reason="fence"[^}]*\} 1\n/,
    );
  });

  it('is dropped and counted while there is no control socket, or when it is no message', async () => {
    const p = await phone();
    p.session.input.control(batch(1, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 1, y: 1 })));
    p.session.input.control(Uint8Array.of(0xff, 0xff, 0xff));
    const metrics = await p.metrics.registry.metrics();
    expect(metrics).toMatch(/ancloud_input_dropped_total\{reason="not-ready"[^}]*\} 1\n/);
    expect(metrics).toMatch(/ancloud_input_dropped_total\{reason="malformed"[^}]*\} 1\n/);
  });

  it('is dropped while the phone is paused, and what was down is lifted when it goes on', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(1, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    await until('the finger', () => p.control().fingers.size === 1);
    p.session.hold(true);
    expect(p.records.at(-1)).toMatchObject({
      state: SessionState.SESSION_STATE_PAUSED,
      reason: 'the phone is paused',
    });
    expect(() => p.session.link).toThrow(expect.objectContaining({ code: 'PHONE_PAUSED' }));
    p.session.input.control(batch(1, { event: { $case: 'text', value: { text: 'x', keysOnly: false } } }));
    expect(await p.metrics.registry.metrics()).toMatch(
      /ancloud_input_dropped_total\{reason="not-ready"[^}]*\} 1\n/,
    );
    p.session.hold(false);
    expect(p.records.at(-1)).toMatchObject({ state: SESSION_STATE_READY, reason: '' });
    await until('the finger lifted', () => p.control().fingers.size === 0);
    expect(p.control().controls.map(({ kind }) => kind)).toEqual(['injectTouch', 'injectTouch']);
    expect(p.device.servers).toHaveLength(1);
  });

  it('a lost control server: recovering, fingers forgotten, then ready again with nothing pressed', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(1, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    const old = p.control();
    await until('the finger', () => old.fingers.size === 1);
    await old.close();
    await until('recovery', () => p.records.some((record) => record.state === SESSION_STATE_RECOVERING));
    await until('readiness', () => p.session.state === SESSION_STATE_READY);
    expect(p.events().filter((event) => event.startsWith('controlReady'))).toEqual([
      'controlReady true',
      'controlReady false',
      'controlReady true',
    ]);
    p.session.input.control(batch(1, press(2, TouchAction.TOUCH_ACTION_MOVE, { x: 11, y: 20 })));
    p.session.input.control(batch(1, { event: { $case: 'text', value: { text: 'x', keysOnly: false } } }));
    await until('the text', () => p.control().controls.length === 1);
    expect(p.control().controls).toMatchObject([{ kind: 'injectText' }]);
  });

  it('another holder of the controls lifts what the one before left down, before it touches', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(7, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    await until('the finger', () => p.control().fingers.size === 1);
    p.session.input.holderChanged(6, true);
    p.session.input.holderChanged(8, true);
    await until('the lift', () => p.control().fingers.size === 0);
    p.session.input.control(batch(7, press(2, TouchAction.TOUCH_ACTION_MOVE, { x: 9, y: 9 })));
    expect(p.control().controls).toHaveLength(2);
  });

  it('is taken from the holder itself, scaled to the picture, until a higher fence stands', async () => {
    const p = await phone();
    const said: string[] = [];
    p.session.input.listen({
      over: (fence) => said.push(`over ${fence}`),
      straight: (lane) => said.push(`straight ${lane}`),
    });
    const touch = (sequence: number, action: TouchAction, fingers: object[] = []): Uint8Array =>
      ViewerInput.encode(
        ViewerInput.fromPartial({
          input: { $case: 'touch', value: { gesture: 1, sequence, action, fingers } },
        }),
      ).finish();
    const at = [{ finger: 0, x: 32_768, y: 65_535, pressure: 65_535 }];
    p.session.input.straight(7, touch(1, TouchAction.TOUCH_ACTION_DOWN, at));
    await p.ready();
    p.session.input.control(
      ControlBatch.encode({ fence: 7, events: [], ack: 0, straight: 4_000_000_000 }).finish(),
    );
    p.session.input.straight(7, touch(2, TouchAction.TOUCH_ACTION_DOWN, at));
    await until('the finger', () => p.control().fingers.size === 1);
    expect(p.control().controls).toMatchObject([
      { kind: 'injectTouch', action: 0, x: 360, y: 1_279, ...size },
    ]);
    p.session.input.straight(7, Uint8Array.of(0xff, 0xff));
    p.session.input.straight(7, touch(3, TouchAction.TOUCH_ACTION_MOVE, [{ finger: 10, x: 1, y: 1 }]));
    // A wish for the controls is input-svc's to hear.
    p.session.input.straight(
      7,
      ViewerInput.encode({
        input: { $case: 'control', value: { want: false, to: '' } },
        sentAtMs: 0,
      }).finish(),
    );
    p.session.input.holderChanged(9, true);
    await until('the lift', () => p.control().fingers.size === 0);
    p.session.input.straight(7, touch(4, TouchAction.TOUCH_ACTION_MOVE, at));
    expect(p.control().controls).toHaveLength(2);
    expect(said).toEqual(['over 6', 'straight 4000000000', 'over 8']);
    const metrics = await p.metrics.registry.metrics();
    for (const [reason, count] of [
      ['not-ready', 1],
      ['malformed', 2],
      ['fence', 1],
    ])
      expect(metrics).toMatch(
        new RegExp(`ancloud_input_dropped_total\\{reason="${reason}"[^}]*\\} ${count}\\n`),
      );
  });

  it('of a picture that the holder’s page still shows is dropped, with all that its gesture does later', async () => {
    const p = await phone();
    await p.ready();
    const touch = (sequence: number, gesture: number, width: number, height: number): Uint8Array =>
      ViewerInput.encode(
        ViewerInput.fromPartial({
          input: {
            $case: 'touch',
            value: {
              gesture,
              sequence,
              action: sequence === 1 ? TouchAction.TOUCH_ACTION_DOWN : TouchAction.TOUCH_ACTION_MOVE,
              fingers: [{ finger: 0, x: 32_768, y: 65_535, pressure: 65_535 }],
              width,
              height,
            },
          },
        }),
      ).finish();
    p.session.input.straight(7, touch(1, 1, 1280, 720));
    p.session.input.straight(7, touch(2, 1, 720, 1280));
    // The low layer is the same picture, and places keep their precision.
    p.session.input.straight(7, touch(1, 2, 270, 480));
    await until('the finger', () => p.control().fingers.size === 1);
    expect(p.control().controls).toMatchObject([
      { kind: 'injectTouch', action: 0, x: 360, y: 1_279, ...size },
    ]);
    const metrics = await p.metrics.registry.metrics();
    for (const reason of ['size', 'void'])
      expect(metrics).toMatch(new RegExp(`ancloud_input_dropped_total\\{reason="${reason}"[^}]*\\} 1\\n`));
  });

  it('answers a batch that asks for it: when it is written, or why it is not; the fence counts in any case', async () => {
    const p = await phone();
    const down = press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 });
    p.session.input.control(asking(7, 1, down));
    expect(p.acks).toEqual([{ ack: 1, fence: 7, refused: 'not-ready' }]);
    await p.ready();
    p.session.input.control(asking(6, 2, down));
    p.session.input.control(asking(7, 3, down));
    await until('the third answer', () => p.acks.length === 3);
    await until('the finger', () => p.control().fingers.size === 1);
    p.session.input.control(asking(8, 4));
    await until('the lift', () => p.control().fingers.size === 0);
    await until('the fourth answer', () => p.acks.length === 4);
    expect(p.acks.slice(1)).toEqual([
      { ack: 2, fence: 7, refused: 'fence' },
      { ack: 3, fence: 7, refused: '' },
      { ack: 4, fence: 8, refused: '' },
    ]);
  });

  it('says that a text found no room behind a clipboard that rests, and keeps the control channel', async () => {
    const p = await phone();
    await p.ready();
    const paste = { event: { $case: 'clipboard', value: { set: true, text: '你', paste: true } } } as const;
    const text = { event: { $case: 'text', value: { text: 'x'.repeat(16_000), keysOnly: false } } } as const;
    p.session.input.control(batch(7, paste));
    // It may not be set before the phone has had time to paste the one before.
    p.session.input.control(batch(7, paste));
    for (let i = 0; i < 20; i += 1) p.session.input.control(batch(7, text));
    p.session.input.control(asking(7, 1, text));
    p.session.input.control(asking(7, 2, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    await until('both answers', () => p.acks.length === 2);
    expect(p.acks).toEqual([
      { ack: 1, fence: 7, refused: 'queue-full' },
      { ack: 2, fence: 7, refused: '' },
    ]);
    await until('the finger', () => p.control().fingers.size === 1);
    expect(p.session.state).toBe(SESSION_STATE_READY);
    // Of those that waited for the clipboard four fit, each whole.
    expect(p.control().controls.filter(({ kind }) => kind === 'injectText')).toHaveLength(4 * 54);
  });

  it('of the next holder does not come behind what was to be pasted for the one before', async () => {
    const p = await phone();
    await p.ready();
    const paste = (text: string) =>
      ({ event: { $case: 'clipboard', value: { set: true, text, paste: true } } }) as const;
    p.session.input.control(batch(7, paste('one')));
    await until('the first', () => p.control().controls.length === 1);
    // It waits until the phone has had time to paste that.
    p.session.input.control(batch(7, paste('two')));
    p.session.input.holderChanged(8, false);
    p.session.input.control(batch(8, { event: { $case: 'text', value: { text: 'x', keysOnly: false } } }));
    await until('the text', () => p.control().controls.some(({ kind }) => kind === 'injectText'));
    expect(p.control().controls).toMatchObject([
      { kind: 'setClipboard', text: 'one' },
      { kind: 'injectText', text: 'x' },
    ]);
  });

  it('fingers that nobody mentions for 30 s are lifted; who holds the controls no more mentions nothing', async () => {
    const p = await phone();
    await p.ready();
    p.session.input.control(batch(7, press(1, TouchAction.TOUCH_ACTION_DOWN, { x: 10, y: 20 })));
    await until('the finger', () => p.control().fingers.size === 1);
    const mentionedMs = now();
    p.session.input.liftForgotten(mentionedMs + 29_000);
    await advance(5_000);
    p.session.input.control(batch(6));
    expect(p.control().fingers.size).toBe(1);
    p.session.input.liftForgotten(mentionedMs + 31_000);
    await until('the lift', () => p.control().fingers.size === 0);
    expect(p.control().controls).toHaveLength(2);
  });

  it('so are keys: their input-svc may have died for good', async () => {
    const p = await phone();
    await p.ready();
    const key = { keycode: 59, down: true, metastate: 1, repeat: 0, beats: false };
    p.session.input.control(batch(7, { event: { $case: 'key', value: key } }));
    await until('the key', () => p.control().controls.length === 1);
    p.session.input.liftForgotten(now() + 29_000);
    p.session.input.liftForgotten(now() + 31_000);
    await until('its release', () => p.control().controls.length === 2);
    expect(p.control().controls[1]).toMatchObject({ kind: 'injectKeycode', action: 1, keycode: 59 });
    p.session.input.liftForgotten(now() + 62_000);
    expect(p.control().controls).toHaveLength(2);
  });
});
