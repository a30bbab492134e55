import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { check, failures, same } from './checks.js';
import { machineHost } from './machine-host.js';
import { broken, factsOf, strays, unreadable } from './power-facts.js';
import { deedOf, PRELUDE } from './power-work.js';

/**
 * Runs inside the virtual machine, whose disk keeps container-svc's state: does one deed after the other until somebody pulls the
 * plug, or (with the number of deeds that were done when that happened) looks what is there again.
 *
 *     node power-machine.mjs SERVICE FOLDER MARKS [DONE]
 *
 * MARKS: the byte of the disk, behind its filesystem, where it is written how many deeds are done.
 */
const [service = '', folder = '', marks = '', done] = process.argv.slice(2);
const DISK = '/dev/vda';
const SECTOR = 512;

execFileSync('modprobe', ['-a', 'virtio_blk', 'ext4']);
fs.mkdirSync('/disk');
// As little as POSIX promises: ext4 would else write out what is renamed over another file, and hide a missing fsync.
execFileSync('mount', ['-o', 'noauto_da_alloc,noinit_itable', DISK, '/disk']);

const host = machineHost(service, folder, '/disk/state');

/** Past every cache of the machine's and without a flush: among the other writes it stands where it was made. */
function marker(): (deeds: number) => void {
  const fd = fs.openSync(DISK, fs.constants.O_WRONLY | fs.constants.O_DIRECT);
  // O_DIRECT wants aligned memory, which of all that Node gives out is so.
  const sector = Buffer.from(new WebAssembly.Memory({ initial: 1 }).buffer, 0, SECTOR);
  return (deeds) => {
    sector.fill(0);
    sector.write(`done ${deeds}\n`);
    fs.writeSync(fd, sector, 0, SECTOR, Number(marks));
  };
}

async function work(): Promise<never> {
  await host.start();
  const mark = marker();
  for (let deeds = 0; ; deeds += 1) {
    mark(deeds);
    console.log(`power-cut: ${deeds} deeds ${deeds < PRELUDE ? '' : 'and on it goes'}`);
    await deedOf(deeds).run(host, folder);
  }
}

async function look(): Promise<void> {
  await check('the machine is back: every state file can be read', () => same(unreadable('/disk/state'), []));
  await check('the machine is back: container-svc starts', () => host.start());
  await check('the machine is back: what was done is there, and phones run that are wanted to', async () =>
    same(broken(await factsOf(host), Number(done)), []),
  );
  await check('the machine is back: nothing half is left', async () => same(await strays(host), []));
}

try {
  await (done === undefined ? work() : look());
} catch (error) {
  await check('the scenario goes to its end', () => {
    throw error;
  });
} finally {
  if (failures() > 0) for (const line of host.service.log.slice(-60)) console.log(JSON.stringify(line));
  // It would keep this process, and with it the machine; its phones go with that.
  await host.kill();
}
process.exitCode = failures() === 0 ? 0 : 1;
