import fs from 'node:fs';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { PhoneSpec } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { LiveHeap } from '@ancloud/testkit';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { LoneHost } from './lone-host.js';
import { countsOf, tracesOf } from './sweep.js';

const CYCLES = 300;
/** Before the first count: caches, heaps and pools have what they keep. */
const WARM_UP = 20;
const AT_ONCE = 3;
/** One of so many is booted to the end and asked to shut down; the others are removed as soon as their init runs. */
const WHOLE = 10;
/** Of live heap: 300 phones of which each leaves 35 kB would be seen. */
const HEAP_BYTES = 10 * 1024 ** 2;
/** Of resident memory, which moves by tens of MiB with V8's pages: what no heap tells, 300 times 200 kB of it. */
const RESIDENT_KIB = 60 * 1024;

const { folder, images } = inject('prepared');
let host: LoneHost;
let imageId: string;
let memory: LiveHeap;

beforeAll(async () => {
  host = new LoneHost({ importDirs: [folder] });
  await host.start({ NODE_OPTIONS: '--inspect-port=127.0.0.1:0' });
  // Opens the service's inspector, which says where.
  process.kill(host.service.pid, 'SIGUSR1');
  memory = await LiveHeap.open(
    await eventually(() => {
      const url = /Debugger listening on (ws:\S+)/.exec(host.service.noise)?.[1];
      if (url === undefined) throw new NotYet('the inspector has not said where it listens');
      return url;
    }),
  );
  imageId = await host.import(images[0], Profile.PROFILE_REFERENCE);
});
afterAll(async () => {
  memory?.close();
  await host?.remove();
});

async function cycle(number: number): Promise<void> {
  const phoneId = `ph_churn${number}`;
  if (number % WHOLE === 0) await host.run(phoneId, { imageId });
  else {
    // The call waits for the end of the boot, and nobody for the call: the wish stands once the phone is told of.
    const spec = PhoneSpec.fromPartial({ imageId });
    const told = new AbortController();
    host.local.startContainer({ phoneId, spec, snapshotId: '' }, { signal: told.signal }).catch(() => {});
    await eventually(async () => {
      const { stage } = await host.phones.getPhone({ phoneId });
      if (stage !== Stage.STAGE_BOOTING && stage !== Stage.STAGE_READY) throw new NotYet(`stage ${stage}`);
    });
    told.abort();
  }
  await host.local.stopContainer({ phoneId, remove: true });
}

async function churn(from: number, to: number): Promise<void> {
  let next = from;
  const work = async (): Promise<void> => {
    while (next < to) await cycle(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** All that the host has of phones, and open files of its service. */
function census(): Record<string, number> {
  return {
    ...countsOf(tracesOf(host.place)),
    descriptors: fs.readdirSync(`/proc/${host.service.pid}/fd`).length,
    locks: fs.readdirSync(`${host.place.run}/locks`).length,
  };
}

const residentKib = (): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${host.service.pid}/status`, 'utf8'))?.[1]);

it(`${CYCLES} phones that come and go leave mounts, devices, cgroups, folders, files and memory as they were`, async () => {
  await churn(0, WARM_UP);
  const before = census();
  const heap = await memory.measure();
  const resident = residentKib();
  await churn(WARM_UP, WARM_UP + CYCLES);
  await eventually(() => {
    const after = census();
    if (JSON.stringify(after) !== JSON.stringify(before))
      throw new NotYet(`${JSON.stringify(after)} is not ${JSON.stringify(before)}`);
  });
  const { mounts, ports, cgroups, loops, containers, folders, leases } = before;
  expect([mounts, ports, cgroups, loops, containers, folders, leases]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect((await memory.measure()) - heap).toBeLessThan(HEAP_BYTES);
  // V8 gives its pages back some seconds after they are empty.
  await eventually(async () => {
    await memory.measure();
    const more = residentKib() - resident;
    if (more >= RESIDENT_KIB) throw new NotYet(`${more} KiB more are resident`);
  });
}, 1_800_000);
