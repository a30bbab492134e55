export { AncloudPhone } from './element.js';
export type { AncloudPhoneEvents } from './events.js';
export type { ConnectionState } from './connection.js';
export type { PictureStats } from './stats.js';
