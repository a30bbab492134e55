import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';
import { freePort } from '../harness/places.js';
import { type Push, pushed, pushOf } from '../harness/pushes.js';

const farm = new Farm(inject('farm'));
let phone: Phone;
let folder: string;
let server: ChildProcess | undefined;

interface Recording {
  readonly recordingId: string;
  readonly state: string;
  readonly reason: string;
  readonly files: readonly { readonly frames: number; readonly complete: boolean }[];
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-phone-ends-'));
  phone = await farm.create();
  await ready();
});
afterAll(() => {
  server?.kill('SIGKILL');
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
});

/** With a screen that moves. */
async function ready(): Promise<void> {
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
}

const record = (): Promise<Recording> => farm.api('POST', `/v1/phones/${phone.phoneId}/recordings`, {});
const push = (url: string): Promise<Push> => farm.api('POST', `/v1/phones/${phone.phoneId}/pushes`, { url });
const recording = (id: string): Promise<Recording> => farm.api('GET', `/v1/recordings/${id}`);

const framesOf = ({ files }: Recording): number => files.reduce((sum, { frames }) => sum + frames, 0);

/** An RTMP server that keeps what it gets, for one connection; resolves with its exit code when that has ended. */
function listen(url: string, file: string): Promise<number | null> {
  const argv = ['-v', 'error', '-nostdin', '-y', '-listen', '1', '-i', url, '-c', 'copy', file];
  const child = spawn('ffmpeg', argv, { stdio: 'ignore' });
  server = child;
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Waits until the recording has ended. */
const finished = (id: string): Promise<Recording> =>
  eventually(async () => {
    const found = await recording(id);
    if (found.state !== 'finished') throw new NotYet(`${found.state} ${found.reason}`);
    return found;
  });
const over = (id: string): Promise<Push> =>
  eventually(async () => {
    const found = await pushOf(farm, phone.phoneId, id);
    if (found.state !== 'ended') throw new NotYet(`${found.state} ${found.reason}`);
    return found;
  });
/** Waits until media-svc keeps no push, which it forgets behind telling that it has ended. */
const nothingWanted = (): Promise<void> =>
  eventually(() => {
    const left = fs.readdirSync(path.join(farm.address.home, 'pushes'));
    if (left.length > 0) throw new NotYet(`${left.join()} are wanted still`);
  });

describe('a recording and pushes of a phone', () => {
  it('outlive its session, and end with complete files, and say so, when the phone is stopped', async () => {
    const url = `rtmp://127.0.0.1:${await freePort()}/live/key`;
    const received = listen(url, path.join(folder, 'got.mkv'));
    const { recordingId } = await record();
    const live = await push(url);
    const nobody = await push(`rtmp://127.0.0.1:${await freePort()}/live/key`);
    await pushed(farm, phone.phoneId, live.pushId, 30);

    await farm.kill('session-svc');
    await farm.viewable(phone.phoneId);
    const { frames } = await pushOf(farm, phone.phoneId, live.pushId);
    // By the same connection: whoever receives it takes one only.
    await pushed(farm, phone.phoneId, live.pushId, frames + 30);

    await farm.stop(phone.phoneId);
    expect(await finished(recordingId)).toMatchObject({
      reason: 'its phone was stopped',
      files: [{ complete: true }],
    });
    for (const { pushId } of [live, nobody])
      expect(await over(pushId)).toMatchObject({ reason: 'its phone was stopped' });
    // The server was told of the end: it completed its file.
    expect(await received).toBe(0);
    await nothingWanted();
  });

  it('go on over a reboot, and end when the phone is deleted, also while media-svc was away', async () => {
    await farm.start(phone.phoneId);
    await ready();
    const { recordingId } = await record();
    const reboot = `/v1/phones/${phone.phoneId}/reboot`;
    await farm.wait((await farm.api<{ operation: Operation }>('POST', reboot, {})).operation);
    await ready();
    const before = framesOf(await recording(recordingId));
    await eventually(async () => {
      const now = await recording(recordingId);
      if (framesOf(now) < before + 30) throw new NotYet(`it has not gone on: ${JSON.stringify(now)}`);
    });
    await push(`rtmp://127.0.0.1:${await freePort()}/live/key`);

    await Promise.all([farm.delete(phone.phoneId), farm.kill('media-svc')]);
    const { reason, files } = await finished(recordingId);
    expect(reason).toBe('its phone was deleted');
    expect(files.every(({ complete }) => complete)).toBe(true);
    const file = await farm.call('GET', `/v1/recordings/${recordingId}/files/1`);
    expect(file.status).toBe(200);
    // Whoever was told last, this process or the one before: nothing of it begins again.
    await nothingWanted();
    await farm.api('DELETE', `/v1/recordings/${recordingId}`);
  });
});
