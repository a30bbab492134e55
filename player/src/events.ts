import type {
  ClientNotifications,
  ClientRequests,
  RoleWord,
  ServerNotifications,
} from '@ancloud/contracts/viewer';
import type { Steps } from './arrival.js';
import type { ConnectionState } from './connection.js';
import type { KeyMode } from './keyboard-input.js';
import type { PictureStats } from './stats.js';

/** Of the answer to a join, what the element goes by. */
export type Joined = Pick<
  ClientRequests['join']['reply'],
  'viewer' | 'phone' | 'role' | 'hasAudio' | 'gamepad'
>;

/** Events of `<ancloud-phone>`; all are CustomEvents that bubble. */
export interface AncloudPhoneEvents {
  /** The connection's state changed. `code` is one of ancloud's stable codes, or empty. */
  state: CustomEvent<{ state: ConnectionState; why: string; code: string }>;
  /** The farm let this viewer in (again). */
  joined: CustomEvent<{ viewer: string; phone: string; role: RoleWord }>;
  /** First frame of this token's connection was shown; `steps` tells what took how long. */
  firstframe: CustomEvent<{ width: number; height: number; steps: Steps }>;
  /** The picture goes on in another size: the link did not take the phone's own, or takes it again. */
  layer: CustomEvent<{ layer: ServerNotifications['layer']['layer'] }>;
  /** The phone is heard from now on, or no more: by its button, by `muted`, or since the browser let nothing sound yet. */
  sound: CustomEvent<{ muted: boolean }>;
  /** The viewer has chosen by the button how its keys are sent; the attribute `keys` says the same. */
  keys: CustomEvent<{ keys: KeyMode }>;
  /** Who holds the controls, and who waits for them. */
  control: CustomEvent<ServerNotifications['control']>;
  /** The phone's clipboard came. */
  clipboard: CustomEvent<{ text: string }>;
  /** Once a second. */
  stats: CustomEvent<PictureStats>;
  /** Each 5 s, as the farm is told: stalls, delay and a score from 1 to 5. */
  experience: CustomEvent<ClientNotifications['experience']>;
}
