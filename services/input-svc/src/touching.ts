import type { KeyOrder, PadOrder, TouchOrder, Translation } from '@ancloud/kit/input-translation';
import type { Controls } from './controls.js';
import type { Actor } from './core/arbiter.js';
import { limits } from './core/limits.js';
import { TouchSequence } from './core/touch-order.js';

/**
 * Touches, gamepads and held keys of one phone's viewers in time: each viewer's in their order, and whether who has something down is still there.
 * One second without a word while something is down is silence: ICE takes ten to notice that a viewer is gone.
 */
export class Touching {
  /** Of each viewer that ever touched here; ends with the viewer. */
  readonly #orders = new Map<string, TouchSequence>();
  /** Of each viewer's gamepad the newest state. */
  readonly #pads = new Map<string, PadOrder>();
  /** Of each viewer the keys that are down; of those who say so by heartbeats. */
  readonly #keys = new Map<string, Set<number>>();
  readonly #silenced: (viewer: string) => void;
  #silence: NodeJS.Timeout | undefined;
  /** Of a silence that is over in this turn of the event loop, unless what waits to be read ends it. */
  #verdict: NodeJS.Immediate | undefined;

  constructor(silenced: (viewer: string) => void) {
    this.#silenced = silenced;
  }

  /** Hot. False: a newer one has come already. */
  accept(viewer: string, touch: TouchOrder): boolean {
    let order = this.#orders.get(viewer);
    if (order === undefined) this.#orders.set(viewer, (order = new TouchSequence()));
    if (!order.accept(touch)) return false;
    this.alive(viewer);
    return true;
  }

  /** Hot. The same of a gamepad's states. */
  acceptPad(viewer: string, pad: PadOrder): boolean {
    const before = this.#pads.get(viewer);
    // As of touches: the nearer way round a u32 decides.
    if (before !== undefined && ((pad.sequence - before.sequence) | 0) <= 0) return false;
    this.#pads.set(viewer, pad);
    this.alive(viewer);
    return true;
  }

  /** Hot. Keys come in order. */
  acceptKey(viewer: string, { keycode, down }: KeyOrder): void {
    let keys = this.#keys.get(viewer);
    if (keys === undefined) this.#keys.set(viewer, (keys = new Set()));
    if (down) keys.add(keycode);
    else keys.delete(keycode);
    this.alive(viewer);
  }

  /** Hot. A key of it is down, as far as it says so. */
  holdsKeys(viewer: string): boolean {
    return (this.#keys.get(viewer)?.size ?? 0) > 0;
  }

  /** Hot. The holder has spoken. */
  alive(viewer: string): void {
    const down =
      (this.#orders.get(viewer)?.fingersDown ?? 0) > 0 ||
      this.#pads.get(viewer)?.active === true ||
      this.holdsKeys(viewer);
    clearImmediate(this.#verdict);
    this.#verdict = undefined;
    if (!down) this.rest();
    else if (this.#silence === undefined)
      this.#silence = setTimeout(() => {
        this.#silence = undefined;
        // Not by what waits to be read while this process was late itself.
        this.#verdict = setImmediate(() => this.#silenced(viewer));
      }, limits.silenceMs);
    else this.#silence.refresh();
  }

  /** Nobody is listened for. */
  rest(): void {
    clearTimeout(this.#silence);
    clearImmediate(this.#verdict);
    this.#silence = undefined;
    this.#verdict = undefined;
  }

  /** Its touch numbers begin anew. */
  forget(viewer: string): void {
    this.#orders.delete(viewer);
    this.#pads.delete(viewer);
    this.#keys.delete(viewer);
  }
}

/** Whether an input goes to the phone, by the arbiter and by its place among the others. Hot. */
export function takeInput(
  controls: Pick<Controls, 'decide' | 'counted'>,
  touching: Touching,
  actor: Actor,
  { touch, pad, key, bids }: Extract<Translation, { kind: 'event' }>,
  why: string,
): 'accepted' | 'refused' | 'stale' {
  const now = performance.now();
  const { viewer } = actor;
  const accepted = bids
    ? controls.decide({ type: 'acts', now, ...actor }, why)
    : controls.decide({ type: 'goesOn', viewer, now }, '');
  if (!accepted) return 'refused';
  if (touch !== undefined && !touching.accept(viewer, touch)) return 'stale';
  if (pad !== undefined && !touching.acceptPad(viewer, pad)) return 'stale';
  if (key !== undefined) touching.acceptKey(viewer, key);
  controls.counted();
  return 'accepted';
}
