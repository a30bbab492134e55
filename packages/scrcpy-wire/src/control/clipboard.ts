import { oneOf, u64, u8, utf8 } from '../bytes.js';
import { CopyKey, SET_CLIPBOARD_TEXT_MAX } from '../constants.js';
import type { ControlCodec } from './codec.js';
import type { GetClipboard, SetClipboard } from './message.js';

export const getClipboard: ControlCodec<GetClipboard> = {
  type: () => 8,
  encode(m) {
    u8('copyKey', m.copyKey);
    return { size: 1, write: (out) => out.u8(m.copyKey) };
  },
  decode: (r) => ({ kind: 'getClipboard', copyKey: oneOf('copyKey', r.u8(), CopyKey) }),
};

export const setClipboard: ControlCodec<SetClipboard> = {
  type: () => 9,
  encode(m) {
    u64('sequence', m.sequence);
    const text = utf8('text', m.text, SET_CLIPBOARD_TEXT_MAX);
    return {
      size: 8 + 1 + 4 + text.length,
      write: (out) =>
        out
          .u64(m.sequence)
          .u8(m.paste ? 1 : 0)
          .u32(text.length)
          .data(text),
    };
  },
  decode: (r) => ({
    kind: 'setClipboard',
    sequence: r.u64(),
    paste: r.u8() !== 0,
    text: r.text(r.u32(), SET_CLIPBOARD_TEXT_MAX, 'clipboard text'),
  }),
};
