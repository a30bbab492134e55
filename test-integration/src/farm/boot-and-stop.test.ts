import { describe, expect, inject, it } from 'vitest';
import { Farm } from '../harness/farm.js';
import { leftoversOf, nothing } from '../harness/leftovers.js';

const farm = new Farm(inject('farm'));

describe('a phone', () => {
  it('boots, says its properties, stops with its data kept, starts again and goes without a trace', async () => {
    const phone = await farm.create({ display: { width: 480, height: 800, dpi: 240, fps: 30 } });
    expect(phone.phase).toBe('ready');
    expect(phone.status?.pid1AfterMs).toBeGreaterThan(0);
    expect(phone.status?.readyAfterMs).toBeGreaterThanOrEqual(phone.status?.pid1AfterMs ?? Infinity);
    await farm.viewable(phone.phoneId);

    const shell = (command: string): Promise<string> =>
      farm.shell(phone.phoneId, command).then((text) => text.trim());
    expect(await shell('getprop sys.boot_completed')).toBe('1');
    expect(await shell('getprop ro.boot.redroid_width')).toBe('480');
    expect(await shell('getprop init.svc.adbd')).toBe('running');
    expect(await shell('id -u')).toBe('2000');
    await shell('touch /data/local/tmp/kept');
    // More than every buffer on the way: a slow reader must lose neither output nor exit status.
    expect((await farm.shell(phone.phoneId, 'head -c 3000000 /dev/zero')).length).toBe(3_000_000);

    await farm.stop(phone.phoneId);
    const stopped = await farm.phone(phone.phoneId);
    expect(stopped.phase).toBe('stopped');
    expect(leftoversOf(farm.address, phone.phoneId)).toMatchObject({
      namespaces: [],
      interfaces: [],
      cgroups: [],
      containers: [],
      processes: [],
    });

    await farm.start(phone.phoneId);
    const again = await farm.viewable(phone.phoneId);
    expect(again.status?.bootId).not.toBe(phone.status?.bootId);
    expect(await shell('ls /data/local/tmp/kept')).toBe('/data/local/tmp/kept');

    await farm.delete(phone.phoneId);
    expect((await farm.call('GET', `/v1/phones/${phone.phoneId}`)).status).toBe(404);
    const left = leftoversOf(farm.address, phone.phoneId);
    expect(left, JSON.stringify(left)).toSatisfy(nothing);
  });

  it('gives a screenshot of its size', async () => {
    const phone = await farm.create({ display: { width: 360, height: 640, dpi: 160, fps: 30 } });
    await farm.viewable(phone.phoneId);
    const response = await farm.call('GET', `/v1/phones/${phone.phoneId}/screenshot`);
    expect(response.headers.get('content-type')).toBe('image/png');
    const png = Buffer.from(await response.arrayBuffer());
    // PNG signature, then IHDR: width and height as u32 (PNG specification, 5.2 and 11.2.2).
    expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([360, 640]);
    await farm.delete(phone.phoneId);
  });

  it('is waited for by the id of its operation, where the command that asked for it did not wait', async () => {
    const begun = await farm.cli(['phone', 'create', '--no-wait']);
    expect(begun.code).toBe(0);
    const phoneId = begun.stdout.trim();
    const [, operationId = ''] = /operation wait (op_\w+)/.exec(begun.stderr) ?? [];
    const ended = await farm.cli(['operation', 'wait', operationId]);
    expect([ended.code, ended.stdout]).toEqual([0, `${operationId}: create of ${phoneId}, done\n`]);
    expect((await farm.phone(phoneId)).phase).toBe('ready');
    expect((await farm.cli(['operation', 'show', operationId])).stdout).toBe(ended.stdout);
    await farm.delete(phoneId);
  });
});
