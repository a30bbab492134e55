import type { ControlEvent } from '@ancloud/contracts/input/v1/input';

/**
 * Text on its way into the phone. scrcpy types by the virtual keyboard's character map (Controller.java injectChar), which
 * has keys for ASCII and for little else (AOSP frameworks/base/data/keyboards/Virtual.kcm), and drops the rest without a word to
 * us; so anything else goes as scrcpy's own clients send it, by the clipboard. Whole: half of a word typed and half of it
 * pasted would stand in the order in which the phone comes to them.
 */
export function textEvent(text: string, keysOnly: boolean): NonNullable<ControlEvent['event']> {
  return keysOnly || hasKeys(text)
    ? { $case: 'text', value: { text, keysOnly } }
    : { $case: 'clipboard', value: { set: true, text, paste: true } };
}

/** Whether every character has keys: printable ASCII, line feed and tab. */
function hasKeys(text: string): boolean {
  return /^[\x20-\x7e\n\t]*$/.test(text);
}
