import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { ownFarm } from '../harness/farm-address.js';
import { probed } from '../harness/probed.js';

// A farm whose recordings may have no more than 32 MiB together, with real files.
const BUDGET_MIB = 32;

let farm: Farm;
let phone: Phone;
let folder: string;

interface Recording {
  readonly recordingId: string;
  readonly state: string;
  readonly reason: string;
  readonly files: readonly {
    readonly index: number;
    readonly size: number;
    readonly frames: number;
    readonly complete: boolean;
  }[];
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-recording-room-'));
  const own = await ownFarm();
  farm = new Farm({ ...own, env: { ...own.env, ANCLOUD_RECORDINGS_MIB: String(BUDGET_MIB) } });
  await farm.up();
  phone = await farm.create({ encoder: { bitRate: 40_000_000 } });
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
  await farm?.remove();
});

const start = (): Promise<Response> => farm.call('POST', `/v1/phones/${phone.phoneId}/recordings`, {});
const get = (id: string): Promise<Recording> => farm.api('GET', `/v1/recordings/${id}`);
const sizeOf = ({ files }: Recording): number => files.reduce((sum, { size }) => sum + size, 0);

it('ends when the budget is used up, whole and playable; the next one has no room until it is deleted', async () => {
  const { recordingId: id } = (await (await start()).json()) as Recording;
  const ended = await eventually(async () => {
    const now = await get(id);
    if (now.state !== 'finished') throw new NotYet(`it is ${now.state} with ${sizeOf(now)} bytes`);
    return now;
  }, 400_000);
  expect(ended.reason).toBe(`the disk budget of recordings (${BUDGET_MIB} MiB) is used up`);
  // What is counted while it records is what was fed to ffmpeg; what the last second made of it on disk may be a little less.
  expect(sizeOf(ended)).toBeGreaterThan((BUDGET_MIB - 1) << 20);
  expect(ended.files.map(({ complete }) => complete)).toEqual([true]);
  for (const { index, frames, size } of ended.files) {
    const { streams } = await probed(farm, folder, id, index);
    const video = streams.find(({ codec_type: type }) => type === 'video');
    expect(Number(video?.['nb_read_frames'])).toBe(frames);
    expect(fs.statSync(path.join(folder, `${id}-${index}.mp4`)).size).toBe(size);
  }

  // As admins see it: what media-svc tells every five seconds.
  await eventually(async () => {
    const { mediaServices } = await farm.api<{
      mediaServices: readonly { recordings: { used: number; budget: number } | null }[];
    }>('GET', '/v1/media-services');
    const told = mediaServices.map(({ recordings }) => recordings);
    if (told[0]?.used !== sizeOf(ended)) throw new NotYet(JSON.stringify(told));
    expect(told).toEqual([{ used: sizeOf(ended), budget: BUDGET_MIB << 20 }]);
  });

  const refused = await start();
  expect(await refused.json()).toMatchObject({ status: 507, code: 'DISK_FULL' });
  expect((await farm.call('DELETE', `/v1/recordings/${id}`)).status).toBe(204);
  const again = (await (await start()).json()) as Recording;
  expect(again.state).toBe('recording');
});
