/** Of what a viewer sends by its transport; RTP and RTCP with their SRTP. */
export const PROTOCOLS = ['rtp', 'rtcp', 'sctp'] as const;

export type Protocol = (typeof PROTOCOLS)[number];

/** mediasoup's names for the lines below (worker/include/LogLevel.hpp, Settings.cpp). */
export const WARNING_TAGS = ['rtp', 'rtcp', 'srtp', 'sctp'] as const;

/** A line of a worker's log, as mediasoup's Channel passes it on: `[pid:12] RTC::Transport::ReceiveRtpPacket() | no suitable …`. */
const LINE = /^\[pid:(\d{1,10})\] ([\w:]{1,100})\(\) \| /;

/**
 * Who in the worker writes when it throws a packet away that came by a transport. Once for each packet of RTP: the parser's own lines
 * (`RTC::RTP::Packet`) come before one of the transport's. Of RTCP and SCTP the parsers write, for one packet sometimes twice. What they
 * write of what the worker itself sends (`RTC::SCTP::OutstandingData`, `PacketSender`), and of ends (`OnAssociationClosed`), is no refusal.
 */
const WRITERS: readonly (readonly [RegExp, Protocol])[] = [
  [/^RTC::(WebRtcTransport::OnRtpDataReceived|Transport::ReceiveRtpPacket)$/, 'rtp'],
  [/^RTC::(WebRtcTransport::OnRtcpDataReceived|RTCP::\w+::\w+)$/, 'rtcp'],
  [/^RTC::(Transport::OnAssociationMessageReceived|SCTP::(?!OutstandingData|PacketSender)\w+::\w+)$/, 'sctp'],
];

export interface WorkerWarning {
  /** Of the worker's process. */
  readonly pid: number;
  /** Of the packet that was thrown away; undefined: the line is of something else. */
  readonly refused: Protocol | undefined;
}

/** undefined: it is no line of a worker. */
export function workerWarning(line: string): WorkerWarning | undefined {
  const [, pid, writer = ''] = LINE.exec(line) ?? [];
  if (pid === undefined) return undefined;
  const refused = WRITERS.find(([pattern]) => pattern.test(writer))?.[1];
  return { pid: Number(pid), refused };
}
