import { eventually, NotYet } from './eventually.js';
import { portOf } from './farm-address.js';
import type { Farm } from './farm.js';

/** Where each service serves its metrics, above the farm's first port (cli/src/layout.ts). */
const PORTS = {
  'container-svc': 201,
  'session-svc': 202,
  'media-svc': 203,
  'input-svc': 204,
  gateway: 205,
} as const;

/** Sum of a counter's lines whose labels hold `label`; of all without. */
export async function counted(
  farm: Farm,
  service: keyof typeof PORTS,
  name: string,
  label = '',
): Promise<number> {
  const port = portOf(farm.address, PORTS[service]);
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Waits until a count is above what it was. */
export async function rises(count: () => Promise<number>, above: number): Promise<void> {
  await eventually(async () => {
    if ((await count()) <= above) throw new NotYet(`it is still ${above}`);
  });
}
