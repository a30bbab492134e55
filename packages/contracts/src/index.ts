export * from './boot-properties.js';
export * from './codes.js';
export * from './ice.js';
export * from './ids.js';
export * from './keys.js';
export * from './roles.js';
export * from './subjects.js';
export * as viewer from './viewer.js';
