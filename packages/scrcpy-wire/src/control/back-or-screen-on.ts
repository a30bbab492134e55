import { oneOf, u8 } from '../bytes.js';
import { KeyAction } from '../constants.js';
import type { ControlCodec } from './codec.js';
import type { BackOrScreenOn } from './message.js';

export const backOrScreenOn: ControlCodec<BackOrScreenOn> = {
  type: () => 4,
  encode(m) {
    u8('action', m.action);
    return { size: 1, write: (out) => out.u8(m.action) };
  },
  decode: (r) => ({ kind: 'backOrScreenOn', action: oneOf('action', r.u8(), KeyAction) }),
};
