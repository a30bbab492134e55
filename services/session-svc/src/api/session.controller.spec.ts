import 'reflect-metadata';
import { SessionServiceClient, SessionServiceService } from '@ancloud/contracts/session/v1/session';
import type { ShellInput } from '@ancloud/contracts/session/v1/session';
import { SessionState, Stage } from '@ancloud/contracts/state/v1/state';
import { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { createClient, Metrics, silentLog, startGrpcService } from '@ancloud/kit';
import type { GrpcClient, GrpcService } from '@ancloud/kit';
import { parseScrcpyVersion } from '@ancloud/scrcpy-wire';
import { eventually, FakePhone, ManualClock } from '@ancloud/testkit';
import type { FakeSocket } from '@ancloud/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppModule } from '../app.module.js';
import { FakeDevice } from '../io/fake-device.js';
import type { FakeStart } from '../io/fake-device.js';
import { hostClock } from '../io/host-clock.js';
import { ServerJar } from '../io/server-jar.js';
import { SessionMetrics } from '../io/session-metrics.js';
import { Sessions } from '../io/sessions.js';

const PNG = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000049454e44ae426082',
  'hex',
);
const phoneId = 'ph_1';
const farmSecret = 'a-secret-of-the-farm';

let device: FakeDevice<FakePhone>;
let sessions: Sessions;
let service: GrpcService;
let client: GrpcClient<typeof SessionServiceService>;
let metrics: Metrics;
let heard: string[];
/** Passes only while a session is waited for, so no limit of a session runs out because this machine is slow. */
const clock = new ManualClock();

const status = (over: Partial<PhoneStatus> = {}): PhoneStatus =>
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

const ready = (): Promise<boolean> =>
  eventually(
    async () => {
      await clock.advance(10);
      return sessions.all.some((session) => session.state === SessionState.SESSION_STATE_READY);
    },
    { reason: 'the session to be ready' },
  );

beforeAll(async () => {
  device = new FakeDevice(({ version, options }: FakeStart) => {
    const sockets = (['video', 'audio', 'control'] as FakeSocket[]).filter(
      (name) => options.get(name) !== 'false',
    );
    return FakePhone.start({ version, sockets });
  });
  metrics = new Metrics('test');
  heard = [];
  sessions = new Sessions(
    {
      hostId: 'h1',
      sessionAddress: '127.0.0.1:1',
      rtpIp: '127.0.0.1',
      srtp: 'auto',
      version: parseScrcpyVersion('4.1'),
      jar: new ServerJar(Buffer.from('jar')),
      connect: () => Promise.resolve(device.connect()),
      voice: { record: () => undefined, device: () => undefined, acknowledge: () => undefined },
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
  service = await startGrpcService({
    module: AppModule.with({ sessions, log: silentLog }),
    services: { 'ancloud.session.v1.SessionService': SessionServiceService },
    address: '127.0.0.1:0',
    auth: { farmSecret },
    log: silentLog,
  });
  client = createClient(SessionServiceClient, `127.0.0.1:${service.port}`, { farmSecret });
});

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

const collect = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
};

const send = async (
  kind: 'pushFile' | 'installApp',
  start: { path?: string; mode?: number; size?: number },
  ...data: string[]
): Promise<unknown> => {
  const messages = data.map((text) => ({ input: { $case: 'data' as const, value: Buffer.from(text) } }));
  if (kind === 'pushFile') {
    const { call, response } = client.pushFile();
    const value = { phoneId, path: start.path ?? '', mode: start.mode ?? 0 };
    call.write({ input: { $case: 'start', value } });
    for (const message of messages) call.write(message);
    call.end();
    return response;
  }
  const { call, response } = client.installApp();
  call.write({ input: { $case: 'start', value: { phoneId, size: start.size ?? 0 } } });
  for (const message of messages) call.write(message);
  call.end();
  return response;
};

const shell = (...inputs: ShellInput['input'][]) =>
  new Promise<{ out: string; err: string; exit: number | undefined; error: string | undefined }>(
    (resolve) => {
      const call = client.shell();
      const said = {
        out: '',
        err: '',
        exit: undefined as number | undefined,
        error: undefined as string | undefined,
      };
      call.on('data', ({ output }) => {
        if (output?.$case === 'stdout') said.out += Buffer.from(output.value).toString();
        else if (output?.$case === 'stderr') said.err += Buffer.from(output.value).toString();
        else if (output?.$case === 'exitCode') said.exit = output.value;
      });
      call.on('error', (error: Error & { details?: string }) => resolve({ ...said, error: error.details }));
      call.on('end', () => resolve(said));
      for (const input of inputs) call.write({ input });
    },
  );

describe('sessions', () => {
  it('are told, and asked for by the phone that has none', async () => {
    expect(await client.getSession({ phoneId })).toMatchObject({
      phoneId,
      hostId: 'h1',
      bootId: 'b1',
      width: 720,
    });
    await expect(client.getSession({ phoneId: 'ph_2' })).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  it('a second boot replaces the first; an older status changes nothing; a stop closes', async () => {
    sessions.observe(status({ bootId: 'b2', updatedAtMs: 5 }));
    await sessions.settled();
    sessions.observe(status({ bootId: 'b1', updatedAtMs: 4 }));
    sessions.observe(status({ stage: Stage.STAGE_STOPPED, epoch: 0, updatedAtMs: 9 }));
    await sessions.settled();
    await ready();
    expect(sessions.get(phoneId).bootId).toBe('b2');
    sessions.observe(status({ stage: Stage.STAGE_STOPPING, updatedAtMs: 6 }));
    await sessions.settled();
    expect(sessions.all).toEqual([]);
    expect(heard.slice(-3)).toEqual(['close b1', 'open b2', 'close b2']);
    await eventually(() => device.links.size === 0, { reason: 'the links to close' });
    sessions.observe(status({ bootId: 'b3', updatedAtMs: 7 }));
    await ready();
  });

  it('a phone of another host is not touched; one that moves away is let go', async () => {
    sessions.observe(status({ phoneId: 'ph_9', hostId: 'h2' }));
    await sessions.settled();
    expect(sessions.all.map((session) => session.phoneId)).toEqual([phoneId]);
    sessions.observe(status({ hostId: 'h2', epoch: 2, updatedAtMs: 8 }));
    await sessions.settled();
    expect(sessions.all).toEqual([]);
    sessions.observe(status({ epoch: 3, updatedAtMs: 9 }));
    await ready();
  });

  it('a lost record alone ends nothing while the phone can be reached', async () => {
    sessions.unlisted(phoneId);
    expect(sessions.all).toHaveLength(1);
    sessions.observe(status({ epoch: 3, updatedAtMs: 10 }));
    await sessions.settled();
    expect(sessions.all).toHaveLength(1);
  });
});

describe('screenshot', () => {
  it('is one for all who can do with that of a moment ago', async () => {
    let asked = 0;
    device.answer = (command) => {
      if (command !== 'screencap -p') return undefined;
      asked += 1;
      return { stdout: PNG };
    };
    await Promise.all([1, 2, 3, 4].map(() => collect(client.screenshot({ phoneId, maxAgeMs: 10_000 }))));
    expect(asked).toBe(1);
    await collect(client.screenshot({ phoneId, maxAgeMs: 0 }));
    expect(asked).toBe(2);
    await expect(collect(client.screenshot({ phoneId, maxAgeMs: 10_001 }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
  it('is the phone’s PNG', async () => {
    device.answer = (command) => (command === 'screencap -p' ? { stdout: PNG } : undefined);
    const chunks = await collect(client.screenshot({ phoneId, maxAgeMs: 0 }));
    expect(Buffer.concat(chunks.map((chunk) => chunk.png)).equals(PNG)).toBe(true);
  });
  it.each([
    ['cut off', { stdout: PNG.subarray(0, -3) }, 'cut off'],
    ['words', { stdout: Buffer.alloc(0), stderr: Buffer.from('no display'), exitCode: 1 }, 'no display'],
  ])('says what was wrong: %s', async (_name, answer, words) => {
    device.answer = () => answer;
    await expect(collect(client.screenshot({ phoneId, maxAgeMs: 0 }))).rejects.toMatchObject({
      code: 'SCREENSHOT_FAILED',
      message: expect.stringContaining(words) as string,
    });
  });
});

describe('the keyboard', () => {
  it.each([
    ['  mInputShown=true\n', { shown: true }],
    ["Can't find service: input_method\n", {}],
  ])('is as dumpsys says: %s', async (dump, answer) => {
    device.answer = (command) =>
      command === 'dumpsys input_method' ? { stdout: Buffer.from(dump) } : undefined;
    expect(await client.readKeyboard({ phoneId })).toEqual(answer);
  });
});

describe('shell', () => {
  it('gives both outputs and the exit code', async () => {
    device.answer = () => ({ stdout: Buffer.from('o'), stderr: Buffer.from('e'), exitCode: 3 });
    const said = await shell({ $case: 'start', value: { phoneId, command: 'x', windowSize: undefined } });
    expect(said).toEqual({ out: 'o', err: 'e', exit: 3, error: undefined });
  });
  it('must begin with start, of a phone that is there, with a command that adbd takes', async () => {
    expect((await shell({ $case: 'stdinClosed', value: true })).error).toContain('must be start');
    const other = await shell({
      $case: 'start',
      value: { phoneId: 'ph_2', command: 'x', windowSize: undefined },
    });
    expect(other.error).toContain('no session');
    const command = 'x'.repeat(4_001);
    const long = await shell({ $case: 'start', value: { phoneId, command, windowSize: undefined } });
    expect(long.error).toContain('longer than 4000');
  });
});

describe('files', () => {
  it('go in and come out', async () => {
    expect(await send('pushFile', { path: '/sdcard/a' }, 'hello ', 'phone')).toEqual({ bytes: 11 });
    const chunks = await collect(client.pullFile({ phoneId, path: '/sdcard/a' }));
    expect(Buffer.concat(chunks.map((chunk) => chunk.data)).toString()).toBe('hello phone');
  });
  it.each([
    [{ path: 'a' }, 'INVALID_ARGUMENT'],
    [{ path: '/a/../b' }, 'INVALID_ARGUMENT'],
    [{ path: '/a', mode: 0o4755 }, 'INVALID_ARGUMENT'],
    [{ path: '/system/a' }, 'FILE_FAILED'],
  ])('refuses %j', async (start, code) => {
    await expect(send('pushFile', start, 'x')).rejects.toMatchObject({ code });
  });
  it('says that there is none', async () => {
    await expect(collect(client.pullFile({ phoneId, path: '/none' }))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});

describe('apps', () => {
  const apks = (): string[] => [...device.files.keys()].filter((path) => path.endsWith('.apk'));
  const removes = (command: string): string | undefined => {
    const path = /^rm -f '(.+)'$/.exec(command)?.[1];
    if (path !== undefined) device.files.delete(path);
    return path === undefined ? undefined : '';
  };
  it('are installed by the phone, and the copy is removed', async () => {
    device.answer = (command) =>
      removes(command) ?? (command.startsWith('pm install -r ') ? 'Success\n' : undefined);
    expect(await send('installApp', { size: 3 }, 'apk')).toEqual({ output: 'Success' });
    expect(apks()).toEqual([]);
  });
  it.each([
    ['the phone refuses', 3, 'Failure [INSTALL_FAILED_OLDER_SDK]\n', 'INSTALL_FAILED'],
    ['more comes than announced', 2, 'Success\n', 'MESSAGE_TOO_LARGE'],
    ['less comes than announced', 9, 'Success\n', 'INVALID_ARGUMENT'],
    ['nothing is announced', 0, 'Success\n', 'INVALID_ARGUMENT'],
  ])('%s: an error, and nothing stays in the phone', async (_name, size, words, code) => {
    device.answer = (command) => removes(command) ?? words;
    await expect(send('installApp', { size }, 'apk')).rejects.toMatchObject({ code });
    expect(apks()).toEqual([]);
  });
});

describe('streams and clipboard', () => {
  const attach = {
    ip: '127.0.0.1',
    port: 9,
    videoSsrc: 1,
    videoPayloadType: 102,
    audioSsrc: 2,
    audioPayloadType: 100,
  };
  const rest = { videoNextSequence: 0, audioNextSequence: 0, mtu: 0 };
  it('attaches, and detaches for the right fence', async () => {
    const answer = await client.attachStream({ phoneId, fence: 1, ...attach, ...rest });
    expect(answer).toMatchObject({ rtpIp: '127.0.0.1', width: 720, height: 1280, audio: true });
    await client.detachStream({ phoneId, fence: 1 });
    expect((await client.getSession({ phoneId })).streaming).toBe(false);
  });
  it('attaches the low layer to what is attached with the same fence, and detaches it alone', async () => {
    await client.attachStream({ phoneId, fence: 7, ...attach, ...rest });
    const low = { phoneId, fence: 7, ssrc: 3, payloadType: 102, nextSequence: 0 };
    await expect(client.attachLow({ ...low, fence: 6 })).rejects.toMatchObject({ code: 'FENCED' });
    await expect(client.attachLow({ ...low, ssrc: 0 })).rejects.toMatchObject({ field: 'ssrc' });
    expect(await client.attachLow(low)).toEqual({ width: 720, height: 1280 });
    const running = () => device.servers.filter(({ start }) => start.options.get('max_size') === '480');
    expect(running()).toHaveLength(1);
    await client.detachLow({ phoneId, fence: 7 });
    expect((await client.getSession({ phoneId })).streaming).toBe(true);
    await client.detachStream({ phoneId, fence: 7 });
  });
  it.each([
    [{ ip: 'media' }, 'ip'],
    [{ port: 0 }, 'port'],
    [{ videoSsrc: 0 }, 'video_ssrc'],
    [{ audioSsrc: 1 }, 'audio_ssrc'],
    [{ videoPayloadType: 128 }, 'video_payload_type'],
    [{ videoNextSequence: 65_537 }, 'video_next_sequence'],
    [{ mtu: 499 }, 'mtu'],
  ])('refuses %j, naming the field', async (over, field) => {
    const request = { phoneId, fence: 2, ...attach, ...rest, ...over };
    await expect(client.attachStream(request)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', field });
  });
  it('sets the clipboard, up to scrcpy’s limit', async () => {
    await client.setClipboard({ phoneId, text: 'x'.repeat(262_130), paste: false });
    await expect(
      client.setClipboard({ phoneId, text: 'x'.repeat(262_131), paste: false }),
    ).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  });
  it('lets nobody in without the farm’s secret', async () => {
    const stranger = createClient(SessionServiceClient, client.address, {
      farmSecret: 'another-secret-here',
    });
    await expect(stranger.getSession({ phoneId })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    stranger.close();
  });
});
