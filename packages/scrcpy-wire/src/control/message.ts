import type { CopyKey, KeyAction, TouchAction } from '../constants.js';

/** A point, and the size of the picture it was taken in. */
export interface Position {
  /** Pixels within width×height, i32. */
  readonly x: number;
  readonly y: number;
  /** The size of the last session; **the server silently drops an event of any other size**. u16. */
  readonly width: number;
  readonly height: number;
}

/** 0. A key of Android's KeyEvent. */
export interface InjectKeycode {
  readonly kind: 'injectKeycode';
  readonly action: KeyAction;
  /** KeyEvent.KEYCODE_*, u32. */
  readonly keycode: number;
  /** 0 for the first press, then 1, 2, … while held. */
  readonly repeat: number;
  /** KeyEvent.META_* bits. */
  readonly metaState: number;
}
/** 1. Text typed through the phone's key character map; what has no key there is lost (use the clipboard). */
export interface InjectText {
  readonly kind: 'injectText';
  /** At most 300 bytes of UTF-8; see splitInjectText. */
  readonly text: string;
}
/** 2. One finger or the mouse. A finger is freed by Up only: a Cancel leaves a phantom. */
export interface InjectTouch extends Position {
  readonly kind: 'injectTouch';
  readonly action: TouchAction;
  /** u64; see PointerId for the reserved ones. */
  readonly pointerId: bigint;
  /** 0 to 1; 1 is an ordinary finger, 0 for Up. Wire: u16, 0xffff = 1. */
  readonly pressure: number;
  /** The mouse button that changed; 0 for fingers. */
  readonly actionButton: number;
  /** Mouse buttons held; 0 for fingers. */
  readonly buttons: number;
}
/** 3. A mouse wheel. */
export interface InjectScroll extends Position {
  readonly kind: 'injectScroll';
  /** Notches, -16 to 16 (to 3.3: -1 to 1); what is beyond is clamped, as scrcpy's client does. */
  readonly hScroll: number;
  readonly vScroll: number;
  readonly buttons: number;
}
/** 4. Back, or wakes the screen when it is off. */
export interface BackOrScreenOn {
  readonly kind: 'backOrScreenOn';
  readonly action: KeyAction;
}
/** 5 */
export interface ExpandNotificationPanel {
  readonly kind: 'expandNotificationPanel';
}
/** 6 */
export interface ExpandSettingsPanel {
  readonly kind: 'expandSettingsPanel';
}
/** 7 */
export interface CollapsePanels {
  readonly kind: 'collapsePanels';
}
/** 8. Answered by a clipboard device message (with clipboard_autosync only when the text changes by copyKey). */
export interface GetClipboard {
  readonly kind: 'getClipboard';
  readonly copyKey: CopyKey;
}
/** 9 */
export interface SetClipboard {
  readonly kind: 'setClipboard';
  /** Named again by the ackClipboard device message; 0 asks for none. u64. */
  readonly sequence: bigint;
  /** Also press PASTE. */
  readonly paste: boolean;
  /** At most 2^18 - 14 bytes of UTF-8. */
  readonly text: string;
}
/** 10. The physical display; 2.x calls it screen power mode and takes 0 (off) or 2 (normal). */
export interface SetDisplayPower {
  readonly kind: 'setDisplayPower';
  readonly on: boolean;
}
/** 11 */
export interface RotateDevice {
  readonly kind: 'rotateDevice';
}
/** 12 (2.4). UHID lives in the host's input layer, visible to every container: do not use it in a farm. */
export interface UhidCreate {
  readonly kind: 'uhidCreate';
  readonly id: number;
  /** On the wire since 3.1; 0 when read from an older client. */
  readonly vendorId: number;
  readonly productId: number;
  /** On the wire since 2.7, at most 127 bytes of UTF-8; '' when read from an older client. */
  readonly name: string;
  /** HID report descriptor. */
  readonly descriptor: Uint8Array;
}
/** 13 (2.4) */
export interface UhidInput {
  readonly kind: 'uhidInput';
  readonly id: number;
  readonly data: Uint8Array;
}
/** 14 (2.7) */
export interface UhidDestroy {
  readonly kind: 'uhidDestroy';
  readonly id: number;
}
/** 15 since 2.7, 14 in 2.4-2.6 */
export interface OpenHardKeyboardSettings {
  readonly kind: 'openHardKeyboardSettings';
}
/** 16 (3.0) */
export interface StartApp {
  readonly kind: 'startApp';
  /** Package; prefix '+' = force-stop first, '?' = search by label. At most 255 bytes of UTF-8. */
  readonly name: string;
}
/** 17 (3.0). Restarts the encoder: the only way to ask for a key frame. */
export interface ResetVideo {
  readonly kind: 'resetVideo';
}
/** 18 (4.0) */
export interface CameraSetTorch {
  readonly kind: 'cameraSetTorch';
  readonly on: boolean;
}
/** 19 (4.0) */
export interface CameraZoomIn {
  readonly kind: 'cameraZoomIn';
}
/** 20 (4.0) */
export interface CameraZoomOut {
  readonly kind: 'cameraZoomOut';
}
/** 21 (4.0). Flex displays only. */
export interface ResizeDisplay {
  readonly kind: 'resizeDisplay';
  readonly width: number;
  readonly height: number;
}
/** 22 (4.1). Tells the media scanner of a pushed file. */
export interface ScanFile {
  readonly kind: 'scanFile';
  /** At most 256 bytes of UTF-8. */
  readonly path: string;
}

/** Everything a client may say on the control socket (ControlMessage.java of v2.0 to v4.1). */
export type ControlMessage =
  | InjectKeycode
  | InjectText
  | InjectTouch
  | InjectScroll
  | BackOrScreenOn
  | ExpandNotificationPanel
  | ExpandSettingsPanel
  | CollapsePanels
  | GetClipboard
  | SetClipboard
  | SetDisplayPower
  | RotateDevice
  | UhidCreate
  | UhidInput
  | UhidDestroy
  | OpenHardKeyboardSettings
  | StartApp
  | ResetVideo
  | CameraSetTorch
  | CameraZoomIn
  | CameraZoomOut
  | ResizeDisplay
  | ScanFile;

export type ControlKind = ControlMessage['kind'];
