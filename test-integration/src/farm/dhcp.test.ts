import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import type { Lease } from '../harness/dhcp-client.js';
import { PATIENCE_MS } from '../harness/eventually.js';
import { Farm } from '../harness/farm.js';
import { initPidOf } from '../harness/processes.js';

const farm = new Farm(inject('farm'));
const CLIENT = path.join(import.meta.dirname, '../harness/dhcp-client.ts');

/** stdout of a program of the host, as root in the network of the process. */
async function inNetworkOf(pid: number, ...argv: string[]): Promise<string> {
  const words = ['-n', '-t', String(pid), ...argv];
  return (await promisify(execFile)('nsenter', words, { timeout: PATIENCE_MS })).stdout;
}

it('a phone that asks by DHCP gets the very address that its host gave it, and takes its lease with it', async () => {
  const phone = await farm.create();
  const given = phone.status?.address.replace(/[/:].*$/, '') ?? '';
  const host = farm.address.env['ANCLOUD_SUBNET']?.split('/')[0];
  const init = initPidOf(farm.address, phone.phoneId);
  const [link] = JSON.parse(await inNetworkOf(init, 'ip', '-j', 'address', 'show', 'eth0')) as {
    address: string;
    addr_info: { local: string }[];
  }[];
  expect(link?.addr_info.map(({ local }) => local)).toContain(given);

  // As a guest that sets up its network itself: nothing is left of what the host set up before it began.
  await inNetworkOf(init, 'ip', 'address', 'flush', 'dev', 'eth0');
  await inNetworkOf(init, 'ip', 'route', 'replace', 'default', 'dev', 'eth0');
  const said = await inNetworkOf(init, process.execPath, CLIENT, link?.address ?? '');
  expect(JSON.parse(said) as Lease).toEqual({
    offered: given,
    address: given,
    server: host,
    mask: '255.255.255.0',
    router: host,
    dns: host,
  });

  const leases = (): string => fs.readFileSync(path.join(farm.address.run, 'dnsmasq/leases'), 'utf8');
  expect(leases()).toContain(given);
  await farm.delete(phone.phoneId);
  expect(leases()).not.toContain(given);
});
