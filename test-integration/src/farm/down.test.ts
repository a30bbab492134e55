import fs from 'node:fs';
import { expect, it } from 'vitest';
import { sweepDeadFarms } from '../harness/dead-farms.js';
import { Farm } from '../harness/farm.js';
import { ownFarm } from '../harness/farm-address.js';
import { claim, thisRun } from '../harness/owner.js';
import { leftoversOf } from '../harness/leftovers.js';
import { processes } from '../harness/processes.js';

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

it('a farm that was killed with its test run leaves nothing behind once another run has begun', async () => {
  const address = await ownFarm();
  const farm = new Farm(address);
  await farm.up();
  const { stdout } = await farm.cli(['--json', 'status']);
  const { supervisor } = JSON.parse(stdout) as { supervisor: { pid: number } };
  process.kill(supervisor.pid, 'SIGKILL');
  const bridge = `/sys/class/net/${address.env['ANCLOUD_BRIDGE']}`;
  const running = (): string[] =>
    processes().flatMap(({ line }) =>
      line.includes(address.run) || line.includes(address.home) ? [line] : [],
    );
  expect(fs.existsSync(bridge)).toBe(true);
  expect(running()).not.toEqual([]);

  // Its owner lives: nobody touches it.
  expect(await sweepDeadFarms([address.home])).toEqual([]);
  claim(address.home, address, { ...thisRun(), startTime: 'of another process with this pid' });
  expect(await sweepDeadFarms([address.home])).toEqual([address.home]);
  expect(fs.existsSync(bridge)).toBe(false);
  expect(running()).toEqual([]);
  expect([address.home, address.run].filter((folder) => fs.existsSync(folder))).toEqual([]);
});
