export * from './campaign.js';
export { type KeyParams, keyOf, paramsOf } from './keys.js';
export * from './lease.js';
export * from './records.js';
export { luaNow, type Script } from './scripts.js';
export * from './state.js';
export * from './status.js';
export * from './watch.js';
