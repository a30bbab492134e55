/**
 * Who may touch a phone. One holder at a time; everybody else watches. Pure: the runner (phone-input.ts) performs the
 * effects, and takes the fenced lease before any word of a new holder reaches the phone.
 */
export interface ArbiterPolicy {
  /** A holder that did nothing for this long gives way to whoever acts. Default 10 000 ms. */
  readonly idleMs: number;
  /** And for this long to whoever asks in so many words. Default 2 000 ms. */
  readonly politeMs: number;
}

export const defaultPolicy: ArbiterPolicy = { idleMs: 10_000, politeMs: 2_000 };

export interface ArbiterState {
  /** Viewer id; empty = nobody. */
  readonly holder: string;
  /** Monotonic ms of the holder's last action. */
  readonly activeAt: number;
}

export const nobody: ArbiterState = { holder: '', activeAt: -Infinity };

export type ArbiterEvent =
  /** A viewer with role control sent input. */
  | { readonly type: 'acts'; readonly viewer: string; readonly now: number }
  /** Its mouse passes over the screen with no button down: a holder's goes to the phone, but takes the controls from nobody. */
  | { readonly type: 'hovers'; readonly viewer: string; readonly now: number }
  /** It asks for the controls, without touching yet. */
  | { readonly type: 'wants'; readonly viewer: string; readonly now: number }
  /** It gives them up, or is gone. */
  | { readonly type: 'leaves'; readonly viewer: string }
  /** An operator or the owner decides; empty = take them from everybody. */
  | { readonly type: 'granted'; readonly viewer: string; readonly now: number };

export interface Verdict {
  readonly state: ArbiterState;
  /** `acts` and `hovers`: whether this input goes to the phone. */
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
      if (state.holder === event.viewer)
        return { state: { ...state, activeAt: event.now }, accepted: true, changed: false };
      if (gives(state, event.now, policy.idleMs)) return take(event.viewer, event.now);
      return { state, accepted: false, changed: false };
    }
    case 'hovers':
      if (state.holder !== event.viewer) return { state, accepted: false, changed: false };
      return { state: { ...state, activeAt: event.now }, accepted: true, changed: false };
    case 'wants': {
      if (state.holder === event.viewer) return { state, accepted: true, changed: false };
      if (gives(state, event.now, policy.politeMs)) return take(event.viewer, event.now);
      return { state, accepted: false, changed: false };
    }
    case 'leaves':
      if (state.holder !== event.viewer) return { state, accepted: false, changed: false };
      return { state: nobody, accepted: false, changed: true };
    case 'granted':
      if (state.holder === event.viewer) return { state, accepted: true, changed: false };
      if (event.viewer === '') return { state: nobody, accepted: true, changed: true };
      return take(event.viewer, event.now);
  }
}

function gives(state: ArbiterState, now: number, afterMs: number): boolean {
  return state.holder === '' || now - state.activeAt >= afterMs;
}

function take(viewer: string, now: number): Verdict {
  return { state: { holder: viewer, activeAt: now }, accepted: true, changed: true };
}
