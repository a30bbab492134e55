import type { ByteReader, ByteWriter } from '../bytes.js';
import type { ScrcpyVersion } from '../version.js';
import type { ControlKind, ControlMessage } from './message.js';

/** How one kind of message stands on the wire, behind its type byte. */
export interface ControlCodec<M extends ControlMessage> {
  /** Type byte in this server version; undefined when it has no such message. */
  type(version: ScrcpyVersion): number | undefined;
  /** Checks the fields and gives the body. @throws ScrcpyError SCRCPY_VALUE */
  encode(message: M, version: ScrcpyVersion): { size: number; write(out: ByteWriter): void };
  /** Reads the body; throws NEED_MORE while it is incomplete. */
  decode(reader: ByteReader, version: ScrcpyVersion): M;
}

/** One codec per kind: a kind without one does not compile. */
export type ControlCodecs = {
  readonly [K in ControlKind]: ControlCodec<Extract<ControlMessage, { kind: K }>>;
};
