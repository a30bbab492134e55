import type { AppError } from '@ancloud/kit';
import { invalid } from '../errors.js';

/** For a plain request to a path that is a WebSocket. */
export function upgradeRequired(path: string): AppError {
  return invalid('upgrade', undefined, `${path} is a WebSocket`, 'connect with a WebSocket client');
}
