export { AncloudPhone, type AncloudPhoneEvents } from './element.js';
export type { ConnectionState } from './connection.js';
export type { PictureStats } from './stats.js';
