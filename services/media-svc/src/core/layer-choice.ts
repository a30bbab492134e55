/** The phone's own picture, or the second, smaller one for links that do not take it. */
export type Layer = 'main' | 'low';

/** What is known of a viewer's link at a moment. */
export interface LinkFacts {
  /** Monotonic ms. */
  readonly atMs: number;
  /** Bits a second of the main layer, as it comes from the phone. */
  readonly mainBps: number;
  /** Bits a second that the link takes, by transport-cc or REMB; undefined when the viewer's end tells neither. */
  readonly availableBps: number | undefined;
  /** Of what is sent, 0-10: the share of packets that arrived or were repaired, to the fourth power; by mediasoup, or the player's reports. */
  readonly score: number;
}

/** Of those, what the viewer's end has told. */
export type Link = Pick<LinkFacts, 'availableBps' | 'score'>;

export interface LayerLimits {
  /** A main layer below this is left alone, bits a second: the low one would not be much less. */
  readonly worthBps: number;
  /** The link is too weak below this share of the main layer … */
  readonly weakShare: number;
  /** … or with a score of at most this: about one packet in six did not arrive. */
  readonly weakScore: number;
  /** For so long, ms: a burst, or a browser that was busy, is no weak link. */
  readonly weakMs: number;
  /** No judgement before so long after a layer began, ms: estimates begin high or low and find their way. */
  readonly settleMs: number;
  /** Both times are this share of it for a return over a link that tells no bandwidth: it could only be tried, and reports need no time to settle. */
  readonly tryShare: number;
  /** The link takes the main layer again from this multiple of it on, and with a score of at least this … */
  readonly fineShare: number;
  readonly fineScore: number;
  /**
   * … or from this many bits a second on, whatever the main layer has: more is never told of who is sent the low one. mediasoup bounds the estimate
   * by what its transport begins with (6 Mb/s, `branch.ts`) or 1.35 times what it sends, tells nothing of one that equals the former, and keeps
   * a bound within a tenth of it (`TransportCongestionControlClient::ApplyBitrateUpdates`, `OnTargetTransferRate`): a tenth below it is all that is to be had.
   */
  readonly knownBps: number;
  /** … for so long, ms: the estimate has grown slowly already. Twice as long after each return that did not last, up to `waitMaxMs`. */
  readonly fineMs: number;
  readonly waitMaxMs: number;
  /** A return that is over sooner did not last, ms. */
  readonly lastedMs: number;
}

export const defaultLayerLimits: LayerLimits = {
  worthBps: 150_000,
  weakShare: 0.7,
  weakScore: 5,
  weakMs: 3_000,
  settleMs: 4_000,
  tryShare: 0.25,
  fineShare: 1.2,
  fineScore: 8,
  knownBps: 5_400_000,
  fineMs: 5_000,
  waitMaxMs: 160_000,
  lastedMs: 30_000,
};

export interface LayerState {
  readonly layer: Layer;
  /** When it began, or another one did not come; monotonic ms. */
  readonly sinceMs: number;
  /** Since when the facts have asked for the other layer without a break; undefined while they do not. */
  readonly otherSinceMs: number | undefined;
  /** The main layer came back after the low one. */
  readonly returned: boolean;
  /** How long the link must be fine before the next return, ms. */
  readonly fineMs: number;
  /** No judgement before so long after `sinceMs`, ms. */
  readonly holdMs: number;
}

export function firstLayer(layer: Layer, atMs: number, limits = defaultLayerLimits): LayerState {
  return {
    layer,
    sinceMs: atMs,
    otherSinceMs: undefined,
    returned: false,
    fineMs: limits.fineMs,
    holdMs: limits.settleMs,
  };
}

/** Which layer a viewer should have. The state says what it has: a change is told by `switched` or `refused`. */
export function chooseLayer(
  state: LayerState,
  facts: LinkFacts,
  limits = defaultLayerLimits,
): { readonly state: LayerState; readonly want: Layer } {
  const { layer } = state;
  const asks = layer === 'main' ? isWeak(facts, limits) : isFine(facts, limits);
  const forMs = facts.atMs - state.sinceMs;
  const tried = state.returned && forMs < limits.lastedMs && facts.availableBps === undefined;
  const share = tried ? limits.tryShare : 1;
  if (!asks || forMs < state.holdMs * share)
    return { state: { ...state, otherSinceMs: undefined }, want: layer };
  const otherSinceMs = state.otherSinceMs ?? facts.atMs;
  const due = facts.atMs - otherSinceMs >= (layer === 'main' ? limits.weakMs * share : state.fineMs);
  return { state: { ...state, otherSinceMs }, want: due ? other(layer) : layer };
}

/** The viewer has the other layer now. */
export function switched(state: LayerState, atMs: number, limits = defaultLayerLimits): LayerState {
  const now = { sinceMs: atMs, otherSinceMs: undefined, holdMs: limits.settleMs };
  if (state.layer === 'low') return { ...state, ...now, layer: 'main', returned: true };
  const inVain = state.returned && atMs - state.sinceMs < limits.lastedMs;
  return {
    ...now,
    layer: 'low',
    returned: false,
    fineMs: inVain ? doubled(state.fineMs, limits) : limits.fineMs,
  };
}

/** The other layer did not come: the viewer keeps what it has, and the next try waits longer. */
export function refused(state: LayerState, atMs: number, limits = defaultLayerLimits): LayerState {
  return { ...state, sinceMs: atMs, otherSinceMs: undefined, holdMs: doubled(state.holdMs, limits) };
}

const other = (layer: Layer): Layer => (layer === 'main' ? 'low' : 'main');

function doubled(ms: number, limits: LayerLimits): number {
  return Math.min(limits.waitMaxMs, ms * 2);
}

function isWeak({ mainBps, availableBps, score }: LinkFacts, limits: LayerLimits): boolean {
  if (mainBps < limits.worthBps) return false;
  return score <= limits.weakScore || (availableBps ?? Infinity) < mainBps * limits.weakShare;
}

function isFine({ mainBps, availableBps, score }: LinkFacts, limits: LayerLimits): boolean {
  const wantedBps = Math.min(mainBps * limits.fineShare, limits.knownBps);
  return score >= limits.fineScore && (availableBps ?? Infinity) >= wantedBps;
}
