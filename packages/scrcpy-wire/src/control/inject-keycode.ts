import { oneOf, u32, u8 } from '../bytes.js';
import { KeyAction } from '../constants.js';
import type { ControlCodec } from './codec.js';
import type { InjectKeycode } from './message.js';

export const injectKeycode: ControlCodec<InjectKeycode> = {
  type: () => 0,
  encode(m) {
    u8('action', m.action);
    u32('keycode', m.keycode);
    u32('repeat', m.repeat);
    u32('metaState', m.metaState);
    return { size: 13, write: (out) => out.u8(m.action).u32(m.keycode).u32(m.repeat).u32(m.metaState) };
  },
  decode: (r) => ({
    kind: 'injectKeycode',
    action: oneOf('action', r.u8(), KeyAction),
    keycode: r.u32(),
    repeat: r.u32(),
    metaState: r.u32(),
  }),
};
