/** What a media-svc may keep of recordings, and what it has, bytes. */
export interface RecordingSpace {
  /** `ANCLOUD_RECORDINGS_MIB`. */
  readonly budget: number;
  /** Of all recordings here, those under way included. */
  readonly used: number;
  /** Free for us on their file system. */
  readonly free: number;
}

/** Left free on the file system for everybody else, bytes. */
const RESERVE = 256 << 20;
/** A recording that is not begun with at least this is not worth its beginning, bytes. */
const BEGIN = 16 << 20;

/**
 * Why a recording may not begin, or go on; undefined when it may. Nothing of what is kept is ever removed to make room: it belongs to
 * somebody, maybe to another tenant than the one who records. Pure.
 */
export function lackOfRoom({ budget, used, free }: RecordingSpace, begins: boolean): string | undefined {
  const need = begins ? BEGIN : 0;
  if (used + need > budget) return `the disk budget of recordings (${mib(budget)} MiB) is used up`;
  if (free < RESERVE + need) return `the disk has only ${mib(free)} MiB left`;
  return undefined;
}

function mib(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(0);
}
