/**
 * Who may touch a phone. One holder at a time; everybody else watches, or waits for a turn. Pure: the runner (controls.ts)
 * performs the effects, and takes the fenced lease before any word of a new holder reaches the phone.
 *
 * Who touches takes free controls, and those of a holder that has been idle. Who asks waits for less, and in line. A higher rank
 * does not wait for a lower one.
 */
export interface ArbiterPolicy {
  /** A holder that did nothing for this long gives way to whoever acts. Default 10 000 ms. */
  readonly idleMs: number;
  /** And for this long to whoever asks in so many words. Default 2 000 ms. */
  readonly politeMs: number;
  /** Viewers that wait at most; beyond, a wish is refused. */
  readonly waiting: number;
}

export const defaultPolicy: ArbiterPolicy = { idleMs: 10_000, politeMs: 2_000, waiting: 16 };

/** Whom others of the same rank have to wait for. */
export const ranks = { control: 1, owner: 2 } as const;

export interface Actor {
  readonly viewer: string;
  readonly rank: number;
}

export interface ArbiterState {
  /** Viewer id; empty = nobody. */
  readonly holder: string;
  readonly rank: number;
  /** Monotonic ms of the holder's last action. */
  readonly activeAt: number;
  /** Who waits for the controls, first come first. */
  readonly asking: readonly Actor[];
}

export const nobody: ArbiterState = { holder: '', rank: 0, activeAt: -Infinity, asking: [] };

export type ArbiterEvent =
  /** A viewer that may touch sent input. */
  | ({ readonly type: 'acts'; readonly now: number } & Actor)
  /**
   * It lets go of what it had down, or its mouse passes over the screen with no button down: a holder's goes to the phone, but takes the
   * controls from nobody. Else a lift whose press was refused would take them, and its gesture be lost all the same.
   */
  | { readonly type: 'goesOn'; readonly viewer: string; readonly now: number }
  /** It asks for the controls, without touching yet. */
  | ({ readonly type: 'wants'; readonly now: number } & Actor)
  /** It gives them up, or waits no more, or is gone: who waits is next. */
  | { readonly type: 'leaves'; readonly viewer: string; readonly now: number }
  /** The holder hands them to another viewer. */
  | { readonly type: 'gives'; readonly viewer: string; readonly to: Actor; readonly now: number }
  /** An operator or the owner decides; viewer '' = take them from everybody. */
  | ({ readonly type: 'granted'; readonly now: number } & Actor)
  /** Time has passed: a holder that rests gives way to who waits. */
  | { readonly type: 'waited'; readonly now: number };

export interface Verdict {
  readonly state: ArbiterState;
  /** `acts` and `goesOn`: whether this input goes to the phone. `wants`: whether it holds them or stands in line. */
  readonly accepted: boolean;
  /** The holder changed from `state.holder` of before to `state.holder` of now: lift the old one's fingers, raise the fence. */
  readonly changed: boolean;
}

export function arbitrate(
  state: ArbiterState,
  event: ArbiterEvent,
  policy: ArbiterPolicy = defaultPolicy,
): Verdict {
  switch (event.type) {
    case 'acts': {
      if (state.holder === event.viewer) return stays({ ...state, activeAt: event.now }, true);
      if (gives(state, event, event.now, policy.idleMs)) return take(state, event, event.now);
      return stays(state, false);
    }
    case 'goesOn':
      if (state.holder !== event.viewer) return stays(state, false);
      return stays({ ...state, activeAt: event.now }, true);
    case 'wants': {
      if (state.holder === event.viewer) return stays(state, true);
      if (gives(state, event, event.now, policy.politeMs)) return take(state, event, event.now);
      if (state.asking.some(({ viewer }) => viewer === event.viewer)) return stays(state, true);
      if (state.asking.length >= policy.waiting) return stays(state, false);
      const { viewer, rank } = event;
      return stays({ ...state, asking: [...state.asking, { viewer, rank }] }, true);
    }
    case 'leaves': {
      const asking = without(state.asking, event.viewer);
      if (state.holder !== event.viewer) return stays({ ...state, asking }, false);
      const [next] = asking;
      if (next !== undefined) return { ...take({ ...state, asking }, next, event.now), accepted: false };
      return { state: nobody, accepted: false, changed: true };
    }
    case 'gives':
      if (state.holder !== event.viewer) return stays(state, false);
      return take(state, event.to, event.now);
    case 'granted':
      if (event.viewer === '') return { state: nobody, accepted: true, changed: state.holder !== '' };
      if (state.holder === event.viewer) return stays(state, true);
      return take(state, event, event.now);
    case 'waited': {
      const [next] = state.asking;
      if (next === undefined || !gives(state, next, event.now, policy.politeMs)) return stays(state, false);
      return take(state, next, event.now);
    }
  }
}

/** Milliseconds until `waited` would change something; undefined when nobody waits. */
export function turnIn(
  state: ArbiterState,
  now: number,
  policy: ArbiterPolicy = defaultPolicy,
): number | undefined {
  if (state.asking.length === 0) return undefined;
  return Math.max(0, state.activeAt + policy.politeMs - now);
}

function gives(state: ArbiterState, to: Actor, now: number, afterMs: number): boolean {
  return state.holder === '' || to.rank > state.rank || now - state.activeAt >= afterMs;
}

function stays(state: ArbiterState, accepted: boolean): Verdict {
  return { state, accepted, changed: false };
}

function take(state: ArbiterState, { viewer, rank }: Actor, now: number): Verdict {
  const asking = without(state.asking, viewer);
  return { state: { holder: viewer, rank, activeAt: now, asking }, accepted: true, changed: true };
}

function without(asking: readonly Actor[], viewer: string): readonly Actor[] {
  return asking.some((one) => one.viewer === viewer) ? asking.filter((one) => one.viewer !== viewer) : asking;
}
