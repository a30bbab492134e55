import { blob, u16, utf8 } from '../bytes.js';
import { atLeast } from '../version.js';
import type { ScrcpyVersion } from '../version.js';
import type { ControlCodec } from './codec.js';
import type { OpenHardKeyboardSettings, UhidCreate, UhidDestroy, UhidInput } from './message.js';

const hasUhid = (v: ScrcpyVersion): boolean => atLeast(v, 2, 4);
const hasName = (v: ScrcpyVersion): boolean => atLeast(v, 2, 7);
const hasIds = (v: ScrcpyVersion): boolean => atLeast(v, 3, 1);
const DATA_MAX = 0xffff;
const NAME_MAX = 127;

/** id u16 [, vendor u16, product u16 since 3.1] [, u8 + name since 2.7], u16 + descriptor. */
export const uhidCreate: ControlCodec<UhidCreate> = {
  type: (v) => (hasUhid(v) ? 12 : undefined),
  encode(m, version) {
    u16('id', m.id);
    u16('vendorId', m.vendorId);
    u16('productId', m.productId);
    const name = utf8('name', m.name, NAME_MAX);
    const descriptor = blob('descriptor', m.descriptor, DATA_MAX);
    return {
      size: 2 + (hasIds(version) ? 4 : 0) + (hasName(version) ? 1 + name.length : 0) + 2 + descriptor.length,
      write(out) {
        out.u16(m.id);
        if (hasIds(version)) out.u16(m.vendorId).u16(m.productId);
        if (hasName(version)) out.u8(name.length).data(name);
        out.u16(descriptor.length).data(descriptor);
      },
    };
  },
  decode(r, version) {
    const id = r.u16();
    const [vendorId, productId] = hasIds(version) ? [r.u16(), r.u16()] : [0, 0];
    const name = hasName(version) ? r.text(r.u8(), 0xff, 'uhid name') : '';
    return {
      kind: 'uhidCreate',
      id,
      vendorId,
      productId,
      name,
      descriptor: r.data(r.u16(), DATA_MAX, 'descriptor'),
    };
  },
};

export const uhidInput: ControlCodec<UhidInput> = {
  type: (v) => (hasUhid(v) ? 13 : undefined),
  encode(m) {
    u16('id', m.id);
    const data = blob('data', m.data, DATA_MAX);
    return { size: 4 + data.length, write: (out) => out.u16(m.id).u16(data.length).data(data) };
  },
  decode: (r) => ({ kind: 'uhidInput', id: r.u16(), data: r.data(r.u16(), DATA_MAX, 'uhid input') }),
};

export const uhidDestroy: ControlCodec<UhidDestroy> = {
  type: (v) => (hasName(v) ? 14 : undefined),
  encode(m) {
    u16('id', m.id);
    return { size: 2, write: (out) => out.u16(m.id) };
  },
  decode: (r) => ({ kind: 'uhidDestroy', id: r.u16() }),
};

/** Took uhid destroy's place until 2.6. */
export const openHardKeyboardSettings: ControlCodec<OpenHardKeyboardSettings> = {
  type: (v) => (hasName(v) ? 15 : hasUhid(v) ? 14 : undefined),
  encode: () => ({ size: 0, write: () => undefined }),
  decode: () => ({ kind: 'openHardKeyboardSettings' }),
};
