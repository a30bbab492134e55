import { eventually, NotYet } from './eventually.js';
import type { Farm } from './farm.js';

export interface Push {
  readonly pushId: string;
  readonly destination: string;
  readonly state: string;
  readonly reason: string;
  readonly attempts: number;
  readonly frames: number;
}

/** A push of a phone as the API tells it. Not yet: there is none of that id. */
export async function pushOf(farm: Farm, phoneId: string, id: string): Promise<Push> {
  const { pushes } = await farm.api<{ pushes: Push[] }>('GET', `/v1/pushes?phoneId=${phoneId}`);
  const found = pushes.find(({ pushId }) => pushId === id);
  if (found === undefined) throw new NotYet(`there is no push ${id}`);
  return found;
}

/** Waits until it is live and has sent so many frames. */
export function pushed(farm: Farm, phoneId: string, id: string, frames: number): Promise<Push> {
  return eventually(async () => {
    const push = await pushOf(farm, phoneId, id);
    if (push.state !== 'live' || push.frames < frames) throw new NotYet(JSON.stringify(push));
    return push;
  });
}
