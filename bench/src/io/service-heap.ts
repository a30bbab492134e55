import fs from 'node:fs';
import path from 'node:path';
import { LiveHeap } from '@ancloud/testkit';
import { until } from './command.js';
import type { Farm } from './farm.js';

const LISTENS = /Debugger listening on (ws:\S+)/g;

/**
 * What V8 and its buffers hold in a service after a full collection, MiB. Its inspector is open meanwhile, on loopback, at Node's own port
 * (9229), of which a machine has one: another process's that stands open there is waited for in vain.
 */
export async function heldMiB(farm: Farm, name: string): Promise<number> {
  const pid = (await farm.pids()).get(name);
  if (pid === undefined) throw new Error(`the farm has no ${name}`);
  const log = path.join(farm.home, 'logs', `${name}.log`);
  const said = (): string[] =>
    Array.from(fs.readFileSync(log, 'utf8').matchAll(LISTENS), ([, url = '']) => url);
  const before = said().length;
  const url = await until(`the inspector of ${name}`, () => {
    // Again, where the one of another service was not gone yet.
    process.kill(pid, 'SIGUSR1');
    return said()[before];
  });
  const heap = await LiveHeap.open(url);
  try {
    return (await heap.measure()) / 2 ** 20;
  } finally {
    await heap.shut();
  }
}
