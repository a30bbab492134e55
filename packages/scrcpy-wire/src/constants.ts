/** Numbers of the scrcpy protocol and of the Android input system it injects into. */

/** Longest control message, bytes (ControlMessageReader.java). */
export const CONTROL_MESSAGE_MAX = 1 << 18;
/** Longest text of one inject-text message, bytes of UTF-8. */
export const INJECT_TEXT_MAX = 300;
/** Longest text of a set-clipboard message, bytes of UTF-8. */
export const SET_CLIPBOARD_TEXT_MAX = CONTROL_MESSAGE_MAX - 14;
/** Longest text of a clipboard device message, bytes of UTF-8 (DeviceMessageWriter.java). */
export const DEVICE_CLIPBOARD_TEXT_MAX = CONTROL_MESSAGE_MAX - 5;
/** Longest path of a scan-file message, bytes of UTF-8 (app/src/control_msg.h). */
export const SCAN_FILE_PATH_MAX = 256;
/** Length of the device name field, bytes; the name itself has at most one byte less. */
export const DEVICE_NAME_LENGTH = 64;
/** Fingers the server tracks at once (PointersState.java); a further one is ignored. */
export const MAX_POINTERS = 10;

/** MotionEvent actions. The server turns DOWN/UP of further fingers into POINTER_DOWN/POINTER_UP. */
export const TouchAction = { Down: 0, Up: 1, Move: 2, Cancel: 3, HoverMove: 7 } as const;
export type TouchAction = (typeof TouchAction)[keyof typeof TouchAction];

/** KeyEvent actions. */
export const KeyAction = { Down: 0, Up: 1 } as const;
export type KeyAction = (typeof KeyAction)[keyof typeof KeyAction];

/** What get-clipboard presses before it reads. */
export const CopyKey = { None: 0, Copy: 1, Cut: 2 } as const;
export type CopyKey = (typeof CopyKey)[keyof typeof CopyKey];

/**
 * Reserved pointer ids, u64; any other id is a finger of that number.
 * In 2.0-2.6 the virtual finger was -4 (and -3 a virtual mouse).
 */
export const PointerId = {
  Mouse: 0xffff_ffff_ffff_ffffn,
  GenericFinger: 0xffff_ffff_ffff_fffen,
  VirtualFinger: 0xffff_ffff_ffff_fffdn,
} as const;

/** MotionEvent button bits. */
export const Button = { Primary: 1, Secondary: 2, Tertiary: 4, Back: 8, Forward: 16 } as const;

/** KeyEvent meta state bits (the ones a remote keyboard needs). */
export const Meta = { Shift: 0x1, Alt: 0x2, Ctrl: 0x1000, MetaKey: 0x10000, CapsLock: 0x100000 } as const;

/** KeyEvent codes that a remote control needs by name. */
export const KeyCode = {
  Home: 3,
  Back: 4,
  DpadUp: 19,
  DpadDown: 20,
  DpadLeft: 21,
  DpadRight: 22,
  VolumeUp: 24,
  VolumeDown: 25,
  Power: 26,
  Tab: 61,
  Enter: 66,
  Del: 67,
  Menu: 82,
  PageUp: 92,
  PageDown: 93,
  Escape: 111,
  ForwardDel: 112,
  MoveHome: 122,
  MoveEnd: 123,
  AppSwitch: 187,
} as const;
