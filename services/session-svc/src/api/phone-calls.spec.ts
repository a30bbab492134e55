import type { ShellInput } from '@ancloud/contracts/session/v1/session';
import { describe, expect, it } from 'vitest';
import { collect, phoneId, stageService } from './session.controller.fixture.js';

const { device, client } = await stageService();

const PNG = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000049454e44ae426082',
  'hex',
);

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
