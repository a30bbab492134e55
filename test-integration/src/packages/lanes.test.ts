import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Bus, connectBus, Lanes, LaneServer } from '@ancloud/bus';
import { type ServiceName, subjects } from '@ancloud/contracts';
import { LaneOffer } from '@ancloud/contracts/input/v1/input';
import { type FarmTls, Metrics, silentLog } from '@ancloud/kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { issue } from '../harness/certificates.js';
import { eventually, PATIENCE_MS, require } from '../harness/eventually.js';
import { flushed, type NatsServer, startNats } from '../harness/servers.js';

let nats: NatsServer;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  nats = await startNats();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
afterAll(() => nats.stop());

async function connectAs(user: ServiceName): Promise<Bus> {
  const bus = await connectBus({
    servers: [nats.address],
    user,
    pass: nats.passwords[user],
    name: `test ${user}`,
    log: silentLog,
    connectMs: PATIENCE_MS,
  });
  closing.push(() => bus.drain());
  return bus;
}

const phone = { phone: 'ph_a' };

/** A session-svc's end of one phone: hears by NATS and offers lanes, and notes what came by which. */
async function session(bus: Bus, listen = '127.0.0.1:0', tls?: FarmTls) {
  const server = await LaneServer.listen({ listen, advertise: listen, log: silentLog, tls });
  closing.push(() => server.close());
  const heard: string[] = [];
  const subscriptions = [
    bus.subscribeRaw(subjects.control, phone, (bytes) => heard.push(`bus ${bytes[0]}`)),
    bus.serve(subjects.controlLane, phone, LaneOffer, async () =>
      server.offer(phone, { message: (bytes) => heard.push(`lane ${bytes[0]}`) }),
    ),
  ];
  await flushed(bus);
  return {
    heard,
    end: (): void => {
      for (const subscription of subscriptions) subscription.close();
      server.withdraw(phone);
    },
  };
}

function outletOf(bus: Bus, tls?: FarmTls) {
  const lanes = new Lanes({ bus, metrics: new Metrics('test'), log: silentLog, tls });
  closing.push(() => lanes.close());
  const outlet = lanes.control(phone);
  closing.push(() => outlet.close());
  let sent = 0;
  return { outlet, send: () => outlet.publishRaw(Uint8Array.of((sent = (sent + 1) % 256))) };
}

describe('lanes over a real NATS', () => {
  it('go by TLS between two of the farm, and stay with NATS between others', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-lanes-'));
    closing.push(() => fs.rmSync(folder, { recursive: true }));
    const farm = issue(path.join(folder, 'farm'), 'host', ['127.0.0.1']);
    const stranger = issue(path.join(folder, 'stranger'), 'host', ['127.0.0.1']);
    const elsewhere = issue(path.join(folder, 'farm'), 'elsewhere', ['10.0.0.9']);
    const [sender, receiver] = [await connectAs('input-svc'), await connectAs('session-svc')];

    /** By which ways what is sent comes, until it comes by a lane or `times` have come by NATS. */
    const ways = async (mine: FarmTls | undefined, theirs: FarmTls, times: number): Promise<Set<string>> => {
      const { heard, end } = await session(receiver, '127.0.0.1:0', theirs);
      const { send } = outletOf(sender, mine);
      for (let sent = 1; sent <= times; sent += 1) {
        send();
        await eventually(() => require(heard.length >= sent, 'it was not heard'));
        if (heard.at(-1)?.startsWith('lane') === true) break;
      }
      end();
      return new Set(heard.map((one) => one.split(' ')[0] ?? ''));
    };
    expect(await ways(farm, farm, Infinity)).toContain('lane');
    // What can be opened is opened within the first few messages.
    for (const mine of [undefined, stranger, { ...stranger, ca: farm.ca }])
      expect(await ways(mine, farm, 50)).toEqual(new Set(['bus']));
    expect(await ways(farm, elsewhere, 50), 'a certificate for another host').toEqual(new Set(['bus']));
  });

  it('carry what went by NATS, without one message lost, twice or out of order', async () => {
    const [sender, receiver] = [await connectAs('input-svc'), await connectAs('session-svc')];
    const { heard } = await session(receiver);
    const { send } = outletOf(sender);
    // Sent one after the other as they are heard, until they come by the lane.
    await eventually(async () => {
      expect(send()).toBe(true);
      const count = heard.length + 1;
      await eventually(() => require(heard.length >= count, 'it was not heard'));
      require(heard.at(-1)?.startsWith('lane') === true, 'it came by NATS');
    });
    const numbers = heard.map((text) => Number(text.split(' ')[1]));
    expect(numbers).toEqual(numbers.map((_, i) => (i + 1) % 256));
  });

  it('serve while NATS is gone, and NATS serves when the lane is', async () => {
    const [sender, receiver] = [await connectAs('input-svc'), await connectAs('session-svc')];
    const first = await session(receiver);
    const { outlet, send } = outletOf(sender);
    const byLane = (heard: readonly string[]): Promise<void> =>
      eventually(() => {
        send();
        require(heard.some((text) => text.startsWith('lane')), 'nothing came by a lane');
      });
    await byLane(first.heard);
    await nats.kill();
    await eventually(() => require(sender.status !== 'connected', 'NATS is still there'));
    const count = first.heard.length;
    expect(send()).toBe(true);
    await eventually(() => require(first.heard.length > count, 'it was not heard'));
    await nats.start();
    await eventually(() => require(sender.status === 'connected' && receiver.status === 'connected', 'away'));

    // The session ends and another begins, as after a reboot of the phone: what is sent in between goes by NATS.
    first.end();
    const second = await session(receiver);
    await eventually(() => {
      send();
      require(second.heard.length > 0, 'nothing came');
    });
    outlet.renew();
    await byLane(second.heard);
  });

  it('lead straight to the session past input-svc, which has a copy of all that went there', async () => {
    const [media, input, session_] = [
      await connectAs('media-svc'),
      await connectAs('input-svc'),
      await connectAs('session-svc'),
    ];
    const serve = async (): Promise<LaneServer> => {
      const server = await LaneServer.listen({
        listen: '127.0.0.1:0',
        advertise: '127.0.0.1:0',
        log: silentLog,
      });
      closing.push(() => server.close());
      return server;
    };
    const [atInput, atSession] = [await serve(), await serve()];
    const [heard, passed]: [string[], string[]] = [[], []];
    // Until its lane is there.
    input.subscribeRaw(subjects.viewerInput, phone, (bytes) => passed.push(`message ${bytes[1]}`));
    input.serve(subjects.viewerLane, phone, LaneOffer, async (_, { viewer }) =>
      atInput.offer(
        { ...phone, viewer: viewer ?? '' },
        {
          message: (bytes) => passed.push(`message ${bytes[1]}`),
          copy: (bytes) => passed.push(`copy ${bytes[1]}`),
          straight: () => passed.push('straight'),
        },
      ),
    );
    input.serve(subjects.straightLane, phone, LaneOffer, (_, { viewer }) =>
      input.request(subjects.sessionLane, phone, { fence: 7, viewerId: viewer ?? '' }, LaneOffer),
    );
    session_.serve(subjects.sessionLane, phone, LaneOffer, async ({ fence, viewerId }) =>
      atSession.offer(
        { ...phone, viewer: viewerId },
        { message: (bytes) => heard.push(`${fence} ${viewerId} ${bytes[1]}`) },
      ),
    );
    await flushed(input);
    await flushed(session_);
    const lanes = new Lanes({ bus: media, metrics: new Metrics('test'), log: silentLog });
    closing.push(() => lanes.close());
    const outlet = lanes.viewerInput({ ...phone, viewer: 'vw_a', role: 'control' });
    closing.push(() => outlet.close());
    let sent = 0;
    await eventually(() => {
      outlet.publishRaw(Uint8Array.of(0x0a, (sent += 1)));
      require(heard.length > 3, 'nothing came straight');
    });
    // Each message came to input-svc, as itself or as a copy, and the copies' messages to the session.
    await eventually(() => {
      require(passed.length === sent + 1, 'input-svc has not heard of all');
      require(passed.length - passed.indexOf('straight') - 1 === heard.length, 'the session has not all');
    });
    // One after the other, by whichever way; what went straight began where input-svc was told so.
    const numbers = heard.map((one) => Number(one.split(' ')[2]));
    const [first = 0] = numbers;
    expect(heard).toEqual(numbers.map((_, i) => `7 vw_a ${first + i}`));
    const at = passed.indexOf('straight');
    expect(passed.slice(at + 1)).toEqual(numbers.map((number) => `copy ${number}`));
    expect(passed[at - 1]).toBe(`message ${first - 1}`);
    // Nobody but input-svc gets a lane of a session's.
    await expect(
      media.request(subjects.sessionLane, phone, { fence: 9, viewerId: 'vw_a' }, LaneOffer, {
        timeoutMs: 300,
      }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/DEADLINE_EXCEEDED|UNAVAILABLE/) as string });
    expect(heard).toHaveLength(numbers.length);
  });

  it('are asked for by nobody but who may touch', async () => {
    const [intruder, receiver] = [await connectAs('media-svc'), await connectAs('session-svc')];
    const { heard } = await session(receiver);
    await expect(
      intruder.request(subjects.controlLane, phone, {}, LaneOffer, { timeoutMs: 300 }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/DEADLINE_EXCEEDED|UNAVAILABLE/) as string });
    await eventually(() => require(intruder.stats.refused > 0, 'the refusal was not told'));
    expect(heard).toEqual([]);
  });

  it('leave messages to NATS where the offered address cannot be reached', async () => {
    const [sender, receiver] = [await connectAs('input-svc'), await connectAs('session-svc')];
    const heard: number[] = [];
    receiver.subscribeRaw(subjects.control, phone, (bytes) => heard.push(bytes[0] ?? 0));
    let offers = 0;
    receiver.serve(subjects.controlLane, phone, LaneOffer, async (): Promise<LaneOffer> => {
      offers += 1;
      return { address: '127.0.0.1:1', lane: 1, secret: new Uint8Array(32) };
    });
    await flushed(receiver);
    const { send } = outletOf(sender);
    await eventually(() => require(offers > 1, 'it was not asked again'));
    const count = heard.length;
    expect(send()).toBe(true);
    await eventually(() => require(heard.length > count, 'it was not heard'));
  });
});
