import type { Metrics } from '@ancloud/kit';
import { delayMs, type Experience, knowsWay } from '../core/experience.js';

/** Seconds a picture may be behind: from what no one notices to what no one bears. */
const DELAYS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5];
const SCORES = [1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5];

/** What all viewers of this instance see, as their players tell it. */
export class ExperienceMetrics {
  readonly #rtt;
  readonly #delay;
  readonly #touch;
  readonly #glass;
  readonly #sound;
  readonly #score;
  readonly #frames;
  readonly #stalls;
  readonly #stalled;
  readonly #lost;
  readonly #refused;

  constructor(metrics: Metrics) {
    this.#rtt = metrics.histogram(
      'ancloud_viewer_round_trip_seconds',
      'Round trip between players and media-svc',
      [],
      DELAYS,
    );
    this.#delay = metrics.histogram(
      'ancloud_viewer_delay_seconds',
      'Half a round trip, jitter buffer and decoding',
      [],
      DELAYS,
    );
    this.#touch = metrics.histogram(
      'ancloud_viewer_touch_to_photon_seconds',
      'From a press on a still screen to the display of the first frame that changed',
      [],
      DELAYS,
    );
    this.#glass = metrics.histogram(
      'ancloud_viewer_glass_to_glass_seconds',
      "From a frame's drawing in the phone to its display, of frames that players pick evenly",
      [],
      DELAYS,
    );
    this.#sound = metrics.histogram(
      'ancloud_viewer_sound_seconds',
      'From when the phone made a sound to its coming out of the loudspeaker, once a second of each viewer that hears',
      [],
      DELAYS,
    );
    this.#score = metrics.histogram(
      'ancloud_viewer_score',
      'How good the picture was, 1 to 5, each 5 s of each viewer',
      [],
      SCORES,
    );
    this.#frames = metrics.tally('ancloud_viewer_frames_total', 'Frames at players', 'what', [
      'shown',
      'dropped',
    ]);
    this.#stalls = metrics.counter(
      'ancloud_viewer_stalls_total',
      "Times that a picture stood while the phone's went on",
    );
    this.#stalled = metrics.counter('ancloud_viewer_stalled_seconds_total', 'How long they stood');
    this.#lost = metrics.counter('ancloud_viewer_packets_lost_total', 'Packets that never came to players');
    this.#refused = metrics.counter('ancloud_viewer_reports_refused_total', 'Reports that were none', [
      'field',
    ]);
  }

  add(report: Experience): void {
    if (knowsWay(report)) this.#rtt.observe(report.rttMs / 1_000);
    if (knowsWay(report) && report.frames > 0) this.#delay.observe(delayMs(report) / 1_000);
    for (const ms of report.touchMs ?? []) this.#touch.observe(ms / 1_000);
    for (const ms of report.glassMs ?? []) this.#glass.observe(ms / 1_000);
    for (const ms of report.soundMs ?? []) this.#sound.observe(ms / 1_000);
    this.#score.observe(report.score);
    this.#frames.shown += report.frames;
    this.#frames.dropped += report.framesDropped;
    this.#stalls.inc(report.stalls);
    this.#stalled.inc(report.stalledMs / 1_000);
    this.#lost.inc(report.packetsLost);
  }

  /** @param field of the protocol, or `rate` for more reports than one a second. */
  refused(field: keyof Experience | 'rate'): void {
    this.#refused.inc({ field });
  }
}
