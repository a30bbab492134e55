/** Of its ICE. */
export const UFRAG = 'zjkk';
export const PWD = 'bP+XJMM09aR8AiX1jdukzR6Y';
const SECURITY = `c=IN IP4 0.0.0.0
a=ice-ufrag:${UFRAG}
a=ice-pwd:${PWD}
a=ice-options:trickle
a=fingerprint:sha-256 DA:7B:57:DC:28:CE:04:4F:31:79:85:C4:31:67:EB:27:58:29:ED:77:2A:0D:24:AE:ED:AD:30:BC:BD:F1:9C:02
a=setup:actpass`;
/** An offer such as browsers make, of one that will never connect. */
export const RECEIVER = `v=0
o=- 5228595038118931041 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
m=audio 9 UDP/TLS/RTP/SAVPF 111 0
${SECURITY}
a=mid:0
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=recvonly
a=rtcp-mux
a=rtcp-mux-only
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:0 PCMU/8000
m=video 9 UDP/TLS/RTP/SAVPF 96 109
${SECURITY}
a=mid:1
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=recvonly
a=rtcp-mux
a=rtcp-mux-only
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtpmap:109 H264/90000
a=rtcp-fb:109 nack
a=rtcp-fb:109 nack pli
a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
`.replaceAll('\n', '\r\n');

/** The same of one that sends. */
export const PUBLISHER = RECEIVER.replaceAll('a=recvonly', 'a=sendonly');
/** One more section of such. */
export const SECOND_PICTURE = PUBLISHER.slice(PUBLISHER.indexOf('m=video')).replace('a=mid:1', 'a=mid:2');

/** What it PATCHes (RFC 8840). */
export function fragment(ufrag: string, pwd: string): string {
  return [
    'a=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0',
    // A transport that nobody knows is passed over.
    'a=candidate:1387637175 1 sctp 2122260222 192.0.2.1 61764 typ host',
    'a=end-of-candidates',
    '',
  ].join('\r\n');
}
