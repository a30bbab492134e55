import type { ControlCodec } from './codec.js';
import type { CameraSetTorch } from './message.js';

export const cameraSetTorch: ControlCodec<CameraSetTorch> = {
  type: (v) => (v.major >= 4 ? 18 : undefined),
  encode: (m) => ({ size: 1, write: (out) => out.u8(m.on ? 1 : 0) }),
  decode: (r) => ({ kind: 'cameraSetTorch', on: r.u8() !== 0 }),
};
