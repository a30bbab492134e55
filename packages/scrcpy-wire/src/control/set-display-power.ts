import { ScrcpyError } from '../errors.js';
import type { ControlCodec } from './codec.js';
import type { SetDisplayPower } from './message.js';

/** 2.x: SurfaceControl's POWER_MODE_OFF and POWER_MODE_NORMAL; since 3.0 a boolean. */
const OFF = 0;
const NORMAL = 2;

export const setDisplayPower: ControlCodec<SetDisplayPower> = {
  type: () => 10,
  encode(m, version) {
    const on = version.major >= 3 ? 1 : NORMAL;
    return { size: 1, write: (out) => out.u8(m.on ? on : OFF) };
  },
  decode(r, version) {
    const mode = r.u8();
    if (version.major < 3 && mode !== OFF && mode !== NORMAL)
      throw new ScrcpyError('SCRCPY_MALFORMED', `screen power mode is ${mode}; 0 and 2 exist`);
    return { kind: 'setDisplayPower', on: mode !== OFF };
  },
};
