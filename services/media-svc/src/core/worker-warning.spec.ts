import { describe, expect, it } from 'vitest';
import { workerWarning } from './worker-warning.js';

// Lines as mediasoup 3.27 passes them on (worker/include/Logger.hpp: class::method() | text; node/src/Channel.ts: the pid before it).

describe('a line of a worker tells whether it threw a packet of RTP away', () => {
  it.each([
    'RTC::WebRtcTransport::OnRtpDataReceived() | received data is not a valid RTP packet',
    'RTC::Transport::ReceiveRtpPacket() | no suitable Producer for received RTP packet [ssrc:7]',
  ])('thrown away: %s', (text) => {
    expect(workerWarning(`[pid:4711] ${text}`)).toEqual({ pid: 4711, refused: true });
  });

  it.each([
    // The transport's line about the same packet comes behind it.
    'RTC::RTP::Packet::Validate() | invalid packet, not enough space for announced padding',
    'RTC::Producer::ReceiveRtpPacket() | no stream found for received packet [ssrc:7]',
    'RTC::RTP::RetransmissionBuffer::Insert() | buffer empty after clearing too old packets [seq:1, timestamp:2]',
    'RTC::SrtpSession::EncryptRtp() | cannot encrypt RTP packet, size too big (1600 bytes)',
  ])('nothing was thrown away: %s', (text) => {
    expect(workerWarning(`[pid:4711] ${text}`)).toEqual({ pid: 4711, refused: false });
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
