import type { ControlBatch, ControlEvent, ScaledScroll } from '@ancloud/contracts/input/v1/input';
import { Action } from '@ancloud/contracts/input/v1/viewer';
import type { ActionInput, PadState } from '@ancloud/contracts/input/v1/viewer';
import { sameShape } from '@ancloud/kit/shape';
import { KeyAction, KeyCode, supportsControl } from '@ancloud/scrcpy-wire';
import type { ControlMessage, ScrcpyVersion } from '@ancloud/scrcpy-wire';
import { scalePoint } from './geometry.js';
import type { Geometry } from './geometry.js';
import { HeldKeys } from './held-keys.js';
import { Pointers } from './pointers.js';
import type { TouchDrop } from './pointers.js';

/** Why input did not reach the phone. */
export type InputDrop = TouchDrop | 'fence' | 'unsupported' | 'not-ready';

/** What one batch comes to. */
export interface InputResult {
  /** To be written in this order; texts are as long as they came. */
  readonly messages: ControlMessage[];
  readonly drops: InputDrop[];
  /** Somebody asked for the phone's clipboard; who can answer depends on which servers run. */
  readonly wantsClipboard: boolean;
  /** What the phone's gamepad shall be. */
  readonly pad: PadState | 'rest' | undefined;
}

/** Keys that an action presses. */
const ACTION_KEYS: Partial<Record<Action, number>> = {
  [Action.ACTION_HOME]: KeyCode.Home,
  [Action.ACTION_APP_SWITCH]: KeyCode.AppSwitch,
  [Action.ACTION_POWER]: KeyCode.Power,
  [Action.ACTION_VOLUME_UP]: KeyCode.VolumeUp,
  [Action.ACTION_VOLUME_DOWN]: KeyCode.VolumeDown,
};

/**
 * Turns input-svc's batches into control messages of one phone. Owns what is held down there, and the fence: a batch of
 * an older holder is dropped; one of a newer holder first lifts what the older one left down.
 */
export class ControlInput {
  readonly pointers: Pointers;
  readonly #keys = new HeldKeys();
  readonly #version: ScrcpyVersion;
  #fence = 0;
  /** Of the present holder's gamepad. */
  #padSequence: number | undefined;

  /** `fence`: the highest that was seen before the phone had told its size. */
  constructor(version: ScrcpyVersion, geometry: Geometry, fence = 0) {
    this.#version = version;
    this.#fence = fence;
    this.pointers = new Pointers(geometry);
  }

  /** Highest fence seen. */
  get fence(): number {
    return this.#fence;
  }

  /** Fingers and keys that are down in the phone. */
  get held(): number {
    return this.pointers.held + this.#keys.held;
  }

  apply(batch: ControlBatch, nowMs: number): InputResult {
    const messages: ControlMessage[] = [];
    const drops: InputDrop[] = [];
    let wantsClipboard = false;
    let pad: InputResult['pad'];
    if (batch.fence < this.#fence)
      return { messages, drops: batch.events.map(() => 'fence'), wantsClipboard, pad };
    if (batch.fence > this.#fence) messages.push(...this.raise(batch.fence));
    for (const { event } of batch.events) {
      if (event === undefined) continue;
      if (event.$case === 'touch') {
        const dropped = this.pointers.touch(event.value, nowMs, messages);
        if (dropped !== undefined) drops.push(dropped);
      } else if (event.$case === 'pad') {
        if (this.#padIsNew(event.value)) pad = event.value;
        else drops.push('stale');
      } else if (event.$case === 'clipboard' && !event.value.set) wantsClipboard = true;
      else {
        if (event.$case === 'liftAll') pad = 'rest';
        this.#other(event, messages, drops);
      }
    }
    return { messages, drops, wantsClipboard, pad };
  }

  /** Somebody else holds the controls from `fence` on: frees what the one before left down. Nothing for a fence that is known. */
  raise(fence: number): ControlMessage[] {
    if (fence <= this.#fence) return [];
    this.#fence = fence;
    this.#padSequence = undefined;
    return [...this.#keys.release(), ...this.pointers.liftForNewHolder()];
  }

  /** Frees every key and finger. */
  lift(): ControlMessage[] {
    return [...this.#keys.release(), ...this.pointers.lift()];
  }

  /** The control socket is gone. */
  forget(): void {
    this.#keys.forget();
    this.pointers.forget();
  }

  #other(event: NonNullable<ControlEvent['event']>, messages: ControlMessage[], drops: InputDrop[]): void {
    switch (event.$case) {
      case 'key':
        messages.push(...this.#keys.press(event.value));
        return;
      case 'text':
        messages.push({ kind: 'injectText', text: event.value.text });
        return;
      case 'scroll':
        this.#scroll(event.value, messages, drops);
        return;
      case 'clipboard':
        messages.push({
          kind: 'setClipboard',
          // Asks for no acknowledgement (scrcpy ControlMessage.SEQUENCE_INVALID).
          sequence: 0n,
          paste: event.value.paste,
          text: event.value.text,
        });
        return;
      case 'action':
        this.#action(event.value, messages, drops);
        return;
      case 'liftAll':
        messages.push(...this.lift());
        return;
      case 'touch':
      case 'pad':
        return;
    }
  }

  /** States travel unordered. A u32 that wraps: the nearer way round decides which is newer. */
  #padIsNew({ sequence }: PadState): boolean {
    if (this.#padSequence !== undefined && ((sequence - this.#padSequence) | 0) <= 0) return false;
    this.#padSequence = sequence;
    return true;
  }

  #scroll(scroll: ScaledScroll, messages: ControlMessage[], drops: InputDrop[]): void {
    const { video, screen } = this.pointers.geometry;
    if (scroll.width < 1 || scroll.height < 1 || !(scroll.anyShape || sameShape(scroll, video))) {
      drops.push('size');
      return;
    }
    messages.push({
      kind: 'injectScroll',
      ...scalePoint(scroll, scroll, screen),
      width: screen.width,
      height: screen.height,
      hScroll: scroll.horizontal / 100,
      vScroll: scroll.vertical / 100,
      buttons: scroll.buttons,
    });
  }

  #action(input: ActionInput, messages: ControlMessage[], drops: InputDrop[]): void {
    const made = actionMessages(input);
    // A message the server does not know would end the control channel: there is no length to skip by.
    if (made.length === 0 || made.some((message) => !supportsControl(message.kind, this.#version)))
      drops.push('unsupported');
    else messages.push(...made);
  }
}

function actionMessages({ action, argument }: ActionInput): ControlMessage[] {
  const keycode = ACTION_KEYS[action];
  if (keycode !== undefined)
    return [KeyAction.Down, KeyAction.Up].map((state) => {
      return { kind: 'injectKeycode', action: state, keycode, repeat: 0, metaState: 0 };
    });
  switch (action) {
    case Action.ACTION_BACK_OR_SCREEN_ON:
      return [
        { kind: 'backOrScreenOn', action: KeyAction.Down },
        { kind: 'backOrScreenOn', action: KeyAction.Up },
      ];
    case Action.ACTION_ROTATE:
      return [{ kind: 'rotateDevice' }];
    case Action.ACTION_EXPAND_NOTIFICATIONS:
      return [{ kind: 'expandNotificationPanel' }];
    case Action.ACTION_EXPAND_SETTINGS:
      return [{ kind: 'expandSettingsPanel' }];
    case Action.ACTION_COLLAPSE_PANELS:
      return [{ kind: 'collapsePanels' }];
    case Action.ACTION_DISPLAY_ON:
      return [{ kind: 'setDisplayPower', on: true }];
    case Action.ACTION_DISPLAY_OFF:
      return [{ kind: 'setDisplayPower', on: false }];
    case Action.ACTION_START_APP:
      return argument === '' ? [] : [{ kind: 'startApp', name: argument }];
    default:
      return [];
  }
}
