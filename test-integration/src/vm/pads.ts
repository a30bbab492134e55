import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import type { LoneHost } from '../faults/lone-host.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { check, same } from './checks.js';

const NODE = '/dev/input/event0';
const SHELL = '2000:1004';
/** Linux input-event-codes.h: EV_SYN, EV_KEY, EV_ABS; BTN_A, ABS_X. */
const [SYN, KEY, ABS, BTN_A, ABS_X] = [0, 1, 3, 304, 0] as const;

/** struct input_event of 64-bit user space, its time left to the kernel. */
function events(...all: readonly (readonly [number, number, number])[]): Buffer {
  return Buffer.concat(
    all.map(([type, code, value]) => {
      const event = Buffer.alloc(24);
      event.writeUInt16LE(type, 16);
      event.writeUInt16LE(code, 18);
      event.writeInt32LE(value, 20);
      return event;
    }),
  );
}

/** Gamepads of phones that the machine's kernel has: phys → name below /sys/class/input. */
function padsOfTheMachine(): Record<string, string> {
  const pads = fs.readdirSync('/sys/class/input').flatMap((name) => {
    const file = `/sys/class/input/${name}/phys`;
    const phys = name.startsWith('input') ? fs.readFileSync(file, 'utf8').trim() : '';
    return phys.startsWith('ancloud/') ? [[phys.slice('ancloud/'.length), name] as const] : [];
  });
  return Object.fromEntries(pads.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export interface PadPhones {
  readonly host: LoneHost;
  readonly folder: string;
  /** Without a user namespace, and with one: both have gamepads. */
  readonly plain: string;
  readonly mapped: string;
  /** Has none. */
  readonly without: string;
  /** Wants the phone to run, as it did. */
  readonly boot: (phone: string) => Promise<void>;
}

/** Gamepads of two phones, on a kernel with uinput. The scenario's service is killed in here, and runs again at the end. */
export async function padChecks({ host, folder, plain, mapped, without, boot }: PadPhones): Promise<void> {
  const both = [plain, mapped];
  const inside = (phone: string, ...argv: string[]): string => host.inside(phone, ...argv).trim();
  const number = (phone: string): string => inside(phone, 'stat', '-c', '%t:%T', NODE);
  const crun = (...argv: string[]): string[] => ['--root', `${host.place.run}/crun`, 'exec', ...argv];
  const say = (phone: string, bytes: Buffer): void => {
    const argv = crun('--user', SHELL, phone, 'dd', 'ibs=4096', 'obs=24', `of=${NODE}`);
    execFileSync('crun', argv, { input: bytes, stdio: ['pipe', 'ignore', 'pipe'] });
  };
  const armed = (fault: string) => ({ ANCLOUD_ENABLE_FAULTS: '1', ANCLOUD_FAULT: fault });
  const died = async (): Promise<void> =>
    same(await host.service.ended(host.patienceMs), { code: null, signal: 'SIGKILL' });
  for (const phone of [...both, without])
    fs.copyFileSync(`${folder}/pad-reader`, `${host.place.state}/phones/${phone}/data/pad-reader`);

  await check('two gamepads are there, each the node of one phone, of root and the group input', async () => {
    same(Object.keys(padsOfTheMachine()), both.toSorted());
    for (const phone of both) {
      same(inside(phone, 'stat', '-c', '%u:%g %a', NODE), '0:1004 660');
      same((await host.phones.getPhone({ phoneId: phone })).gamepad, true);
    }
    same(number(plain) === number(mapped), false);
    same(inside(without, 'sh', '-c', `test -e ${NODE} || echo none`), 'none');
  });
  for (const phone of both)
    await check(`${phone}: what the shell writes is read there, as from a plugged gamepad`, async () => {
      const reader = read(crun(phone, '/data/pad-reader', NODE, '5'));
      await eventually(() => {
        if (!reader.said.includes('\n')) throw new NotYet('the reader has not opened the gamepad');
      }, host.patienceMs);
      const bytes = events([KEY, BTN_A, 1], [ABS, ABS_X, -20_000], [SYN, 0, 0], [KEY, BTN_A, 0], [SYN, 0, 0]);
      say(phone, bytes);
      await reader.ended;
      same(reader.said.trim().split('\n'), [
        `ancloud gamepad, ancloud/${phone}, x -32767 to 32767, flat 4096`,
        '1 304 1',
        '3 0 -20000',
        '0 0 0',
        '1 304 0',
        '0 0 0',
      ]);
    });
  await check(
    'a phone cannot open the gamepad of another, though it makes or has a node with its number',
    () => {
      const [major = '', minor = ''] = number(plain)
        .split(':')
        .map((hex) => String(Number.parseInt(hex, 16)));
      const make = `mknod /dev/stolen c ${major} ${minor} 2>&1`;
      same(
        inside(without, 'sh', '-c', `${make}; /data/pad-reader /dev/stolen 0`),
        'no: Operation not permitted',
      );
      const made = inside(mapped, 'sh', '-c', `${make}; true`);
      if (!made.includes('not permitted')) throw new Error(`mknod in ${mapped}: ${made}`);
      const at = `${host.place.run}/phones/${mapped}/rootfs/by-number`;
      execFileSync('mknod', ['-m', '666', at, 'c', major, minor]);
      same(inside(mapped, '/data/pad-reader', '/by-number', '0'), 'no: Operation not permitted');
      const own = `${host.place.run}/phones/${plain}/rootfs/by-number`;
      execFileSync('mknod', ['-m', '666', own, 'c', major, minor]);
      same(inside(plain, '/data/pad-reader', '/by-number', '0').startsWith('ancloud gamepad'), true);
    },
  );

  const before = padsOfTheMachine();
  const numbers = new Map(both.map((phone) => [phone, number(phone)]));
  const gone = (phone: string): void => {
    inside(phone, 'rm', NODE);
  };
  const back = (phone: string): Promise<void> =>
    eventually(() => {
      const said = inside(phone, 'sh', '-c', `stat -c '%t:%T %g %a' ${NODE} || true`);
      if (said !== `${numbers.get(phone)} 1004 660`) throw new NotYet(`the node is '${said}'`);
    }, host.patienceMs);
  for (const phone of both)
    await check(`${phone}: a node that it deletes comes back`, async () => {
      gone(phone);
      await back(phone);
    });
  await check(
    'placePad: container-svc killed inside it; the gamepads stay, the node comes back',
    async () => {
      await host.restart(armed('placePad:inside'));
      gone(plain);
      await died();
      same(padsOfTheMachine(), before);
      await host.restart(armed('createContainer:inside'));
      await back(plain);
      same(padsOfTheMachine(), before);
    },
  );
  await check('a stopped phone has no gamepad, and the kernel none of it', async () => {
    await host.local.stopContainer({ phoneId: mapped, remove: false });
    same(Object.keys(padsOfTheMachine()), [plain]);
    same(fs.existsSync(`${host.place.run}/phones/${mapped}/input`), false);
  });
  await check('createContainer: container-svc killed while the gamepad is made leaves none', async () => {
    const asked = boot(mapped).catch(() => {});
    await died();
    await asked;
    await eventually(() => {
      const pads = Object.keys(padsOfTheMachine());
      if (pads.includes(mapped)) throw new NotYet(`there are gamepads of ${pads.join(', ')}`);
    }, host.patienceMs);
    await host.restart();
    // Also to learn its new pid.
    await boot(mapped);
    same(Object.keys(padsOfTheMachine()), both.toSorted());
  });
}

/** What a program says until its end, as it comes. */
function read(argv: readonly string[]): { readonly said: string; readonly ended: Promise<void> } {
  const child: ChildProcess = spawn('crun', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const reader = { said: '', ended: new Promise<void>((resolve) => child.once('close', () => resolve())) };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (reader.said += chunk));
  return reader;
}
