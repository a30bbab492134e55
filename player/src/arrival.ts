/** What lies between a token and its first picture, in this order. */
export const STEPS = [
  /** The signalling WebSocket is open. */
  'connected',
  /** The farm let the viewer in. */
  'joined',
  /** The farm has said what it will send. */
  'offered',
  /** ICE and DTLS are done: from here on packets come through. */
  'secured',
  /** The last packet of the first picture came, as the browser says; missing where it does not. */
  'received',
  /** The browser handed the first picture over for display. */
  'shown',
] as const;

export type Step = (typeof STEPS)[number];

/** Milliseconds since the token was given, for each step that was taken. */
export type Steps = Partial<Record<Step, number>>;

/**
 * When each step of a viewer's way to the picture was taken. Each is also a mark of the User Timing API, named
 * `ancloud-phone:<step>`, in whatever life of the connection: a browser's profiler shows them. One per token.
 */
export class Arrival {
  readonly #began = performance.now();
  readonly #at: Steps = {};

  /** `at`: when it was, if not now; ms on the page's clock. A step that is taken again (another life) counts anew. */
  took(step: Step, at = performance.now()): void {
    performance.mark(`ancloud-phone:${step}`, { startTime: at });
    this.#at[step] = at - this.#began;
  }

  get steps(): Steps {
    return { ...this.#at };
  }
}
