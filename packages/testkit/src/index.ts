/**
 * Fakes that behave, for specs and scenarios: a phone that serves scrcpy sockets, a clock, eventually(), a browser's machine whose network
 * changes, damage for fuzz targets, a reader of what is encrypted, and what a process holds.
 */
export { chromiumProgram } from './chromium-program.js';
export { damagedBytes, damagedJson, damagedLines, FUZZ_MS, fuzzSettings, resummed } from './damage.js';
export { eventually } from './eventually.js';
export type { EventuallyOptions } from './eventually.js';
export { FakePhone } from './fake-phone.js';
export type { FakePhoneOptions, FakeSocket } from './fake-phone.js';
export { LiveHeap } from './live-heap.js';
export { ManualClock } from './manual-clock.js';
export type { ManualTimer } from './manual-clock.js';
export { box, track, u32 } from './mp4-boxes.js';
export { openSrtcp, openSrtp } from './srtp.js';
export { SyntheticH264 } from './synthetic-h264.js';
export { TwoCables } from './two-cables.js';
export type { CableName } from './two-cables.js';
