import { describe, expect, it } from 'vitest';
import { workerWarning } from './worker-warning.js';

// Lines as mediasoup 3.27 passes them on (worker/include/Logger.hpp: class::method() | text; node/src/Channel.ts: the pid before it).

describe('a line of a worker tells which protocol it threw a packet of away', () => {
  it.each([
    ['rtp', 'RTC::WebRtcTransport::OnRtpDataReceived() | received data is not a valid RTP packet'],
    ['rtp', 'RTC::Transport::ReceiveRtpPacket() | no suitable Producer for received RTP packet [ssrc:7]'],
    [
      'rtcp',
      'RTC::WebRtcTransport::OnRtcpDataReceived() | received data is not a valid RTCP compound or single packet',
    ],
    ['rtcp', 'RTC::RTCP::Packet::Parse() | error parsing RTPFB packet'],
    ['rtcp', 'RTC::RTCP::FeedbackPsRemb::FeedbackPsRembPacket() | invalid unique indentifier in REMB packet'],
    ['sctp', 'RTC::SCTP::Association::ReceiveSctpData() | failed to parse received SCTP packet'],
    [
      'sctp',
      'RTC::Transport::OnAssociationMessageReceived() | no suitable DataProducer for received SCTP message [streamId:9]',
    ],
  ])('%s: %s', (protocol, text) => {
    expect(workerWarning(`[pid:4711] ${text}`)).toEqual({ pid: 4711, refused: protocol });
  });

  it.each([
    // The transport's line about the same packet comes behind it.
    'RTC::RTP::Packet::Parse() | invalid packet, version must be 2',
    'RTC::Transport::OnAssociationClosed() | SCTP association closed [errorKind:PEER_REPORTED, message:bye]',
    'RTC::SCTP::OutstandingData::AbandonAllFor() | marking chunk 12 as abandoned',
    'RTC::SCTP::PacketSender::SendPacket() | could not send SCTP packet',
    'RTC::Producer::ReceiveRtpPacket() | no stream found for received packet [ssrc:7]',
  ])('nothing was thrown away: %s', (text) => {
    expect(workerWarning(`[pid:4711] ${text}`)).toEqual({ pid: 4711, refused: undefined });
  });

  it.each([
    'request failed [method:TRANSPORT_GET_STATS, id:4]: no such transport',
    '[pid:] RTC::Transport::ReceiveRtpPacket() | x',
    '[pid:4711] a text that is no line',
    '',
  ])('no line of a worker: %s', (line) => {
    expect(workerWarning(line)).toBeUndefined();
  });
});
