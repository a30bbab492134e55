import { oneOf, u32, u64, u8 } from '../bytes.js';
import { TouchAction } from '../constants.js';
import type { ControlCodec } from './codec.js';
import { fromU16, toU16 } from './fixed-point.js';
import type { InjectTouch } from './message.js';
import { checkPosition, POSITION_SIZE, readPosition, writePosition } from './position.js';

export const injectTouch: ControlCodec<InjectTouch> = {
  type: () => 2,
  encode(m) {
    u8('action', m.action);
    u64('pointerId', m.pointerId);
    checkPosition(m);
    u32('actionButton', m.actionButton);
    u32('buttons', m.buttons);
    return {
      size: 1 + 8 + POSITION_SIZE + 2 + 4 + 4,
      write(out) {
        out.u8(m.action).u64(m.pointerId);
        writePosition(out, m);
        out.u16(toU16(m.pressure)).u32(m.actionButton).u32(m.buttons);
      },
    };
  },
  decode: (r) => ({
    kind: 'injectTouch',
    action: oneOf('action', r.u8(), TouchAction),
    pointerId: r.u64(),
    ...readPosition(r),
    pressure: fromU16(r.u16()),
    actionButton: r.u32(),
    buttons: r.u32(),
  }),
};
