import type { Farm } from './farm.js';
import type { MediaName } from './media-client.js';
import { childrenOf } from './processes.js';

/** Kills a media-svc while nobody starts it again, until `then` has seen what it wants. */
export async function killed(farm: Farm, media: MediaName, then: () => Promise<void>): Promise<void> {
  const pid = await farm.pid(media);
  const supervisor = await farm.supervisorPid();
  process.kill(supervisor, 'SIGSTOP');
  try {
    process.kill(pid, 'SIGKILL');
    await then();
  } finally {
    process.kill(supervisor, 'SIGCONT');
  }
  await farm.serves(media, pid);
}

/** Stops a media-svc and its workers where they are, as a machine that vanishes: nothing answers, nothing is reset. Until `then` is done. */
export async function vanished(farm: Farm, media: MediaName, then: () => Promise<void>): Promise<void> {
  const pid = await farm.pid(media);
  const family = [pid, ...childrenOf(pid).map((child) => child.pid)];
  for (const one of family) process.kill(one, 'SIGSTOP');
  try {
    await then();
  } finally {
    for (const one of family) process.kill(one, 'SIGCONT');
  }
}
