import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { eventually } from '../harness/eventually.js';
import { LoneHost } from '../faults/lone-host.js';
import { check, failures, same } from './checks.js';
import { type Cut, cutsOf, marksIn, Replayed } from './power-disk.js';
import { broken, factsOf, strays, unreadable } from './power-facts.js';
import { deedOf, PRELUDE } from './power-work.js';
import { readWriteLog } from './write-log.js';

/**
 * Power cuts. A virtual machine runs container-svc with its state on a disk of its own, and does one deed after the other until
 * qemu is killed. Two things are looked at then:
 *
 * - the machine is started again on the very disk;
 * - as many other cuts as there are moments to choose: the log of all that the machine sent to its disk gives what a disk
 *   would hold that lost power anywhere on the way. Killing qemu alone loses what the machine had in its memory, and keeps in the host's
 *   what it sent but never flushed, as no disk with a volatile cache does; here that is lost, all of it or by chance.
 *   container-svc is started on each such disk by the host itself, which takes a second where the machine takes a minute.
 *
 *     node power-cut.mjs RUN_SH SERVICE FOLDER WORK              (on the host, as root)
 *
 * FOLDER: what the machine sees as /run/in, with power-machine.mjs, node's path in `node`, and a main.sh that is written here.
 */
const [runSh = '', service = '', folder = '', work = ''] = process.argv.slice(2);
const MIB = 1024 ** 2;
const FILESYSTEM = 192 * MIB;
const seed = Number(process.env['ANCLOUD_POWER_SEED'] ?? Date.now() % 1_000_000);
/** Cuts for each deed. */
const each = Number(process.env['ANCLOUD_POWER_CUTS'] ?? 1);

/** Rounds are much alike: no more of their deeds are looked at. */
const ROUNDS = 4;

const disk = path.join(work, 'disk.img');
const empty = path.join(work, 'empty.img');
const writes = path.join(work, 'writes.log');
const pidFile = path.join(work, 'qemu.pid');

/** mulberry32: the same numbers from the same seed. */
function randomOf(state: number): () => number {
  let at = state;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function machine(more: readonly string[], ...args: string[]): ChildProcess {
  const node = fs.readFileSync(path.join(folder, 'node'), 'utf8').trim();
  const argv = ['power-machine.mjs', 'services/container-svc/bundle/main.js', ''].map(
    (name) => `/run/in/${name}`,
  );
  fs.writeFileSync(
    path.join(folder, 'main.sh'),
    `exec ${node} ${[...argv, String(FILESYSTEM), ...args].join(' ')}\n`,
  );
  const options = [
    '--in',
    folder,
    '--out',
    path.join(work, 'out'),
    '--timeout',
    '2400',
    '--disk',
    disk,
    ...more,
  ];
  const child = spawn('bash', [runSh, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill());
  process.once('SIGTERM', () => process.exit(143));
  return child;
}

/** Lets the machine work until the rounds have begun, and kills it somewhere in them. */
async function pullThePlug(random: () => number): Promise<void> {
  const child = machine(['--writes', writes, '--pid', pidFile]);
  const ended = once(child, 'close');
  let last = '';
  let pulled = false;
  for await (const line of readline.createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    last = line;
    console.log(line);
    if (pulled || !line.includes('and on it goes')) continue;
    pulled = true;
    // A moment by chance, in whatever the machine is doing: nothing is waited for here.
    setTimeout(() => process.kill(Number(fs.readFileSync(pidFile, 'utf8')), 'SIGKILL'), random() * 4_000);
  }
  await ended;
  if (!pulled) throw new Error(`the machine ended by itself: ${last}`);
}

/** container-svc on a disk that lost power; what is wrong with it. */
async function powerOn(image: string, done: number): Promise<string[]> {
  const mount = path.join(work, 'mnt');
  fs.mkdirSync(mount, { recursive: true });
  execFileSync('mount', ['-o', 'loop', image, mount]);
  const state = path.join(mount, 'state');
  const host = new LoneHost({
    service,
    state,
    importDirs: [folder],
    env: {
      ANCLOUD_SHIM_BIN: path.join(folder, 'phone-shim'),
      ANCLOUD_HOSTCAP_BIN: path.join(folder, 'ancloud-hostcap'),
    },
  });
  try {
    const torn = unreadable(state);
    if (torn.length > 0) return torn.map((file) => `${file} cannot be read`);
    await host.start();
    return [...broken(await factsOf(host), done), ...(await strays(host)).map((file) => `${file} is left`)];
  } finally {
    await host.remove();
    await eventually(() => execFileSync('umount', [mount], { stdio: 'pipe' }));
  }
}

async function cutHere(cut: Cut, replayed: Replayed, image: string, random: () => number): Promise<void> {
  const { lost, open } = replayed.cut(cut, image, random);
  const { name } = deedOf(cut.done);
  const where = `"${name}", at write ${cut.at}`;
  await check(`the power goes in ${where}: ${lost} of ${open} that are not flushed are lost`, async () =>
    same(await powerOn(image, cut.done), []),
  );
  fs.rmSync(image);
}

async function scenario(): Promise<void> {
  console.log(
    `power-cut: seed ${seed} (ANCLOUD_POWER_SEED), cuts for each deed: ${each} (ANCLOUD_POWER_CUTS)`,
  );
  const random = randomOf(seed);
  fs.writeFileSync(disk, '');
  fs.truncateSync(disk, FILESYSTEM + MIB);
  execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', '-b', '4096', disk, String(FILESYSTEM / 4096)]);
  execFileSync('cp', ['--sparse=always', disk, empty]);
  await pullThePlug(random);

  const log = fs.openSync(writes, 'r');
  const requests = readWriteLog(log);
  const marks = marksIn(log, requests, FILESYSTEM);
  console.log(`power-cut: ${requests.length} requests, ${marks.length - 1} deeds were done`);
  const again = machine([], String(marks.length - 1));
  const over = once(again, 'close');
  again.stdout?.pipe(process.stdout);

  const replayed = new Replayed(log, requests, empty);
  for (const [index, cut] of cutsOf(
    marks,
    requests.length,
    { deeds: PRELUDE + ROUNDS, each },
    random,
  ).entries())
    await cutHere(cut, replayed, path.join(work, `cut-${index}.img`), random);
  const [status] = (await over) as [number | null];
  await check('the machine that came back went to its end', () => same(status, 0));
}

try {
  await scenario();
} catch (error) {
  await check('the scenario goes to its end', () => {
    throw error;
  });
}
process.exitCode = failures() === 0 ? 0 : 1;
