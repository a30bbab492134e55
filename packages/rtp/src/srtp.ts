import { type Aead, AEAD_AAD_SIZE, AEAD_TAG_SIZE, type AeadOf, nodeAead } from './aead.js';
import { RTP_HEADER_SIZE } from './header.js';
import { srtpSessionKeys } from './srtp-keys.js';
import type { SrtpMaster, SrtpSessionKeys } from './srtp-keys.js';

/** Bytes by which a packet grows: RTP by the tag, RTCP by its index too. */
export const SRTP_TAG_SIZE = AEAD_TAG_SIZE;
export const SRTCP_TRAILER_SIZE = SRTP_TAG_SIZE + 4;

/** Before it RTCP is plain: type, length, SSRC (RFC 7714 §9.1). */
const RTCP_PREFIX = 8;
/** "This one is encrypted", beside the index. */
const E_FLAG = 0x8000_0000;

/** One SSRC of a sender, as RFC 3711 §3.2.3 has it. */
interface SrtpStream {
  /** RTP: salt ⊕ SSRC, to which each packet's index is added, and the salt's words there. */
  readonly rtp: Nonce;
  readonly rtcp: Nonce;
  /** How often the sequence number has wrapped. */
  rollovers: number;
  /** -1 before the first. */
  sequence: number;
  /** Of the next RTCP packet. */
  report: number;
}

/**
 * RTP and RTCP → SRTP and SRTCP by an AEAD (RFC 3711, RFC 7714), for all SSRCs that one key serves.
 *
 * **A key may have one sender, for good**: an AEAD whose nonce is used twice gives its authentication away. The nonce is SSRC and index,
 * so within this object each packet's index is above all before, whatever sequence numbers it is given; whoever makes a second one
 * takes another key. An SSRC's 2^48 packets and 2^31 reports last for longer than any phone's session.
 *
 * Owned by who made it, who closes it. Hot: `aeadOf` is `opensslAead` where many packets are to be encrypted.
 */
export class SrtpSender {
  readonly #salts: { readonly rtp: Uint8Array; readonly rtcp: Uint8Array };
  readonly #rtp: Aead;
  readonly #rtcp: Aead;
  readonly #streams = new Map<number, SrtpStream>();
  /** Of the packet at hand. */
  readonly #aad = new Uint8Array(AEAD_AAD_SIZE);

  /** @throws RtpError RTP_VALUE for a key of another length than its suite has. */
  static fromMaster(master: SrtpMaster, aeadOf: AeadOf = nodeAead): SrtpSender {
    const keys = srtpSessionKeys(master);
    try {
      return new SrtpSender(keys, aeadOf);
    } finally {
      // Each aead has its own copy.
      keys.rtp.key.fill(0);
      keys.rtcp.key.fill(0);
    }
  }

  constructor({ rtp, rtcp }: SrtpSessionKeys, aeadOf: AeadOf = nodeAead) {
    this.#salts = { rtp: rtp.salt, rtcp: rtcp.salt };
    this.#rtp = aeadOf(rtp.key);
    try {
      this.#rtcp = aeadOf(rtcp.key);
    } catch (error) {
      this.#rtp.close();
      throw error;
    }
  }

  /**
   * Encrypts the RTP packet in `bytes[start, end)`, where it lies; its header is one of 12 bytes, without sources and extension, as
   * `writeHeader` writes it. @returns where it ends now: SRTP_TAG_SIZE further, which must be free.
   * @throws RtpError RTP_CIPHER: then it may be plain, and is not to be sent.
   */
  rtp(bytes: Uint8Array, start: number, end: number): number {
    const stream = this.#streamOf(word(bytes, start + 8));
    const sequence = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    if (sequence <= stream.sequence) stream.rollovers += 1;
    stream.sequence = sequence;
    const { rtp } = stream;
    // SSRC, then 32 bits of rollovers, then 16 of sequence number (RFC 7714 §8.1).
    rtp.set(6, (stream.rollovers >>> 16) & 0xffff);
    rtp.set(8, stream.rollovers & 0xffff);
    rtp.set(10, sequence);
    const aad = this.#aad;
    for (let i = 0; i < RTP_HEADER_SIZE; i += 1) aad[i] = bytes[start + i]!;
    return this.#rtp.seal(rtp.bytes, aad, bytes, start + RTP_HEADER_SIZE, end);
  }

  /** As `rtp`, for an RTCP packet, compound or not. @returns where it ends now: SRTCP_TRAILER_SIZE further. */
  rtcp(bytes: Uint8Array, start: number, end: number): number {
    const stream = this.#streamOf(word(bytes, start + 4));
    const index = stream.report;
    stream.report += 1;
    const { rtcp } = stream;
    rtcp.set(8, index >>> 16);
    rtcp.set(10, index & 0xffff);
    // RFC 7714 §9.2: the plain words, then the index with its flag, which is sent behind the tag.
    const aad = this.#aad;
    for (let i = 0; i < RTCP_PREFIX; i += 1) aad[i] = bytes[start + i]!;
    for (let i = 0; i < 4; i += 1) aad[RTCP_PREFIX + i] = (E_FLAG | index) >>> (24 - 8 * i);
    const sealed = this.#rtcp.seal(rtcp.bytes, aad, bytes, start + RTCP_PREFIX, end);
    bytes.set(aad.subarray(RTCP_PREFIX), sealed);
    return sealed + 4;
  }

  /** Forgets the keys; nothing can be encrypted any more. May be called twice. */
  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }

  #streamOf(ssrc: number): SrtpStream {
    let stream = this.#streams.get(ssrc);
    if (stream === undefined) {
      const { rtp, rtcp } = this.#salts;
      stream = {
        rtp: new Nonce(rtp, ssrc),
        rtcp: new Nonce(rtcp, ssrc),
        rollovers: 0,
        sequence: -1,
        report: 0,
      };
      this.#streams.set(ssrc, stream);
    }
    return stream;
  }
}

/** 12 bytes: the salt, with SSRC and index added in (⊕). Written over from packet to packet. */
class Nonce {
  readonly bytes: Uint8Array;
  readonly #base: Uint8Array;

  constructor(salt: Uint8Array, ssrc: number) {
    this.bytes = new Uint8Array(salt);
    for (let i = 0; i < 4; i += 1) this.bytes[2 + i]! ^= ssrc >>> (24 - 8 * i);
    this.#base = this.bytes.slice();
  }

  /** Puts 16 bits at `at`. */
  set(at: number, value: number): void {
    this.bytes[at] = this.#base[at]! ^ (value >>> 8);
    this.bytes[at + 1] = this.#base[at + 1]! ^ (value & 0xff);
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
