import type { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { RoleWord } from '@ancloud/contracts/viewer';
import { GamepadInput } from './gamepad-input.js';
import { HeldKeys } from './held-keys.js';
import { KeyboardInput, type KeyMode } from './keyboard-input.js';
import { KeyboardLock } from './keyboard-lock.js';
import { PointerInput } from './pointer-input.js';
import { SoftKeyboard } from './soft-keyboard.js';
import type { Parts } from './template.js';
import { encode } from './touches.js';

export interface HandsOptions {
  /** What has the focus while its phone is typed into. */
  readonly host: HTMLElement;
  readonly parts: Pick<Parts, 'video' | 'rings' | 'keyboard'>;
  /** Sends one `ViewerInput`; a move may be lost. */
  readonly send: (bytes: Uint8Array<ArrayBuffer>, move: boolean) => void;
  readonly text: (text: string) => void;
  readonly paste: (text: string) => void;
  /** Whether the phone's own keyboard is on its screen; null when it does not say. */
  readonly keyboardShown: () => Promise<boolean | null>;
  /** The picture was pressed, and the phone is told; ms on the page's clock. */
  readonly touched: (atMs: number) => void;
  /** A watcher has pressed the picture. */
  readonly refused: () => void;
}

/** All that a viewer touches a phone with: fingers, mouse, keyboards, gamepads. What its role does not allow is not sent. */
export class Hands {
  readonly #options: HandsOptions;
  readonly #pointers: PointerInput;
  readonly #keyboard: KeyboardInput;
  readonly #lock: KeyboardLock;
  readonly #soft: SoftKeyboard;
  readonly #keys = new HeldKeys({
    key: (value) => this.send({ $case: 'key', value }),
    beat: () => this.send({ $case: 'heartbeat', value: { gesture: 0 } }),
  });
  #pads: GamepadInput | undefined;
  #role: RoleWord = 'watch';
  #mode: KeyMode = 'text';
  #holds = false;
  #gamepad = false;

  constructor(options: HandsOptions) {
    this.#options = options;
    this.#lock = new KeyboardLock(options.host);
    const { video, rings, keyboard } = options.parts;
    this.#soft = new SoftKeyboard({
      ask: options.keyboardShown,
      open: () => this.#keyboard.focus(),
      close: () => keyboard.blur(),
    });
    keyboard.addEventListener('blur', () => this.#soft.blurred());
    this.#pointers = new PointerInput({
      surface: video,
      rings,
      touch: options.send,
      scroll: (input) => this.send(input),
      may: () => this.#role !== 'watch',
      holds: () => this.#holds,
      pressed: (event) => this.#pressed(event),
      lifted: (event) => {
        if (event.pointerType === 'touch' && this.#role !== 'watch') this.#soft.lifted();
      },
    });
    this.#keyboard = new KeyboardInput({
      field: keyboard,
      key: (key) => this.#keys.say(key),
      text: options.text,
      paste: options.paste,
    });
    this.role('watch');
  }

  /** Of another connection, which holds nothing yet. */
  role(role: RoleWord): void {
    this.#role = role;
    this.#holds = false;
    this.#keyboard.role(role);
    this.#lockKeys();
  }

  /** Whether this viewer holds the controls. */
  holds(holds: boolean): void {
    this.#holds = holds;
  }

  keys(mode: KeyMode): void {
    this.#keyboard.mode(mode);
    this.#mode = mode;
    this.#lockKeys();
  }

  /** Whether the phone has a gamepad. */
  gamepad(gamepad: boolean): void {
    this.#gamepad = gamepad;
  }

  /** Gives the keyboard to the phone. */
  focus(): void {
    this.#keyboard.focus();
  }

  /** The element is in a page: its gamepads are looked at, until `leave`. */
  enter(): void {
    this.#pads = new GamepadInput({
      key: (key) => this.#keys.say(key),
      scroll: (value) => this.send({ $case: 'scroll', value }),
      state: (value, lossy) => {
        if (this.#role !== 'watch') this.#options.send(encode({ input: { $case: 'pad', value } }), lossy);
      },
      states: () => this.#gamepad,
      // The phone that is typed into is the one that is played on.
      may: () => this.#role !== 'watch' && this.#options.host.matches(':focus-within'),
    });
  }

  leave(): void {
    this.#pads?.close();
  }

  send(input: NonNullable<ViewerInput['input']>): void {
    if (this.#role !== 'watch') this.#options.send(encode({ input }), false);
  }

  /** Touches of the old shape are void. */
  reshaped(): void {
    this.#pointers.cancel();
  }

  /** The farm let the keys go, for it heard nothing of this viewer: those that are held go down again. */
  lifted(): void {
    this.#keys.again();
  }

  /** Nothing is touched or pressed any more. */
  rest(): void {
    this.#pointers.cancel();
    this.#keyboard.release();
    this.#soft.cancel();
    this.#pads?.release();
  }

  /** Only who sends keys as they are has a use for those that are the browser's. */
  #lockKeys(): void {
    this.#lock.want(this.#mode === 'physical' && this.#role !== 'watch');
  }

  #pressed(event: PointerEvent): void {
    if (this.#role === 'watch') return this.#options.refused();
    this.#options.touched(event.timeStamp);
    // A finger must not bring up the screen keyboard: the phone's does, or its button.
    if (event.pointerType !== 'touch') this.#keyboard.focus();
  }
}
