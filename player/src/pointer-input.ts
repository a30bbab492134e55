import type { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { normalised, type Place, type Pointer, shownSize, Touches } from './touches.js';

/** Places of one stroke that are sent for one frame of the browser: strokes stay round, links and rate limits are spared. */
const PLACES_PER_FRAME = 3;
/** A wheel that counts lines (Firefox) in pixels of one that counts pixels: three lines are one notch of 100. */
const PIXELS_PER_LINE = 100 / 3;
/** viewer.proto: wheel steps × 100; a notch of 100 px is one step. */
const WHEEL_LIMIT = 1_600;

export interface PointerInputOptions {
  /** What is pointed at; its box is the picture. */
  readonly surface: HTMLVideoElement;
  /** Where the echo of fingers is drawn; lies over the surface. */
  readonly rings: HTMLElement;
  readonly touch: (bytes: Uint8Array<ArrayBuffer>, move: boolean) => void;
  readonly scroll: (input: Extract<ViewerInput['input'], { $case: 'scroll' }>) => void;
  /** Whether this viewer's touches may count at all (role control). */
  readonly may: () => boolean;
  /** Whether it holds the controls: a mouse that merely passes over the picture must not take them. */
  readonly holds: () => boolean;
  /** A press, counted or not. */
  readonly pressed: (event: PointerEvent) => void;
  /** The end of one. */
  readonly lifted: (event: PointerEvent) => void;
}

/** Mouse, fingers, pen and wheel on the picture. Listens as long as the surface lives. */
export class PointerInput {
  readonly #options: PointerInputOptions;
  readonly #touches: Touches;
  readonly #rings = new Map<number, HTMLElement>();
  #hover: Pointer | undefined;
  /** The mouse that is two fingers: it was pressed with Ctrl. */
  #pinching: number | undefined;

  constructor(options: PointerInputOptions) {
    this.#options = options;
    this.#touches = new Touches(options.touch, options.surface);
    const { surface } = options;
    // A mouse's menu, and its back and forward buttons, are the phone's. By those a browser goes to another page unless each of their events was
    // prevented, and where pointerdown was there is no mouseup.
    for (const name of ['pointerup', 'contextmenu', 'auxclick'] as const)
      surface.addEventListener(name, (event) => event.preventDefault());
    surface.addEventListener('pointerdown', (event) => this.#down(event));
    surface.addEventListener('pointermove', (event) => {
      // A second button of a mouse comes and goes as a move whose `button` is not -1 (Pointer Events, section 5.2.3).
      if (event.button !== -1) event.preventDefault();
      this.#move(event);
    });
    surface.addEventListener('pointerup', (event) => {
      for (const pointer of this.#pointers(event)) {
        this.#touches.up(pointer);
        this.#unring(pointer.id);
      }
      if (event.pointerId === this.#pinching) this.#pinching = undefined;
      this.#options.lifted(event);
    });
    // The browser took the pointers for a gesture of its own: lifting here would be a tap that nobody made.
    surface.addEventListener('pointercancel', () => this.cancel());
    surface.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
  }

  /** All fingers are void: the picture's shape or the connection changed. */
  cancel(): void {
    this.#touches.cancel();
    for (const id of this.#rings.keys()) this.#unring(id);
    this.#hover = undefined;
    this.#pinching = undefined;
  }

  #down(event: PointerEvent): void {
    event.preventDefault();
    this.#options.pressed(event);
    if (!this.#options.may()) return;
    this.#options.surface.setPointerCapture(event.pointerId);
    this.#hover = undefined;
    if (event.pointerType === 'mouse' && event.button === 0 && event.ctrlKey)
      this.#pinching = event.pointerId;
    for (const pointer of this.#pointers(event)) if (this.#touches.down(pointer)) this.#ring(pointer);
  }

  #move(event: PointerEvent): void {
    if (!this.#options.may()) return;
    if (event.pointerType === 'mouse' && event.buttons === 0) {
      // It was let go where no page hears of it: under a dialog of the browser's, on a locked screen.
      if (this.#rings.has(event.pointerId)) this.cancel();
      return this.#hovers(this.#pointer(event));
    }
    if (event.pointerType === 'mouse' && event.button !== -1 && event.pointerId !== this.#pinching)
      return this.#touches.buttons(this.#pointer(event));
    for (const one of thinned(event.getCoalescedEvents?.() ?? [], event))
      for (const pointer of this.#pointers(one, event.pointerId)) this.#touches.move(pointer);
    for (const pointer of this.#pointers(event)) if (this.#rings.has(pointer.id)) this.#ring(pointer);
  }

  /** One hover a frame: they are many and worth little. */
  #hovers(pointer: Pointer): void {
    const waiting = this.#hover !== undefined;
    this.#hover = pointer;
    if (waiting) return;
    requestAnimationFrame(() => {
      const last = this.#hover;
      this.#hover = undefined;
      if (last !== undefined && this.#options.holds()) this.#touches.hover(last);
    });
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    if (!this.#options.may()) return;
    const { x, y } = this.#place(event);
    this.#options.scroll({
      $case: 'scroll',
      value: {
        x: normalised(x),
        y: normalised(y),
        ...wheelSteps(event),
        buttons: event.buttons & 31,
        ...shownSize(this.#options.surface),
      },
    });
  }

  #place(event: MouseEvent): Place {
    const box = this.#options.surface.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  /** What an event says: one pointer, or the two fingers of a mouse that pinches. */
  #pointers(event: PointerEvent, id = event.pointerId): Pointer[] {
    const pointer = this.#pointer(event, id);
    return id === this.#pinching ? pinch(pointer) : [pointer];
  }

  #pointer(event: PointerEvent, id = event.pointerId): Pointer {
    return {
      id,
      ...this.#place(event),
      pressure: event.pressure === 0 ? 0.5 : event.pressure,
      mouse: event.pointerType === 'mouse',
      buttons: event.buttons,
    };
  }

  /** Echo of a finger at once, long before its picture comes back. */
  #ring({ id, x, y }: Pointer): void {
    let ring = this.#rings.get(id);
    if (ring === undefined) {
      ring = document.createElement('div');
      ring.className = 'ring';
      this.#rings.set(id, ring);
      this.#options.rings.append(ring);
    }
    const box = this.#options.surface.getBoundingClientRect();
    ring.style.transform = `translate(${x * box.width}px, ${y * box.height}px)`;
  }

  #unring(id: number): void {
    this.#rings.get(id)?.remove();
    this.#rings.delete(id);
  }
}

/** No pointer of a browser has it: theirs count up from 1 (or are 0 and above). */
const SECOND_FINGER = -1;

/** A mouse as two fingers, the other one across the middle of the picture, as in scrcpy: apart they zoom in, together out. */
export function pinch(pointer: Pointer): [Pointer, Pointer] {
  const finger = { ...pointer, mouse: false, buttons: 0 };
  return [finger, { ...finger, id: SECOND_FINGER, x: 1 - pointer.x, y: 1 - pointer.y }];
}

/** At most PLACES_PER_FRAME of the events that the browser saw between two frames, evenly, the newest always. */
export function thinned<T>(all: readonly T[], newest: T): readonly T[] {
  if (all.length === 0) return [newest];
  if (all.length <= PLACES_PER_FRAME) return all;
  return Array.from(
    { length: PLACES_PER_FRAME },
    (_, index) => all[Math.round(((index + 1) * all.length) / PLACES_PER_FRAME) - 1] ?? newest,
  );
}

/**
 * DOM: positive is down and right. Android: AXIS_VSCROLL is positive up, AXIS_HSCROLL positive right (android.view.MotionEvent),
 * so only the vertical one turns round.
 */
export function wheelSteps(event: Pick<WheelEvent, 'deltaX' | 'deltaY' | 'deltaMode'>): {
  readonly horizontal: number;
  readonly vertical: number;
} {
  const scale = event.deltaMode === 1 ? PIXELS_PER_LINE : event.deltaMode === 2 ? 800 : 1;
  // `+ 0` makes -0 a plain zero.
  const step = (delta: number): number =>
    Math.max(-WHEEL_LIMIT, Math.min(WHEEL_LIMIT, Math.round(delta * scale))) + 0;
  return { horizontal: step(event.deltaX), vertical: step(-event.deltaY) };
}
