import { createHash, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { type Issued, issue } from '../harness/certificates.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { ownFarm, portOf } from '../harness/farm-address.js';
import { TurnServer } from '../harness/turn-server.js';

// TURN by TLS (turns:), for viewers whose network lets nothing out but what looks like HTTPS.

let folder: string;
let farm: Farm;
let phone: Phone;
let certificate: Issued;
let turn: TurnServer;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-turn-tls-'));
  certificate = issue(folder, 'turn', ['127.0.0.1']);
  const own = await ownFarm();
  // Within the farm's own ports.
  const port = portOf(own, 390);
  farm = new Farm({
    ...own,
    env: { ...own.env, ANCLOUD_MEDIA_WORKERS: '1', ANCLOUD_TURN_URLS: `turns:127.0.0.1:${port}` },
  });
  await farm.up();
  turn = await TurnServer.startTls(port, own.home, certificate);
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  await turn?.stop();
  await farm?.remove();
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
});

it('a viewer who reaches nothing but a TURN server by TLS sees the phone', async () => {
  const key = new X509Certificate(certificate.cert).publicKey.export({ type: 'spki', format: 'der' });
  // Its authority is one of this test's own.
  const trusted = createHash('sha256').update(key).digest('base64');
  const hidden = await Browser.start({ flags: [`--ignore-certificate-errors-spki-list=${trusted}`] });
  try {
    await hidden.onlyRelayed();
    const viewer = await hidden.watch(farm, phone.phoneId, 'watch');
    await viewer.goesOn();
    await eventually(() => {
      // coturn writes its log behind what it does.
      const used =
        turn.log().includes(`:${viewer.viewerId}>`) && /ALLOCATE processed, success/.test(turn.log());
      if (!used || !/tls/i.test(turn.log())) throw new NotYet(`coturn says ${turn.log().slice(-500)}`);
    });
  } finally {
    await hidden.close();
  }
});

it('a certificate that nobody knows is named by the self-test', async () => {
  const { ok, findings } = await farm.api<{
    ok: boolean;
    findings: { code: string; got: string; fix: string }[];
  }>('GET', '/v1/ice/self-test');
  expect(ok).toBe(false);
  expect(findings.find(({ code }) => code.startsWith('TURN_'))).toMatchObject({
    code: 'TURN_SILENT',
    got: expect.stringMatching(/certificate/),
    fix: expect.stringMatching(/turns: its certificate/),
  });
});
