import type { Experience as Summary } from '@ancloud/contracts/common/v1/common';
import type { viewer } from '@ancloud/contracts';

/** What a player says of the last seconds of its picture. */
export type Experience = viewer.ClientNotifications['experience'];

/** Lists of times: what a player leaves out, it has told nothing of. */
type Times = 'touchMs' | 'glassMs' | 'soundMs';

type Figures = Omit<Experience, Times | 'relayed'>;
type Range = readonly [least: number, most: number, whole?: 'whole'];

/** What a player can have seen. Wider is a broken or a hostile one: its figures would spoil everybody's. */
const RANGES: { readonly [field in keyof Figures]: Range } = {
  spanMs: [500, 60_000],
  frames: [0, 60_000, 'whole'],
  framesDropped: [0, 60_000, 'whole'],
  packetsLost: [0, 10_000_000, 'whole'],
  stalls: [0, 600, 'whole'],
  stalledMs: [0, 600_000],
  rttMs: [0, 60_000],
  decodeMs: [0, 60_000],
  bufferMs: [0, 60_000],
  score: [1, 5],
};

/** Of one report, in each list. */
const TIMES = 16;
const TIME_MS: Range = [0, 10_000];

/** The report, or the name of the first field that is none. Fields that are not of the protocol are left out. */
export function readExperience(data: unknown): Experience | keyof Experience {
  const given = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  for (const [field, [least, most, whole]] of Object.entries(RANGES) as [keyof Experience, Range][]) {
    const value = given[field];
    if (typeof value !== 'number' || !(value >= least && value <= most)) return field;
    if (whole !== undefined && !Number.isInteger(value)) return field;
  }
  const { touchMs = [], glassMs = [], soundMs = [], relayed } = given;
  if (!areTimes(touchMs)) return 'touchMs';
  if (!areTimes(glassMs)) return 'glassMs';
  if (!areTimes(soundMs)) return 'soundMs';
  if (relayed !== undefined && typeof relayed !== 'boolean') return 'relayed';
  const figures = Object.fromEntries(Object.keys(RANGES).map((field) => [field, given[field]])) as Figures;
  return { ...figures, touchMs, glassMs, soundMs, ...(relayed === undefined ? {} : { relayed }) };
}

function areTimes(list: unknown): list is number[] {
  const isTime = (ms: unknown): boolean => typeof ms === 'number' && ms >= TIME_MS[0] && ms <= TIME_MS[1];
  return Array.isArray(list) && list.length <= TIMES && list.every(isTime);
}

/** Of a viewer's reports so many are kept for its percentiles: ten minutes of one each 5 s. */
const KEPT = 120;
/** And so many of its touches, and of its frames' and sounds' times: of frames those of the last two and a half minutes. */
const KEPT_TIMES = 500;

const SUMMED = ['spanMs', 'frames', 'framesDropped', 'packetsLost', 'stalls', 'stalledMs'] as const;

/**
 * From the phone's packet at media-svc to the picture decoded, as far as a player can know: half the round trip, waiting, decoding. Without a
 * frame nothing has waited, nor was decoded: a report of a screen that stood still tells of no delay.
 */
export function delayMs({ rttMs, bufferMs, decodeMs }: Experience): number {
  return rttMs / 2 + bufferMs + decodeMs;
}

/** 0 is a round trip that is not known yet. */
export function knowsWay({ rttMs }: Experience): boolean {
  return rttMs > 0;
}

/** What one viewer has seen since it joined. Bounded; percentiles are by nearest rank and over the newest reports. */
export class ExperienceLog {
  readonly #kept: Experience[] = [];
  #touches: number[] = [];
  #glass: number[] = [];
  #sounds: number[] = [];
  #reports = 0;
  #sum = { spanMs: 0, frames: 0, framesDropped: 0, packetsLost: 0, stalls: 0, stalledMs: 0 };

  add(report: Experience): void {
    this.#reports += 1;
    this.#kept.push(report);
    if (this.#kept.length > KEPT) this.#kept.shift();
    this.#touches = [...this.#touches, ...(report.touchMs ?? [])].slice(-KEPT_TIMES);
    this.#glass = [...this.#glass, ...(report.glassMs ?? [])].slice(-KEPT_TIMES);
    this.#sounds = [...this.#sounds, ...(report.soundMs ?? [])].slice(-KEPT_TIMES);
    for (const field of SUMMED) this.#sum[field] += report[field];
  }

  /** Undefined before the first report. */
  get summary(): Summary | undefined {
    if (this.#reports === 0) return undefined;
    const rtt = this.#kept.filter(knowsWay).map(({ rttMs }) => rttMs);
    const delay = this.#kept.filter((report) => knowsWay(report) && report.frames > 0).map(delayMs);
    const score = this.#kept.map((report) => report.score);
    return {
      reports: this.#reports,
      ...this.#sum,
      roundTripMsP50: rank(rtt, 0.5),
      roundTripMsP95: rank(rtt, 0.95),
      delayMsP50: rank(delay, 0.5),
      delayMsP95: rank(delay, 0.95),
      scoreP50: rank(score, 0.5),
      scoreP5: rank(score, 0.05),
      touches: this.#touches.length,
      touchMsP50: rank(this.#touches, 0.5),
      touchMsP95: rank(this.#touches, 0.95),
      glassFrames: this.#glass.length,
      glassMsP50: rank(this.#glass, 0.5),
      glassMsP95: rank(this.#glass, 0.95),
      sounds: this.#sounds.length,
      soundMsP50: rank(this.#sounds, 0.5),
      soundMsP95: rank(this.#sounds, 0.95),
      relayed: this.#kept.at(-1)?.relayed,
    };
  }
}

function rank(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
