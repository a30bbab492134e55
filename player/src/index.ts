// What `act` takes.
export { Action } from '@ancloud/contracts/input/v1/viewer';
export { AncloudPhone } from './element.js';
export type { AncloudPhoneEvents } from './events.js';
export type { ConnectionState } from './connection.js';
export type { PictureStats } from './stats.js';
