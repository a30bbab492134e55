/** What of a track's newest source is used (`RTCRtpReceiver.getSynchronizationSources`). */
export interface Played {
  /** When it was handed to the track, ms of some clock of the browser's. */
  readonly timestamp: number;
  /** What the phone's stream says of when that was: its host's clock, in ticks of the codec (docs/protocol.md). */
  readonly rtpTimestamp: number;
}

const SOUND_TICKS_PER_MS = 48;
const PICTURE_TICKS_PER_MS = 90;
/**
 * Both timestamps are of 32 bits and wrap after another time each, so what is between them is known but for a multiple of the time that
 * divides both: 99 minutes.
 */
const KNOWN_WITHIN_MS = 2 ** 32 / PICTURE_TICKS_PER_MS / 8;
/**
 * What a source's times do not tell of the sound: Opus' encoder looks ahead 6.5 ms; and a packet of 20 ms is played in two halves, of
 * which the later one has the timestamp of the packet's beginning too, so the mean is 5 ms too late.
 */
const SOUND_BESIDES_MS = 6.5 - 5;

/**
 * By how much a sound comes out later than the picture of the same moment of the phone is shown, ms; below 0: earlier.
 * @param outputMs from the track to the loudspeaker. Pure.
 */
export function soundLateMs(sound: Played, picture: Played, outputMs: number): number {
  const tookSound = sound.timestamp - sound.rtpTimestamp / SOUND_TICKS_PER_MS;
  const tookPicture = picture.timestamp - picture.rtpTimestamp / PICTURE_TICKS_PER_MS;
  const apart = (tookSound - tookPicture) % KNOWN_WITHIN_MS;
  const nearest = apart - Math.round(apart / KNOWN_WITHIN_MS) * KNOWN_WITHIN_MS;
  return nearest + SOUND_BESIDES_MS + outputMs;
}

/** When a sound comes out of the loudspeaker, ms of the browser's clock. @param outputMs from the track to there. Pure. */
export function heardAtMs({ timestamp }: Played, outputMs: number): number {
  return timestamp + SOUND_BESIDES_MS + outputMs;
}

/** What a picture takes from packet to track when nothing is wished of it, ms: decoding, and 10 ms that Chromium allows for drawing. */
const OWN_MS = 15;
/** A smaller difference is not heard, and each change makes the picture halt or hurry. */
const STEP_MS = 10;

export interface Looked {
  /** By how much the sound is late behind a picture, ms … */
  readonly lateMs: number;
  /** … that was held back so long. */
  readonly under: number;
}

export interface Patience {
  /** By how much sound may be late, ms. */
  readonly mayBeLateMs: number;
  /** So long a picture waits at most, ms, however late the sound is: more is no buffer but a connection in trouble. */
  readonly mostMs: number;
}

/**
 * How long the picture is to be held back, ms, for the sound to be no later than it may be; 0 where it is so by itself. Goes on as it
 * `held` for less than a step. Pure.
 */
export function holdOf({ lateMs, under }: Looked, { mayBeLateMs, mostMs }: Patience, held: number): number {
  // A hold shorter than what a picture takes anyhow changes nothing.
  const hold = Math.round(Math.max(under, OWN_MS) + lateMs - mayBeLateMs);
  const wanted = hold <= OWN_MS ? 0 : Math.min(hold, mostMs);
  return Math.abs(wanted - held) < STEP_MS ? held : wanted;
}
