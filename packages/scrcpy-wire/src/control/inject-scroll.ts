import { u32 } from '../bytes.js';
import { atLeast } from '../version.js';
import type { ScrcpyVersion } from '../version.js';
import type { ControlCodec } from './codec.js';
import { fromI16, toI16 } from './fixed-point.js';
import type { InjectScroll } from './message.js';
import { checkPosition, POSITION_SIZE, readPosition, writePosition } from './position.js';

/** Full scale of the i16 fields: ±16 notches since 3.3.1, ±1 before. */
const scale = (version: ScrcpyVersion): number => (atLeast(version, 3, 3, 1) ? 16 : 1);

export const injectScroll: ControlCodec<InjectScroll> = {
  type: () => 3,
  encode(m, version) {
    checkPosition(m);
    u32('buttons', m.buttons);
    const full = scale(version);
    return {
      size: POSITION_SIZE + 2 + 2 + 4,
      write(out) {
        writePosition(out, m);
        out
          .i16(toI16(m.hScroll / full))
          .i16(toI16(m.vScroll / full))
          .u32(m.buttons);
      },
    };
  },
  decode(r, version) {
    const full = scale(version);
    return {
      kind: 'injectScroll',
      ...readPosition(r),
      hScroll: fromI16(r.i16()) * full,
      vScroll: fromI16(r.i16()) * full,
      buttons: r.u32(),
    };
  },
};
