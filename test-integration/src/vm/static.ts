import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { check, refused, same } from './checks.js';
import { machineHost, toItsEnd } from './machine-host.js';

/**
 * Runs inside the virtual machine: phones on a kernel that has binder and no binderfs, as Debian's, whose module makes nodes when
 * it is loaded. Two sets of them are there, for two phones. The machine was started without a binder.
 *
 *     node static.mjs SERVICE FOLDER
 */
const [service = '', folder = ''] = process.argv.slice(2);
const PHONES = ['ph_one', 'ph_two'] as const;
const NODES = ['binder', 'hwbinder', 'vndbinder'];
const SETS = [...NODES, ...NODES.map((name) => `${name}1`)];

const release = fs.readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
execFileSync('insmod', [
  `/lib/modules/${release}/extra/binder_without_binderfs.ko`,
  `devices=${SETS.join(',')}`,
]);

const host = machineHost(service, folder);

/** What a context manager of the phone says to a stranger, at that node. */
const ping = (phone: string, node: string): string => host.inside(phone, '/data/binder-ping', node).trim();

async function scenario(): Promise<void> {
  await check('the kernel has binder nodes, and no binderfs', () => {
    same(/^nodev\s+binder$/m.test(fs.readFileSync('/proc/filesystems', 'utf8')), false);
    for (const name of SETS) same(fs.statSync(`/dev/${name}`).isCharacterDevice(), true);
  });
  await check('container-svc starts there', () => host.start());
  await check('host facts: families with binder can run', async () => {
    const { profiles } = await host.phones.hostFacts({});
    same(profiles.includes(Profile.PROFILE_REDROID), true);
  });
  const imageId = await host.import(`${folder}/redroid.sqfs`, Profile.PROFILE_REDROID);
  for (const phone of PHONES) {
    await check(`${phone} boots as redroid`, async () =>
      same((await host.run(phone, { imageId })).stage, Stage.STAGE_READY),
    );
    await check(`${phone} has three nodes, and a context manager of its own`, () => {
      fs.copyFileSync(`${folder}/binder-ping`, `${host.place.state}/phones/${phone}/data/binder-ping`);
      for (const name of NODES)
        same(host.inside(phone, 'stat', '-Lc', '%F', `/dev/${name}`).trim(), 'character special file');
      same(ping(phone, '/dev/binder'), 'ping 0 unknown -74');
    });
  }
  await check('the phones have other nodes', () => {
    const of = (phone: string): string => host.inside(phone, 'stat', '-Lc', '%t:%T', '/dev/binder').trim();
    same(of('ph_one') === of('ph_two'), false);
  });
  await check('a phone cannot open the nodes of another, though their number is known', () => {
    const { rdev } = fs.statSync('/dev/binder1');
    // glibc's makedev(3): a machine's misc devices have minors beyond 255.
    const number = [(rdev >> 8) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)].map(String);
    for (const [phone, allowed] of [
      ['ph_one', false],
      ['ph_two', true],
    ] as const) {
      const at = `${host.place.run}/phones/${phone}/rootfs/by-number`;
      execFileSync('mknod', ['-m', '666', at, 'c', ...number]);
      if (allowed) same(ping(phone, '/by-number'), 'ping 0 unknown -74');
      else if (!refused(() => ping(phone, '/by-number')).includes('not permitted'))
        throw new Error('another reason');
    }
  });
  await check('a third phone is refused, with the reason', async () => {
    const words = await host.run('ph_three', { imageId }).then(
      () => '',
      (error: Error) => error.message,
    );
    if (!words.includes('NoBinderNode')) throw new Error(words);
  });
  for (const phone of [...PHONES, 'ph_three'])
    await check(`${phone} is removed`, () => host.local.stopContainer({ phoneId: phone, remove: true }));
}

await toItsEnd(host, scenario);
