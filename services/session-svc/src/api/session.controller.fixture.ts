import 'reflect-metadata';
import { SessionServiceClient, SessionServiceService } from '@ancloud/contracts/session/v1/session';
import { PhoneStatus, SessionState, Stage } from '@ancloud/contracts/state/v1/state';
import { createClient, Metrics, silentLog, startGrpcService } from '@ancloud/kit';
import { parseScrcpyVersion } from '@ancloud/scrcpy-wire';
import { eventually, FakePhone, ManualClock } from '@ancloud/testkit';
import type { FakeSocket } from '@ancloud/testkit';
import { afterAll, beforeEach } from 'vitest';
import { ClipboardReader } from '../actions/read-clipboard.js';
import { AppModule } from '../app.module.js';
import { FakeDevice } from '../io/fake-device.js';
import type { FakeStart } from '../io/fake-device.js';
import { hostClock } from '../io/host-clock.js';
import { ServerJar } from '../io/server-jar.js';
import { SessionMetrics } from '../io/session-metrics.js';
import { Sessions } from '../io/sessions.js';
import { TurnReadings } from '../io/turn-readings.js';

export const phoneId = 'ph_1';
const farmSecret = 'a-secret-of-the-farm';

export const status = (over: Partial<PhoneStatus> = {}): PhoneStatus =>
  PhoneStatus.fromPartial({
    phoneId,
    hostId: 'h1',
    epoch: 1,
    revision: 1,
    stage: Stage.STAGE_READY,
    address: '10.0.0.2',
    bootId: 'b1',
    updatedAtMs: 1,
    ...over,
  });

/** session-svc's gRPC for a spec, with a phone whose session is ready before each test. */
export async function stageService() {
  /** Passes only while a session is waited for, so no limit of a session runs out because this machine is slow. */
  const clock = new ManualClock();
  const device = new FakeDevice(({ version, options }: FakeStart) => {
    const sockets = (['video', 'audio', 'control'] as FakeSocket[]).filter(
      (name) => options.get(name) !== 'false',
    );
    return FakePhone.start({ version, sockets });
  });
  const metrics = new Metrics('test');
  const scrcpy = { version: parseScrcpyVersion('4.1'), jar: new ServerJar(Buffer.from('jar')) };
  const heard: string[] = [];
  const sessions: Sessions = new Sessions(
    {
      hostId: 'h1',
      sessionAddress: '127.0.0.1:1',
      rtpIp: '127.0.0.1',
      srtp: 'auto',
      ...scrcpy,
      connect: () => Promise.resolve(device.connect()),
      voice: { record: () => undefined, device: () => undefined, acknowledge: () => undefined },
      readings: new TurnReadings(clock),
      clock,
      hostClock,
      log: silentLog,
      metrics: new SessionMetrics(metrics, () => sessions.all),
    },
    {
      open: (session) => {
        heard.push(`open ${session.bootId}`);
        return () => heard.push(`close ${session.bootId}`);
      },
    },
  );
  const service = await startGrpcService({
    module: AppModule.with({ sessions, clipboards: new ClipboardReader(scrcpy), log: silentLog }),
    services: { 'ancloud.session.v1.SessionService': SessionServiceService },
    address: '127.0.0.1:0',
    auth: { farmSecret },
    log: silentLog,
  });
  const client = createClient(SessionServiceClient, `127.0.0.1:${service.port}`, { farmSecret });
  const ready = (): Promise<boolean> =>
    eventually(
      async () => {
        await clock.advance(10);
        return sessions.all.some((session) => session.state === SessionState.SESSION_STATE_READY);
      },
      { reason: 'the session to be ready' },
    );

  afterAll(async () => {
    client.close();
    await service.stop();
    await sessions.close('the test ends');
    await device.close();
    await metrics.close();
  });

  beforeEach(async () => {
    device.answer = (command) => (command === 'wm size' ? 'Physical size: 720x1280\n' : undefined);
    sessions.observe(status());
    await ready();
  });

  return { device, sessions, client, heard, ready };
}

export const collect = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
};
