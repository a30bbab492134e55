import { subjects } from '@ancloud/contracts';
import { KeyFrameWanted } from '@ancloud/contracts/events/v1/events';
import { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { type Bus, connectBus } from '@ancloud/bus';
import { AppError, logContext, silentLog, withLogContext } from '@ancloud/kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceName } from '@ancloud/contracts';
import { eventually, PATIENCE_MS, require } from '../harness/eventually.js';
import { flushed, knocks, type NatsServer, startNats } from '../harness/servers.js';

let nats: NatsServer;
const open: Bus[] = [];

beforeAll(async () => {
  nats = await startNats();
});
afterEach(async () => {
  for (const bus of open.splice(0)) await bus.drain();
});
afterAll(async () => {
  await nats.stop();
});

async function connectAs(user: ServiceName): Promise<Bus> {
  const made = await connectBus({
    servers: [nats.address],
    user,
    pass: nats.passwords[user],
    name: `test ${user}`,
    log: silentLog,
    connectMs: PATIENCE_MS,
  });
  open.push(made);
  return made;
}

const status = (phoneId: string): PhoneStatus =>
  PhoneStatus.fromPartial({ phoneId, hostId: 'h1', epoch: 7, revision: 2 });

describe('bus', () => {
  it('carries a typed fact, its parameters and the trace', async () => {
    const [sender, receiver] = [await connectAs('container-svc'), await connectAs('gateway')];
    const got: unknown[] = [];
    receiver.subscribe(subjects.phoneStatus, {}, (message, params) => {
      got.push([message.epoch, params, logContext().traceparent?.slice(0, 35)]);
    });
    await flushed(receiver);
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    withLogContext({ traceparent }, () =>
      sender.publish(subjects.phoneStatus, { phone: 'ph_a' }, status('ph_a')),
    );
    await eventually(() => require(got.length === 1, `${got.length} facts`));
    expect(got).toEqual([[7, { phone: 'ph_a' }, `00-${'ab'.repeat(16)}`]]);
  });

  it('subscribes to one phone only when it is named', async () => {
    const [sender, receiver] = [await connectAs('container-svc'), await connectAs('gateway')];
    const got: string[] = [];
    receiver.subscribe(subjects.phoneStatus, { phone: 'ph_b' }, (message) => void got.push(message.phoneId));
    await flushed(receiver);
    for (const phone of ['ph_a', 'ph_b']) sender.publish(subjects.phoneStatus, { phone }, status(phone));
    await eventually(() => require(got.length > 0, 'nothing came'));
    await flushed(receiver);
    expect(got).toEqual(['ph_b']);
  });

  it('passes hot bytes as they are, without headers', async () => {
    const [sender, receiver] = [await connectAs('input-svc'), await connectAs('session-svc')];
    const got: number[][] = [];
    receiver.subscribeRaw(subjects.control, { phone: 'ph_a' }, (bytes) => void got.push([...bytes]));
    await flushed(receiver);
    const outlet = sender.outlet(subjects.control, { phone: 'ph_a' });
    for (let index = 0; index < 3; index += 1)
      expect(outlet.publishRaw(Uint8Array.of(index, 255))).toBe(true);
    await eventually(() => require(got.length === 3, `${got.length} of 3`));
    expect(got).toEqual([
      [0, 255],
      [1, 255],
      [2, 255],
    ]);
  });

  it('survives malformed messages and throwing handlers, and counts both', async () => {
    const [sender, receiver] = [await connectAs('media-svc'), await connectAs('session-svc')];
    const got: string[] = [];
    receiver.subscribe(subjects.keyFrame, {}, (message) => {
      if (message.phoneId === 'throws') throw new Error('handler');
      if (message.phoneId === 'rejects') return Promise.reject(new Error('handler'));
      got.push(message.phoneId);
      return undefined;
    });
    await flushed(receiver);
    const outlet = sender.outlet(subjects.keyFrame, { phone: 'ph_a' });
    // Field 1, length-delimited, says 127 bytes and has one.
    outlet.publishRaw(Uint8Array.of(0x0a, 0x7f, 0x41));
    for (const phoneId of ['throws', 'rejects', 'fine'])
      outlet.publish(KeyFrameWanted.fromPartial({ phoneId }));
    await eventually(() =>
      require(got.length === 1 && receiver.stats.handlerErrors === 2, JSON.stringify([got, receiver.stats])),
    );
    expect(receiver.stats).toMatchObject({ malformed: 1, handlerErrors: 2 });
  });

  it('drops and counts what comes while too many handlers are under way', async () => {
    const [sender, receiver] = [await connectAs('container-svc'), await connectAs('gateway')];
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    receiver.subscribe(subjects.phoneStatus, {}, () => ((begun += 1), gate.promise), { maxPending: 2 });
    await flushed(receiver);
    for (let index = 0; index < 5; index += 1)
      sender.publish(subjects.phoneStatus, { phone: `ph_${index}` }, status('x'));
    await eventually(() => require(receiver.stats.overrun === 3, `overrun ${receiver.stats.overrun}`));
    expect(begun).toBe(2);
    gate.resolve();
  });

  it('shares messages among the members of a queue', async () => {
    const [sender, one, two] = [
      await connectAs('container-svc'),
      await connectAs('gateway'),
      await connectAs('gateway'),
    ];
    let count = 0;
    for (const member of [one, two]) {
      member.subscribe(subjects.phoneStatus, {}, () => void (count += 1), { queue: 'q' });
      await flushed(member);
    }
    for (let index = 0; index < 20; index += 1)
      sender.publish(subjects.phoneStatus, { phone: 'ph_a' }, status('ph_a'));
    await flushed(sender);
    await eventually(() => require(count >= 20, `${count} of 20`));
    await flushed(one);
    await flushed(two);
    expect(count).toBe(20);
  });

  it('answers requests, and carries the error of the one who answers', async () => {
    const asker = await connectAs('gateway');
    const server = await connectAs('gateway');
    server.serve(subjects.operation, {}, PhoneStatus, (message) => {
      if (message.kind === 'bad')
        return Promise.reject(new AppError('PHONE_NOT_FOUND', 'stopping ph_x: no such phone — 無'));
      return Promise.resolve(status(message.phoneId));
    });
    await flushed(server);
    const { codec } = subjects.operation;
    const message = (kind: string) => ({ ...codec.decode(new Uint8Array()), kind, phoneId: 'ph_q' });
    const at = { operation: 'op_1' };
    const patient = { timeoutMs: PATIENCE_MS };
    await expect(
      asker.request(subjects.operation, at, message('good'), PhoneStatus, patient),
    ).resolves.toMatchObject({
      phoneId: 'ph_q',
    });
    await expect(
      asker.request(subjects.operation, at, message('bad'), PhoneStatus, patient),
    ).rejects.toMatchObject({
      code: 'PHONE_NOT_FOUND',
      message: 'stopping ph_x: no such phone — 無',
    });
  });

  it('says so when nobody answers, or nobody in time', async () => {
    const asker = await connectAs('gateway');
    const message = subjects.operation.codec.decode(new Uint8Array());
    await expect(
      asker.request(subjects.operation, { operation: 'op_none' }, message, PhoneStatus, {
        timeoutMs: PATIENCE_MS,
      }),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    const silent = await connectAs('gateway');
    silent.serve(subjects.operation, { operation: 'op_slow' }, PhoneStatus, () => new Promise(() => {}));
    await flushed(silent);
    await expect(
      asker.request(subjects.operation, { operation: 'op_slow' }, message, PhoneStatus, { timeoutMs: 50 }),
    ).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('refuses ids that would reach other subjects', async () => {
    const sender = await connectAs('container-svc');
    for (const phone of ['*', '>', 'a.b', 'a b', '', 'a\r\nPUB x 0']) {
      expect(() => sender.publish(subjects.phoneStatus, { phone }, status('x')), phone).toThrow(AppError);
      expect(() => sender.subscribe(subjects.phoneStatus, { phone }, () => {}), phone).toThrow(AppError);
    }
  });

  it("lets nobody but input-svc speak to a phone's controls", async () => {
    const [intruder, receiver, rightful] = [
      await connectAs('media-svc'),
      await connectAs('session-svc'),
      await connectAs('input-svc'),
    ];
    const got: number[] = [];
    receiver.subscribeRaw(subjects.control, { phone: 'ph_a' }, (bytes) => void got.push(bytes[0] ?? -1));
    await flushed(receiver);
    intruder.publishRaw(subjects.control, { phone: 'ph_a' }, Uint8Array.of(66));
    await flushed(intruder);
    rightful.publishRaw(subjects.control, { phone: 'ph_a' }, Uint8Array.of(1));
    await eventually(() => require(got.length > 0, 'nothing came'));
    expect(got).toEqual([1]);
    await eventually(() => require(intruder.stats.refused > 0, 'the refusal was not told'));
  });

  it('tells of a subscription that the permissions refuse', async () => {
    const intruder = await connectAs('container-svc');
    intruder.subscribe(subjects.control, {}, () => {});
    await eventually(() => require(intruder.stats.refused > 0, 'the refusal was not told'));
  });

  it('drops while NATS is gone, comes back by itself and calls for a resync', async () => {
    const [sender, receiver] = [await connectAs('container-svc'), await connectAs('gateway')];
    const got: string[] = [];
    let resyncs = 0;
    receiver.subscribe(subjects.phoneStatus, {}, (message) => void got.push(message.phoneId));
    receiver.onReconnect(() => (resyncs += 1));
    await flushed(receiver);
    await nats.kill();
    await eventually(() =>
      require(sender.status === 'reconnecting' && receiver.status === 'reconnecting', 'not noticed'),
    );
    expect(sender.publish(subjects.phoneStatus, { phone: 'ph_lost' }, status('ph_lost'))).toBe(false);
    expect(await sender.flush()).toBe(false);
    await nats.start();
    await eventually(() =>
      require(sender.status === 'connected' && resyncs === 1, `${sender.status}, ${resyncs} resyncs`),
    );
    await flushed(receiver);
    expect(sender.publish(subjects.phoneStatus, { phone: 'ph_back' }, status('ph_back'))).toBe(true);
    await eventually(() => require(got.length > 0, 'nothing came'));
    expect(got).toEqual(['ph_back']);
    expect(sender.stats.unsent).toBe(1);
  });

  it('sends what is said while it drains, and counts what comes too late, without throwing', async () => {
    const ending = await connectAs('container-svc');
    const tell = (): boolean => ending.publish(subjects.phoneStatus, { phone: 'ph_a' }, status('ph_a'));
    const draining = ending.drain();
    expect(tell()).toBe(true);
    while (tell()) await Promise.resolve();
    // Not closed yet: as one finds it who is only a moment too late.
    expect(ending.status).toBe('connected');
    expect(ending.stats.unsent).toBe(1);
    await draining;
    expect(tell()).toBe(false);
  });

  it('waits for a server that starts later than we do', async () => {
    await nats.kill();
    const connecting = connectAs('gateway');
    await knocks(nats.port, 2);
    await nats.start();
    expect((await connecting).status).toBe('connected');
  });

  it('says at once that the password is wrong, and in time that nobody is there', async () => {
    const base = { user: 'gateway', pass: 'wrong', name: 't', log: silentLog };
    await expect(connectBus({ ...base, servers: [nats.address] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(connectBus({ ...base, servers: ['127.0.0.1:1'], connectMs: 300 })).rejects.toMatchObject({
      code: 'UNAVAILABLE_BUS',
      value: '127.0.0.1:1',
    });
  });
});
