import { utf8 } from '../bytes.js';
import { SCAN_FILE_PATH_MAX } from '../constants.js';
import { atLeast } from '../version.js';
import type { ControlCodec } from './codec.js';
import type { ScanFile } from './message.js';

export const scanFile: ControlCodec<ScanFile> = {
  type: (v) => (atLeast(v, 4, 1) ? 22 : undefined),
  encode(m) {
    const path = utf8('path', m.path, SCAN_FILE_PATH_MAX);
    return { size: 4 + path.length, write: (out) => out.u32(path.length).data(path) };
  },
  decode: (r) => ({ kind: 'scanFile', path: r.text(r.u32(), SCAN_FILE_PATH_MAX, 'path') }),
};
