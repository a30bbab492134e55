import { u16 } from '../bytes.js';
import type { ControlCodec } from './codec.js';
import type { ResizeDisplay } from './message.js';

export const resizeDisplay: ControlCodec<ResizeDisplay> = {
  type: (v) => (v.major >= 4 ? 21 : undefined),
  encode(m) {
    u16('width', m.width);
    u16('height', m.height);
    return { size: 4, write: (out) => out.u16(m.width).u16(m.height) };
  },
  decode: (r) => ({ kind: 'resizeDisplay', width: r.u16(), height: r.u16() }),
};
