import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';
import { execIn, hostClient, sayInLog } from '../harness/host-client.js';
import { leftoversOf, nothing } from '../harness/leftovers.js';
import { type ImageList, importTiny } from '../harness/tiny-image.js';

const farm = new Farm(inject('farm'));

const container = hostClient(farm.address);
afterAll(() => container.close());

describe('images', () => {
  const folder = path.join(farm.address.home, 'import');
  const rootfs = path.join(farm.address.home, 'tiny');
  afterAll(() => {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.rmSync(rootfs, { recursive: true, force: true });
  });

  it('are there as soon as they are imported, not with the host’s next heartbeat, and gone when removed', async () => {
    const toldAt = async (): Promise<number> => {
      const { hosts } = await farm.api<{ hosts: { updatedAt: string }[] }>('GET', '/v1/hosts');
      return Date.parse(hosts[0]?.updatedAt ?? '');
    };
    const ids: string[] = [];
    const told: number[] = [];
    // By the host's own clock. Were it told of images by heartbeats alone, each import would end in one of its own, and they
    // are 5 s apart: no two would ever be nearer. On a busy machine an import may take that long by itself.
    await eventually(async () => {
      ids.push(await importTiny(farm, `tiny ${ids.length}`));
      told.push(await toldAt());
      const gaps = told.slice(1).map((at, i) => at - (told[i] ?? NaN));
      if (!(Math.min(...gaps) < 4_000)) throw new NotYet(`the host told at intervals of ${gaps.join()} ms`);
    });
    for (const imageId of ids) await container.removeImage({ imageId });
    await eventually(async () => {
      const { images } = await farm.api<ImageList>('GET', '/v1/images');
      if (images.some(({ image }) => ids.includes(image.imageId))) throw new NotYet('still listed');
    });
    await expect(container.removeImage({ imageId: ids[0] ?? '' })).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
    });
  });

  it('without an init are refused with what is missing, and nothing is left of them', async () => {
    const store = (): string[] => fs.readdirSync(path.join(farm.address.home, 'images')).toSorted();
    const before = store();
    fs.mkdirSync(folder, { recursive: true });
    const empty = path.join(rootfs, 'none');
    fs.mkdirSync(path.join(empty, 'system'), { recursive: true });
    const file = path.join(folder, 'no-init.sqfs');
    await promisify(execFile)('mksquashfs', [empty, file, '-noappend', '-quiet', '-no-progress']);
    const operation = farm.api<Operation>('POST', '/v1/images', {
      path: file,
      profile: 'reference',
      name: 'none',
    });
    await expect(operation.then((begun) => farm.wait(begun))).rejects.toThrow(/IMAGE_INVALID.*\/init/);
    expect(store()).toEqual(before);
  });

  it('that do not boot: the phone says why, its image cannot be removed, and it goes without a trace', async () => {
    const imageId = await importTiny(farm, 'broken');
    const { phone, operation } = await farm.api<{ phone: Phone; operation: Operation }>(
      'POST',
      '/v1/phones',
      { spec: { imageId } },
    );
    await expect(farm.wait(operation)).rejects.toThrow(/BOOT_FAILED Crashed.*\/init/);
    await expect(container.removeImage({ imageId })).rejects.toMatchObject({ code: 'IMAGE_IN_USE' });
    await farm.delete(phone.phoneId);
    expect(leftoversOf(farm.address, phone.phoneId)).toSatisfy(nothing);
    await container.removeImage({ imageId });
  });
});

/** Exit code of a connection attempt to `address` as a user of this host; 124 when nothing answers within `seconds`. */
function connects(uid: number, address: string, port: number, seconds: number): Promise<number | null> {
  return new Promise((resolve) => {
    const argv = [String(seconds), 'bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`];
    const child = spawn('timeout', argv, { uid, gid: uid, stdio: 'ignore', cwd: '/' });
    child.once('close', resolve);
  });
}

it('adb of a phone answers root and no other user of its host', async () => {
  const phone = await farm.create();
  const { status } = await farm.viewable(phone.phoneId);
  const address = status?.address.replace(/[/:].*$/, '') ?? '';
  expect(await connects(0, address, 5555, PATIENCE_MS / 1_000)).toBe(0);
  // Its packets are dropped, so however long it waited, nobody would say so.
  expect(await connects(65_534, address, 5555, 3)).toBe(124);
  await farm.delete(phone.phoneId);
});

it('container-svc runs a command in a phone, and tells of its changes to whoever watches', async () => {
  const phone = await farm.create();
  const stages: Stage[] = [];
  const watching = (async () => {
    for await (const status of container.watchPhones({})) {
      if (status.phoneId === phone.phoneId) stages.push(status.stage);
      if (stages.at(-1) === Stage.STAGE_REMOVED) return;
    }
  })();

  const said = await execIn(container, phone.phoneId, {
    argv: ['/system/bin/sh', '-c', 'cat; echo "$WORD $(id -u)" >&2; exit 7'],
    uid: 2_000,
    env: { WORD: 'word' },
    stdin: 'through stdin',
  });
  expect(said).toEqual({ stdout: 'through stdin', stderr: 'word 2000\n', exitCode: 7 });

  await farm.delete(phone.phoneId);
  await watching;
  expect(stages[0]).toBe(Stage.STAGE_READY);
  expect(stages).toContain(Stage.STAGE_STOPPING);
});

it('a log that is followed tells each line as it comes, also over a stop, and ends with the phone', async () => {
  const phone = await farm.create();
  let heard = '';
  let ended = false;
  const following = (async () => {
    const request = { phoneId: phone.phoneId, tailLines: 1, follow: true };
    for await (const { data } of container.phoneLog(request)) heard += Buffer.from(data).toString();
    ended = true;
  })();
  following.catch(() => undefined);
  const tells = (words: string): Promise<void> =>
    eventually(() => {
      if (!heard.includes(words)) throw new NotYet(`'${words}' is not told; heard ${heard.slice(-500)}`);
    });
  await tells('\n');
  for (const words of ['farm: the first', 'farm: the second']) {
    expect(heard).not.toContain(words);
    await sayInLog(container, phone.phoneId, words);
    await tells(words);
  }
  expect(heard.match(/farm: the \w+/g)).toEqual(['farm: the first', 'farm: the second']);
  await farm.stop(phone.phoneId);
  await farm.start(phone.phoneId);
  await sayInLog(container, phone.phoneId, 'farm: in another boot');
  await tells('farm: in another boot');
  expect(ended).toBe(false);
  await farm.delete(phone.phoneId);
  await following;
  await expect(
    (async () => {
      for await (const _ of container.phoneLog({ phoneId: phone.phoneId, tailLines: 1, follow: true }));
    })(),
  ).rejects.toMatchObject({ code: 'PHONE_NOT_FOUND' });
});

describe('a drained host', () => {
  const cli = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await farm.cli(args);
    if (code !== 0) throw new Error(`ancloud ${args.join(' ')}: ${code} ${stderr}`);
    return stdout;
  };
  const asked = async (): Promise<string> => {
    const answer = await farm.call('POST', '/v1/phones', { spec: {} });
    const { detail, phone } = (await answer.json()) as { detail?: string; phone?: Phone };
    if (phone !== undefined) await farm.delete(phone.phoneId);
    return detail ?? 'it is taken';
  };

  it('takes no new phones until it is told to, also after its service was killed; those it has go on', async () => {
    const { phoneId, hostId } = await farm.create();
    try {
      expect(await cli('drain')).toContain(`${hostId} takes no new phones; the 1 that it has go on`);
      expect(await asked()).toContain('is being drained');
      await farm.kill('container-svc');
      await farm.host();
      expect(await asked()).toContain('is being drained');
      await farm.stop(phoneId);
      await farm.start(phoneId);
      expect(await cli('status')).toMatch(/no +1 +/);
    } finally {
      expect(await cli('undrain', hostId)).toContain(`${hostId} takes new phones`);
    }
    expect(await asked()).toBe('it is taken');
    await farm.delete(phoneId);
  });
});
