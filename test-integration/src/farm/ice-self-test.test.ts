import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm } from '../harness/farm.js';
import { ownFarm, portOf } from '../harness/farm-address.js';
import { NatDoor } from '../harness/nat-door.js';
import { TurnServer } from '../harness/turn-server.js';

/** Nobody listens there, until a door is opened. */
const OUTSIDE = '127.0.0.2';
const INSIDE = '127.0.0.1';

interface Finding {
  readonly level: string;
  readonly code: string;
  readonly by: string;
  readonly tried: string;
  readonly got: string;
  readonly fix: string;
}

let farm: Farm;
let mediaPort: number;
let turnPort: number;
const opened: { close(): void }[] = [];

beforeAll(async () => {
  const own = await ownFarm();
  const base = portOf(own, 0);
  mediaPort = base + 300;
  // Within the farm's own ports.
  turnPort = base + 390;
  farm = new Farm({
    ...own,
    env: {
      ...own.env,
      ANCLOUD_MEDIA_WORKERS: '1',
      ANCLOUD_WEBRTC_ANNOUNCED: OUTSIDE,
      ANCLOUD_TURN_URLS: ['udp', 'tcp'].map((way) => `turn:${INSIDE}:${turnPort}?transport=${way}`).join(','),
    },
  });
  await farm.up();
});
afterAll(async () => {
  for (const one of opened) one.close();
  await farm?.remove();
});

/** The self-test, again until it finds these (a busy machine may answer too late); its findings by code. */
function finds(...codes: string[]): Promise<ReadonlyMap<string, Finding>> {
  return eventually(async () => {
    const { ok, findings } = await farm.api<{ ok: boolean; findings: Finding[] }>('GET', '/v1/ice/self-test');
    const found = findings.map(({ code }) => code);
    if (codes.toSorted().join(' ') !== found.toSorted().join(' '))
      throw new NotYet(`it finds ${found.join(' ')}`);
    expect(ok).toBe(findings.every(({ level }) => level !== 'fail'));
    for (const { level, fix } of findings) expect(fix === '').toBe(level === 'ok');
    return new Map(findings.map((one) => [one.code, one]));
  });
}

const URL_IS_WELL = ['URL_ANSWERED', 'SIGNAL_OPENED'];

it('a wrong announced address and a TURN server that is not there are named, with what to do', async () => {
  const findings = await finds(
    'ADDRESS_OWN',
    'UDP_SILENT',
    'TCP_SILENT',
    'TURN_SILENT',
    'TURN_SILENT',
    ...URL_IS_WELL,
  );
  expect(findings.get('UDP_SILENT')).toMatchObject({
    level: 'fail',
    by: expect.stringMatching(/^media-test-/),
    tried: `a STUN binding request to ${OUTSIDE}:${mediaPort} by UDP, media worker 0`,
    got: expect.stringContaining('media-svc does not listen on that address'),
    fix: expect.stringContaining('ANCLOUD_WEBRTC_ANNOUNCED'),
  });
  const cli = await farm.cli(['doctor', '--ice']);
  expect(cli.code).toBe(69);
  expect(cli.stdout).toMatch(/\[FAIL\] UDP_SILENT .*\n +→ name 127\.0\.0\.2 in ANCLOUD_WEBRTC_LISTEN_IP/);
});

it('closed TCP is told apart from UDP, and a wrong TURN secret from a dead server', async () => {
  const door = await NatDoor.open(OUTSIDE, INSIDE, mediaPort, false);
  let turn: TurnServer | undefined;
  try {
    turn = await TurnServer.start(turnPort, farm.address.home, 'not the one that the farm has');
    const findings = await finds(
      'ADDRESS_OWN',
      'UDP_ANSWERED',
      'TCP_SILENT',
      'TURN_REFUSED',
      'TURN_REFUSED',
      ...URL_IS_WELL,
    );
    expect(findings.get('TCP_SILENT')?.level).toBe('warn');
    expect(findings.get('TURN_REFUSED')).toMatchObject({
      tried: expect.stringMatching(
        /^an address of turn:127\.0\.0\.1:\d+\?transport=\w+, as \d+:ice-self-test$/,
      ),
      got: expect.stringMatching(/^401/),
      fix: expect.stringContaining('ANCLOUD_TURN_SECRET_FILE'),
    });
  } finally {
    door.close();
    await turn?.stop();
  }
});

it('all is well when all is: through the NAT and through the relay', async () => {
  opened.push(await NatDoor.open(OUTSIDE, INSIDE, mediaPort, true));
  const turn = await TurnServer.start(turnPort, farm.address.home);
  try {
    const findings = await finds(
      'ADDRESS_OWN',
      'UDP_ANSWERED',
      'TCP_ANSWERED',
      ...['TURN_ALLOCATED', 'TURN_RELAYED'].flatMap((code) => [code, code]),
      ...URL_IS_WELL,
    );
    expect(findings.get('UDP_ANSWERED')?.got).toMatch(/it saw 127\.0\.0\.1:\d+/);
    // As in `finds`: a busy machine may answer too late.
    await eventually(async () => {
      const { code, stdout } = await farm.cli(['doctor', '--ice', '--json']);
      if (code !== 0) throw new NotYet(`the doctor says ${stdout}`);
      expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    });
  } finally {
    await turn.stop();
  }
});

it('is for admins', async () => {
  const answer = await fetch(`${farm.address.url}/v1/ice/self-test`);
  expect(answer.status).toBe(401);
});
