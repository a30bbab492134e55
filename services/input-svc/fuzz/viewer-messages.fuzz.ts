import { viewer as protocol } from '@ancloud/contracts';
import type { ControlBatch, ControlEvent } from '@ancloud/contracts/input/v1/input';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { InputGate, silentLog } from '@ancloud/kit';
import { FUZZ_MS, fuzzSettings } from '@ancloud/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PhoneInput, type PhoneInputOptions } from '../src/phone-input.js';

const SIZE = { width: 720, height: 1280 };

const u32 = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 0xffff_ffff }));
const finger = fc.record({ finger: fc.oneof(fc.nat(12), u32), x: u32, y: u32, pressure: u32 });
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('x'.repeat(5_000)));
const bool = fc.boolean();
const s32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const place = fc.oneof({ arbitrary: fc.nat(0xffff), weight: 9 }, u32);
const placed = fc.record({ finger: fc.nat(9), x: place, y: place, pressure: place });
/** A touch that is meant, but for a place or a pressure here and there: hardly any of the others below comes as far as the phone. */
/** What the viewer was shown: the picture, the low layer's, another shape, nothing, nonsense. */
const shown = fc.constantFrom([0, 0], [SIZE.width, SIZE.height], [270, 480], [1280, 720], [70_000, 1]);
const touch = fc
  .record({
    gesture: fc.nat(3),
    sequence: fc.nat(40),
    action: fc.integer({ min: 1, max: 5 }),
    // One finger twice, now and then.
    fingers: fc.oneof(
      fc.uniqueArray(placed, { minLength: 1, maxLength: 10, selector: ({ finger: one }) => one }),
      fc.array(placed, { minLength: 1, maxLength: 3 }),
    ),
    mouse: bool,
    shown,
  })
  .map(({ shown: [width, height], ...value }) => ({
    $case: 'touch' as const,
    value: { ...value, finger: value.fingers[0]?.finger ?? 0, buttons: 0, width, height },
  }));
const axis = fc.oneof(fc.integer({ min: -32_768, max: 32_768 }), s32);
/** Every message a viewer could write, with values that nobody means. */
const input: fc.Arbitrary<NonNullable<ViewerInput['input']>> = fc.oneof(
  { arbitrary: touch, weight: 6 },
  fc.record({
    $case: fc.constant('touch' as const),
    value: fc.record({
      gesture: u32,
      sequence: u32,
      action: fc.nat(7),
      finger: u32,
      fingers: fc.array(finger, { maxLength: 12 }),
      buttons: u32,
      mouse: bool,
      width: u32,
      height: u32,
    }),
  }),
  fc.record({
    $case: fc.constant('key' as const),
    value: fc.record({ down: bool, keycode: u32, repeat: u32, metastate: u32, beats: bool }),
  }),
  fc.record({ $case: fc.constant('text' as const), value: fc.record({ text, keysOnly: bool }) }),
  fc.record({
    $case: fc.constant('scroll' as const),
    value: fc.record({
      x: u32,
      y: u32,
      horizontal: s32,
      vertical: s32,
      buttons: u32,
      width: u32,
      height: u32,
    }),
  }),
  fc.record({
    $case: fc.constant('clipboard' as const),
    value: fc.record({ set: bool, text, paste: bool }),
  }),
  fc.record({
    $case: fc.constant('action' as const),
    value: fc.record({ action: fc.nat(20), argument: text }),
  }),
  fc.record({
    $case: fc.constant('control' as const),
    value: fc.record({ want: bool, to: fc.constantFrom('', 'a', 'b', 'w', 'nobody') }),
  }),
  fc.record({ $case: fc.constant('heartbeat' as const), value: fc.record({ gesture: u32 }) }),
  fc.record({
    $case: fc.constant('pad' as const),
    value: fc.record({
      sequence: u32,
      leftX: axis,
      leftY: axis,
      rightX: axis,
      rightY: axis,
      leftTrigger: fc.oneof(fc.nat(32_768), u32),
      rightTrigger: fc.oneof(fc.nat(32_768), u32),
      buttons: fc.oneof(fc.nat(0x3_ffff), u32),
    }),
  }),
);
const whole = fc
  .record({ input, sentAtMs: fc.double() })
  .map((message): Uint8Array => ViewerInput.encode(message as ViewerInput).finish());
/** Bytes changed, doubled or cut off on their way, and what never was a message. */
const damaged = fc.tuple(whole, fc.nat(), fc.nat(255), fc.boolean()).map(([bytes, at, value, cut]) => {
  if (bytes.length === 0) return bytes;
  if (cut) return bytes.subarray(0, at % bytes.length);
  const copy = Uint8Array.from(bytes);
  copy[at % copy.length] = value;
  return copy;
});
const bytes = fc.oneof(whole, damaged, fc.uint8Array({ maxLength: 64 }));
const speech = fc.record({
  viewer: fc.constantFrom('a', 'b', 'o', 'r'),
  bytes,
});
const ROLES: Readonly<Record<string, protocol.RoleWord>> = {
  a: 'control',
  b: 'control',
  o: 'owner',
  r: 'control',
};

function checkEvent({ event }: ControlEvent): void {
  switch (event?.$case) {
    case 'touch': {
      const { fingers, width, height } = event.value;
      expect(Math.min(width, height)).toBeGreaterThan(0);
      expect(Math.max(width, height)).toBeLessThanOrEqual(65_535);
      expect(new Set(fingers.map((one) => one.finger)).size).toBe(fingers.length);
      expect(fingers.length).toBeLessThanOrEqual(10);
      for (const one of fingers) {
        expect(one.finger).toBeLessThan(10);
        expect(one.x).toBeLessThan(width);
        expect(one.y).toBeLessThan(height);
        expect(one.pressure).toBeLessThanOrEqual(65_535);
      }
      return;
    }
    case 'scroll':
      expect(event.value.x).toBeLessThan(event.value.width);
      expect(event.value.y).toBeLessThan(event.value.height);
      expect(Math.abs(event.value.horizontal)).toBeLessThanOrEqual(1_600);
      expect(Math.abs(event.value.vertical)).toBeLessThanOrEqual(1_600);
      return;
    case 'key':
      expect(event.value.keycode).toBeGreaterThan(0);
      expect(event.value.keycode).toBeLessThanOrEqual(1_000);
      return;
    case 'pad': {
      const { leftX, leftY, rightX, rightY, leftTrigger, rightTrigger, buttons } = event.value;
      for (const value of [leftX, leftY, rightX, rightY, leftTrigger, rightTrigger])
        expect(Math.abs(value)).toBeLessThanOrEqual(32_767);
      expect(buttons).toBeLessThanOrEqual(0x1_ffff);
      return;
    }
    case 'text':
      expect(event.value.text.length).toBeLessThanOrEqual(4_096);
      return;
    default:
  }
}

it(
  'input-svc takes whatever viewers say, and sends phones nothing but what they can take',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(speech, { maxLength: 40 }), async (said) => {
        const sent: ControlBatch[] = [];
        const counts = new Map<string, number>();
        let fence = 0;
        const quiet = { control() {}, holder() {}, refused() {}, gone() {}, clipboard() {}, add() {} };
        const phone = new PhoneInput({
          phoneId: 'ph_1',
          lease: { take: () => Promise.resolve({ fence: (fence += 1) }), release: () => Promise.resolve() },
          notices: quiet,
          audit: quiet,
          send: (batch: ControlBatch) => sent.push(batch),
          counted: (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1),
          did: () => undefined,
          letGo: () => undefined,
          log: silentLog,
        } as unknown as PhoneInputOptions);
        phone.resized(SIZE);
        for (const viewer of ['a', 'b', 'o']) phone.came(viewer, ROLES[viewer] ?? 'watch', 'c1');
        phone.came('w', 'watch', 'c1');
        void phone.revoke('r', 'the fuzzer');
        const gate = new InputGate(0);
        for (const { viewer, bytes: message } of said) {
          gate.judge(message, 0);
          phone.message(viewer, ROLES[viewer] ?? 'watch', message);
          expect(phone.holder).not.toBe('r');
          expect(phone.holder).not.toBe('w');
        }
        await phone.controls.settled();
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        await phone.close();
        let last = 0;
        for (const batch of sent) {
          expect(batch.fence).toBeGreaterThanOrEqual(last);
          last = batch.fence;
          batch.events.forEach(checkEvent);
        }
        expect(counts.get('accepted') ?? 0).toBeLessThanOrEqual(said.length);
      }),
      fuzzSettings(200),
    );
  },
  FUZZ_MS,
);
