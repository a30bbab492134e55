/** What is known of one consumer's packets at a moment: counts since it began, and the player's last receiver report. */
export interface Reported {
  readonly consumer: string;
  readonly sent: number;
  /** Of the report; less than before when what was sent again has come. */
  readonly lost: number;
  /** Of the report, 0-255. */
  readonly fractionLost: number;
  /** By the report, ms: with loss alike, it tells one report from the next. */
  readonly roundTripMs: number;
}

export interface LossState {
  /** At the last report. */
  readonly at: Reported | undefined;
  /** As `LinkFacts.score`: the share of packets that arrived between the last two reports, to the fourth power, 0-10. */
  readonly score: number;
}

export const nothingReported: LossState = { at: undefined, score: 10 };

/** How the link is by what was reported; unchanged while no new report has come. Of another consumer nothing is known yet. Pure. */
export function reported(state: LossState, now: Reported): LossState {
  const before = state.at;
  if (before?.consumer !== now.consumer) return { at: now, score: nothingReported.score };
  const same =
    before.lost === now.lost &&
    before.fractionLost === now.fractionLost &&
    before.roundTripMs === now.roundTripMs;
  const sent = now.sent - before.sent;
  if (same || sent <= 0) return state;
  const arrived = 1 - Math.min(1, Math.max(0, now.lost - before.lost) / sent);
  return { at: now, score: Math.round(arrived ** 4 * 10) };
}
