/**
 * The user ffmpeg is where media-svc is root: nobody's, and not the `nobody` that other services share. Below the phones' ids, which begin
 * at 2^28, and not the one of image readers (container-svc).
 */
const FFMPEG_UID = 2 ** 28 - 3;
/** What a copy of streams takes, many times over: address space, and open files. */
const ADDRESS_SPACE = 2 ** 31;
const OPEN_FILES = 64;
/** Fragments are at least cut each second, whatever the distance of key frames: all that a kill can take. µs. */
const FRAGMENT_US = 1_000_000;

export interface FfmpegOptions {
  /** As root it gets a user, and a network namespace, of its own; else only what any user may give up. */
  readonly root: boolean;
  /** True: it reaches the network, where it sends to. */
  readonly network: boolean;
  /** Largest file it may write, bytes. */
  readonly fileBytes: number;
}

/**
 * The command line of an ffmpeg that copies: Matroska on its standard input, `output` behind. It has no rights, cannot get any, and
 * ends when its input does, so that what it holds is written also when media-svc is killed. Pure.
 */
export function ffmpegArgv(
  ffmpeg: string,
  { root, network, fileBytes }: FfmpegOptions,
  output: readonly string[],
): string[] {
  const limits = `prlimit --core=0 --fsize=${fileBytes} --nofile=${OPEN_FILES} --as=${ADDRESS_SPACE}`;
  const apart = `unshare --ipc --uts ${network ? '' : '--net '}--`;
  const drop =
    `setpriv --reuid=${FFMPEG_UID} --regid=${FFMPEG_UID} --clear-groups --no-new-privs ` +
    '--inh-caps=-all --ambient-caps=-all --bounding-set=-all';
  const confined = root ? `${apart} ${limits} ${drop}` : `${limits} setpriv --no-new-privs`;
  // What was found out about the streams stands in the input's head: nothing is probed.
  const input =
    '-hide_banner -nostdin -loglevel error -probesize 32 -analyzeduration 0 -f matroska -i pipe:0 -map 0 -c copy';
  return [...confined.split(' '), ffmpeg, ...input.split(' '), ...output];
}

/** Where it says each second how many frames it has sent: behind this, to its standard output. */
export const progressOutput: readonly string[] = '-stats_period 1 -progress pipe:1'.split(' ');

/** Fragmented MP4 to its standard output, a fragment for each key frame: RFC 8216's, with the sound that every player of HLS knows. */
export const hlsOutput: readonly string[] = (
  '-c:a aac -b:a 128k -f mp4 -movflags +frag_keyframe+empty_moov+default_base_moof ' +
  '-video_track_timescale 90000 -flush_packets 1 pipe:1'
).split(' ');

/** `frame=` of what `progressOutput` makes it say; undefined when a text has none. Pure. */
export function framesSent(progress: string): number | undefined {
  const last = [...progress.matchAll(/^frame= *(\d+)$/gm)].at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}

/** A fragmented MP4 on its standard output, which is a file that we opened: it writes no other. */
export const mp4Output: readonly string[] = (
  '-f mp4 -movflags +frag_keyframe+empty_moov+default_base_moof ' +
  `-frag_duration ${FRAGMENT_US} -video_track_timescale 90000 -flush_packets 1 pipe:1`
).split(' ');
