import { blob, ByteWriter, u16, u64, utf8 } from './bytes.js';
import { CONTROL_MESSAGE_MAX, DEVICE_CLIPBOARD_TEXT_MAX } from './constants.js';
import { ScrcpyError } from './errors.js';
import { createMessageStream } from './message-stream.js';
import type { MessageStream } from './message-stream.js';

/** What the server says on the control socket (DeviceMessageWriter.java). */
export type DeviceMessage =
  /** The phone's clipboard changed (clipboard_autosync), or the answer to get-clipboard. */
  | { readonly kind: 'clipboard'; readonly text: string }
  /** A set-clipboard with this non-zero sequence was done. */
  | { readonly kind: 'ackClipboard'; readonly sequence: bigint }
  /** Output report of a UHID device (2.4). */
  | { readonly kind: 'uhidOutput'; readonly id: number; readonly data: Uint8Array };

export interface DeviceMessageParserOptions {
  /** Called synchronously from push(), in stream order; the message owns its bytes. */
  readonly onMessage: (message: DeviceMessage) => void;
  /** Longest clipboard text accepted, bytes of UTF-8. Default and largest the protocol allows: 2^18 - 5. */
  readonly maxClipboard?: number;
}

/** Bytes of one device message. @throws ScrcpyError SCRCPY_VALUE */
export function serializeDeviceMessage(message: DeviceMessage): Uint8Array {
  if (message.kind === 'clipboard') {
    const text = utf8('text', message.text, DEVICE_CLIPBOARD_TEXT_MAX);
    return new ByteWriter(5 + text.length).u8(0).u32(text.length).data(text).bytes;
  }
  if (message.kind === 'ackClipboard')
    return new ByteWriter(9).u8(1).u64(u64('sequence', message.sequence)).bytes;
  const data = blob('data', message.data, 0xffff);
  const out = new ByteWriter(5 + data.length);
  return out.u8(2).u16(u16('id', message.id)).u16(data.length).data(data).bytes;
}

/**
 * A parser of the control socket's device-to-client direction (after the preamble when it is the first socket).
 * push() throws ScrcpyError SCRCPY_MESSAGE_UNKNOWN or SCRCPY_TOO_LARGE.
 */
export function createDeviceMessageParser(options: DeviceMessageParserOptions): MessageStream {
  const { onMessage, maxClipboard = DEVICE_CLIPBOARD_TEXT_MAX } = options;
  return createMessageStream((reader) => {
    const type = reader.u8();
    switch (type) {
      case 0:
        return onMessage({ kind: 'clipboard', text: reader.text(reader.u32(), maxClipboard, 'clipboard') });
      case 1:
        return onMessage({ kind: 'ackClipboard', sequence: reader.u64() });
      case 2: {
        const id = reader.u16();
        return onMessage({
          kind: 'uhidOutput',
          id,
          data: reader.data(reader.u16(), CONTROL_MESSAGE_MAX, 'uhid output'),
        });
      }
      default:
        throw new ScrcpyError('SCRCPY_MESSAGE_UNKNOWN', `device message type ${type} is not known`);
    }
  });
}
