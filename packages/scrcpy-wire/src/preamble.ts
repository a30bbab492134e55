import { utf8 } from './bytes.js';
import { DEVICE_NAME_LENGTH } from './constants.js';
import { ScrcpyError } from './errors.js';

export interface PreambleOptions {
  /** The server sends one byte 0 first: tunnel_forward=true with send_dummy_byte=true. */
  readonly dummyByte: boolean;
  /** The server then sends its name in 64 bytes: send_device_meta=true. */
  readonly deviceMeta: boolean;
}

export interface Preamble {
  /** The phone's model name, or undefined when the server does not send it. */
  readonly deviceName: string | undefined;
}

export interface PreambleParser {
  /**
   * Takes the next bytes of the first socket.
   * @returns undefined while incomplete; once complete, the preamble and a view of the chunk's bytes behind it, which
   *   belong to the stream that follows. Do not push again after that.
   * @throws ScrcpyError SCRCPY_MALFORMED when the dummy byte is not 0.
   */
  push(chunk: Uint8Array): { preamble: Preamble; rest: Uint8Array } | undefined;
}

/** What precedes everything else on the first socket of a server, whichever that is (DesktopConnection.java). */
export function createPreambleParser({ dummyByte, deviceMeta }: PreambleOptions): PreambleParser {
  const head = dummyByte ? 1 : 0;
  const bytes = new Uint8Array(head + (deviceMeta ? DEVICE_NAME_LENGTH : 0));
  let have = 0;
  return {
    push(chunk) {
      const take = Math.min(bytes.length - have, chunk.length);
      bytes.set(chunk.subarray(0, take), have);
      have += take;
      if (have > 0 && dummyByte && bytes[0] !== 0)
        throw new ScrcpyError('SCRCPY_MALFORMED', `the first byte is ${bytes[0]}, a scrcpy server sends 0`);
      if (have < bytes.length) return undefined;
      const name = bytes.subarray(head);
      const nul = name.indexOf(0);
      const deviceName = deviceMeta
        ? new TextDecoder().decode(name.subarray(0, nul < 0 ? name.length : nul))
        : undefined;
      return { preamble: { deviceName }, rest: chunk.subarray(take) };
    },
  };
}

/** The server's side of the preamble. @throws ScrcpyError SCRCPY_VALUE for a name above 63 bytes. */
export function encodePreamble(options: PreambleOptions, deviceName: string): Uint8Array {
  const head = options.dummyByte ? 1 : 0;
  if (!options.deviceMeta) return new Uint8Array(head);
  const bytes = new Uint8Array(head + DEVICE_NAME_LENGTH);
  bytes.set(utf8('deviceName', deviceName, DEVICE_NAME_LENGTH - 1), head);
  return bytes;
}
