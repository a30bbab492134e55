import fs from 'node:fs';
import path from 'node:path';
import { LiveHeap } from '@ancloud/testkit';
import { until } from './command.js';
import type { Farm } from './farm.js';

/**
 * Opens the inspector of a service, on loopback, and answers with its URL. Until the service ends it stands open: for farms of benchmarks
 * only. Its port is Node's own (9229): a second one on the machine says so in its log, and is not heard of here.
 */
export function heapUrl(farm: Farm, name: string, pid: number): Promise<string> {
  const log = path.join(farm.home, 'logs', `${name}.log`);
  process.kill(pid, 'SIGUSR1');
  return until(
    `the inspector of ${name}`,
    () => /Debugger listening on (ws:\S+)/.exec(fs.readFileSync(log, 'utf8'))?.[1],
  );
}

/** What the process holds after a full collection, MiB. Not attached to it before and afterwards. */
export async function liveMiB(url: string): Promise<number> {
  const heap = await LiveHeap.open(url);
  try {
    return (await heap.measure()) / 2 ** 20;
  } finally {
    heap.close();
  }
}
