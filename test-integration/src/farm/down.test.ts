import { expect, it } from 'vitest';
import { Farm, ownFarm } from '../harness/farm.js';
import { leftoversOf } from '../harness/leftovers.js';

it('down stops phones whose services were ended before, as Ctrl-C on up does', async () => {
  const farm = new Farm(await ownFarm());
  await farm.up();
  const phone = await farm.create({ display: { width: 240, height: 320, dpi: 120, fps: 30 } });
  const supervisor = await farm.cli(['down', '--keep-phones']);
  expect(supervisor.code, supervisor.stderr).toBe(0);
  expect(leftoversOf(farm.address, phone.phoneId).processes).not.toEqual([]);
  // Its services are gone, the phone runs: what `up` promised on Ctrl-C is that this ends it.
  await farm.remove();
  const left = leftoversOf(farm.address, phone.phoneId);
  expect(left).toMatchObject({ mounts: [], interfaces: [], cgroups: [], containers: [], processes: [] });
});
