import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { AppError } from './errors.js';
import { createClient } from './grpc-client.js';
import { EchoService, NAME, stageEcho } from './grpc.fixture.js';

const { services, clients, start, connect } = stageEcho();

describe('authorization', () => {
  it.each([
    ['a wrong secret', { farmSecret: 'not-the-farm-secret' }],
    ['no secret', {}],
  ])('refuses %s, with the fix', async (_name, options) => {
    const client = createClient({ service: EchoService }, await start(), options);
    clients.push(client);
    await expect(client.say({ word: 'x' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      field: 'authorization',
    });
  });

  it("takes a service's own rule", async () => {
    const check = (metadata: Metadata): Promise<void> =>
      metadata.get('x-key').length > 0
        ? Promise.resolve()
        : Promise.reject(new AppError('FORBIDDEN', 'no key'));
    const client = connect(await start({ auth: { check } }));
    await expect(client.say({ word: 'x' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(client.say({ word: 'x' }, { metadata: { 'x-key': '1' } })).resolves.toEqual({ word: 'x' });
  });

  it('answers on a unix socket of mode 0600 without a secret, and there alone for local services', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-kit-'));
    const socket = path.join(folder, 's.sock');
    // What a killed process leaves behind.
    fs.writeFileSync(socket, '');
    const address = await start({ alsoListen: [`unix:${socket}`], localOnly: [NAME] });
    expect(fs.statSync(socket).mode & 0o777).toBe(0o600);
    const local = createClient({ service: EchoService }, `unix:${socket}`);
    clients.push(local);
    await expect(local.say({ word: 'x' })).resolves.toEqual({ word: 'x' });
    await expect(connect(address).say({ word: 'x' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(start({ alsoListen: [`unix:${socket}`] })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    local.close();
    await Promise.all(services.splice(0).map((service) => service.stop()));
    fs.rmSync(folder, { recursive: true });
  });
});
