/** Fakes that behave, for the specs of services: a phone that serves scrcpy sockets, a clock, eventually(). */
export { eventually } from './eventually.js';
export type { EventuallyOptions } from './eventually.js';
export { FakePhone } from './fake-phone.js';
export type { FakePhoneOptions, FakeSocket } from './fake-phone.js';
export { ManualClock } from './manual-clock.js';
export type { ManualTimer } from './manual-clock.js';
export { SyntheticH264 } from './synthetic-h264.js';
