import fs from 'node:fs';
import path from 'node:path';
import { type Bus, connectBus } from '@ancloud/bus';
import { silentLog } from '@ancloud/kit';
import { connectState, type State } from '@ancloud/state';
import type { Farm } from './farm.js';

/* A benchmark in the place of one of a farm's services: by its credentials, with its rights and no others. */

export function busOf(
  farm: Farm,
  user: 'container-svc' | 'gateway' | 'media-svc' | 'session-svc',
): Promise<Bus> {
  const servers = [`127.0.0.1:${farm.port('nats')}`];
  return connectBus({ servers, user, pass: secret(farm, `nats-${user}`), name: 'bench', log: silentLog });
}

export function stateOf(farm: Farm): Promise<State> {
  const url = `redis://:${secret(farm, 'redis')}@127.0.0.1:${farm.port('redis')}`;
  return connectState({ url, name: 'bench', log: silentLog });
}

/** One of its files of secrets. */
export function secret(farm: Farm, name: string): string {
  return fs.readFileSync(path.join(farm.home, 'secrets', name), 'utf8').trim();
}
