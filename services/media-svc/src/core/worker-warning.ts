/**
 * mediasoup's name for the lines below (worker/include/Settings.hpp). Neither `rtcp` nor `sctp`: by those one packet may have a line for each
 * report or chunk in it, thousands, all of which the worker writes before it hears a word. Nor `srtp`, which tells of mediasoup's own
 * probes as well (`EncryptRtp`), thousands in a minute with 300 viewers.
 */
export const WARNING_TAGS = ['rtp'] as const;

/** A line of a worker's log, as mediasoup's Channel passes it on: `[pid:12] RTC::Transport::ReceiveRtpPacket() | no suitable …`. */
const LINE = /^\[pid:(\d{1,10})\] ([\w:]{1,100})\(\) \| /;

/**
 * Who in the worker writes when it throws a packet of RTP away that came by a transport, once for each: the parser's own lines
 * (`RTC::RTP::Packet`) come before one of the transport's.
 */
const WRITER = /^RTC::(WebRtcTransport::OnRtpDataReceived|Transport::ReceiveRtpPacket)$/;

export interface WorkerWarning {
  /** Of the worker's process. */
  readonly pid: number;
  /** A packet was thrown away; false: the line is of something else. */
  readonly refused: boolean;
}

/** undefined: it is no line of a worker. */
export function workerWarning(line: string): WorkerWarning | undefined {
  const [, pid, writer = ''] = LINE.exec(line) ?? [];
  if (pid === undefined) return undefined;
  return { pid: Number(pid), refused: WRITER.test(writer) };
}
