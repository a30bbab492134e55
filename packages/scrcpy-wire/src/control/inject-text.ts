import { utf8 } from '../bytes.js';
import { INJECT_TEXT_MAX } from '../constants.js';
import type { ControlCodec } from './codec.js';
import type { InjectText } from './message.js';

export const injectText: ControlCodec<InjectText> = {
  type: () => 1,
  encode(m) {
    const text = utf8('text', m.text, INJECT_TEXT_MAX);
    return { size: 4 + text.length, write: (out) => out.u32(text.length).data(text) };
  },
  decode: (r) => ({ kind: 'injectText', text: r.text(r.u32(), INJECT_TEXT_MAX, 'inject text') }),
};

/** Cuts a text into pieces of at most 300 bytes of UTF-8, never inside a code point. */
export function splitInjectText(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let at = 0;
  let size = 0;
  for (const point of text) {
    const code = point.codePointAt(0)!;
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
    if (size + bytes > INJECT_TEXT_MAX) {
      pieces.push(text.slice(start, at));
      start = at;
      size = 0;
    }
    size += bytes;
    at += point.length;
  }
  if (at > start) pieces.push(text.slice(start));
  return pieces;
}
