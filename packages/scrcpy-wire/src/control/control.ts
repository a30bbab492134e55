import { ByteWriter } from '../bytes.js';
import { ScrcpyError } from '../errors.js';
import { createMessageStream } from '../message-stream.js';
import type { MessageStream } from '../message-stream.js';
import type { ScrcpyVersion } from '../version.js';
import { backOrScreenOn } from './back-or-screen-on.js';
import { cameraSetTorch } from './camera-set-torch.js';
import { getClipboard, setClipboard } from './clipboard.js';
import type { ControlCodec, ControlCodecs } from './codec.js';
import {
  cameraZoomIn,
  cameraZoomOut,
  collapsePanels,
  expandNotificationPanel,
  expandSettingsPanel,
  resetVideo,
  rotateDevice,
} from './empty.js';
import { injectKeycode } from './inject-keycode.js';
import { injectScroll } from './inject-scroll.js';
import { injectText } from './inject-text.js';
import { injectTouch } from './inject-touch.js';
import type { ControlKind, ControlMessage } from './message.js';
import { resizeDisplay } from './resize-display.js';
import { scanFile } from './scan-file.js';
import { setDisplayPower } from './set-display-power.js';
import { startApp } from './start-app.js';
import { openHardKeyboardSettings, uhidCreate, uhidDestroy, uhidInput } from './uhid.js';

const CODECS: ControlCodecs = {
  injectKeycode,
  injectText,
  injectTouch,
  injectScroll,
  backOrScreenOn,
  expandNotificationPanel,
  expandSettingsPanel,
  collapsePanels,
  getClipboard,
  setClipboard,
  setDisplayPower,
  rotateDevice,
  uhidCreate,
  uhidInput,
  uhidDestroy,
  openHardKeyboardSettings,
  startApp,
  resetVideo,
  cameraSetTorch,
  cameraZoomIn,
  cameraZoomOut,
  resizeDisplay,
  scanFile,
};

// Methods are bivariant, so each codec passes as one of any message; it is only ever given its own kind.
const codecOf = (kind: ControlKind): ControlCodec<ControlMessage> => CODECS[kind];

/** Whether the server of this version knows the message. */
export function supportsControl(kind: ControlKind, version: ScrcpyVersion): boolean {
  return codecOf(kind).type(version) !== undefined;
}

/**
 * Bytes of one control message as this server version reads them; a fresh buffer that the caller owns.
 * @throws ScrcpyError SCRCPY_MESSAGE_UNSUPPORTED (sending it anyway would end the channel), SCRCPY_VALUE
 */
export function serializeControl(message: ControlMessage, version: ScrcpyVersion): Uint8Array<ArrayBuffer> {
  const codec = codecOf(message.kind);
  const type = codec.type(version);
  if (type === undefined)
    throw new ScrcpyError(
      'SCRCPY_MESSAGE_UNSUPPORTED',
      `scrcpy ${version.text} has no ${message.kind} message; use a newer server`,
    );
  const body = codec.encode(message, version);
  const out = new ByteWriter(1 + body.size);
  out.u8(type);
  body.write(out);
  return out.bytes;
}

export interface ControlParserOptions {
  readonly version: ScrcpyVersion;
  /** Called synchronously from push(), in stream order; the message owns its bytes. */
  readonly onMessage: (message: ControlMessage) => void;
}

/**
 * The server's side: a parser of the client-to-device direction, as ControlMessageReader.java but with the limits
 * checked before the bytes are awaited, and unknown actions refused.
 * push() throws ScrcpyError SCRCPY_MESSAGE_UNKNOWN, SCRCPY_TOO_LARGE or SCRCPY_MALFORMED.
 */
export function createControlParser({ version, onMessage }: ControlParserOptions): MessageStream {
  const byType = new Map<number, ControlCodec<ControlMessage>>();
  for (const codec of Object.values<ControlCodec<ControlMessage>>(CODECS)) {
    const type = codec.type(version);
    if (type !== undefined) byType.set(type, codec);
  }
  return createMessageStream((reader) => {
    const type = reader.u8();
    const codec = byType.get(type);
    if (codec === undefined)
      throw new ScrcpyError(
        'SCRCPY_MESSAGE_UNKNOWN',
        `scrcpy ${version.text} has no control message ${type}`,
      );
    onMessage(codec.decode(reader, version));
  });
}
