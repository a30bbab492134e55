import type { ScrcpyVersion } from '../version.js';
import type { ControlCodec } from './codec.js';
import type { ControlMessage } from './message.js';

/** A message that is its type byte alone, since server `major`. */
function empty<M extends ControlMessage>(message: M, type: number, major = 2): ControlCodec<M> {
  return {
    type: (v: ScrcpyVersion) => (v.major >= major ? type : undefined),
    encode: () => ({ size: 0, write: () => undefined }),
    decode: () => message,
  };
}

export const expandNotificationPanel = empty({ kind: 'expandNotificationPanel' }, 5);
export const expandSettingsPanel = empty({ kind: 'expandSettingsPanel' }, 6);
export const collapsePanels = empty({ kind: 'collapsePanels' }, 7);
export const rotateDevice = empty({ kind: 'rotateDevice' }, 11);
export const resetVideo = empty({ kind: 'resetVideo' }, 17, 3);
export const cameraZoomIn = empty({ kind: 'cameraZoomIn' }, 19, 4);
export const cameraZoomOut = empty({ kind: 'cameraZoomOut' }, 20, 4);
