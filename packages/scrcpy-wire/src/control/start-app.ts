import { utf8 } from '../bytes.js';
import type { ControlCodec } from './codec.js';
import type { StartApp } from './message.js';

export const startApp: ControlCodec<StartApp> = {
  type: (v) => (v.major >= 3 ? 16 : undefined),
  encode(m) {
    const name = utf8('name', m.name, 0xff);
    return { size: 1 + name.length, write: (out) => out.u8(name.length).data(name) };
  },
  decode: (r) => ({ kind: 'startApp', name: r.text(r.u8(), 0xff, 'app name') }),
};
