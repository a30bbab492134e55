import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { buildGuest } from '../harness/build-guest.js';
import { Farm } from '../harness/farm.js';

const farm = new Farm(inject('farm'));

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  readonly fix?: string;
}

describe('the API refuses', () => {
  it.each<[string, string, string, unknown, number, string]>([
    ['a phone that does not exist', 'GET', '/v1/phones/ph_none', undefined, 404, 'PHONE_NOT_FOUND'],
    ['an id that is none', 'GET', '/v1/phones/..%2f..%2fetc', undefined, 400, 'INVALID_ARGUMENT'],
    ['an unknown resource', 'GET', '/v1/nothing', undefined, 404, 'ROUTE_NOT_FOUND'],
    ['JSON that is none', 'POST', '/v1/phones', '{"spec":', 400, 'MESSAGE_MALFORMED'],
    ['an unknown field', 'POST', '/v1/phones', { colour: 'red' }, 400, 'INVALID_ARGUMENT'],
    [
      'a screen too small',
      'POST',
      '/v1/phones',
      { spec: { display: { width: 10 } } },
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'a blank in a boot property',
      'POST',
      '/v1/phones',
      { spec: { bootProperties: { 'androidboot.x': 'a b' } } },
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'an image that no host has',
      'POST',
      '/v1/phones',
      { spec: { imageId: `sha256:${'0'.repeat(64)}` } },
      404,
      'IMAGE_NOT_FOUND',
    ],
    ['a role that is none', 'POST', '/v1/phones/ph_none/viewers', { role: 'god' }, 400, 'INVALID_ARGUMENT'],
    [
      'an operation that does not exist',
      'GET',
      '/v1/operations/op_none',
      undefined,
      404,
      'OPERATION_NOT_FOUND',
    ],
  ])('%s', async (_, method, route, body, status, code) => {
    const response = await farm.call(method, route, body);
    const problem = (await response.json()) as Problem;
    expect({ status: response.status, code: problem.code }).toEqual({ status, code });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(problem.detail.length).toBeGreaterThan(5);
  });

  it('a wrong key, and says nothing of the right one', async () => {
    const response = await fetch(`${farm.address.url}/v1/phones`, {
      headers: { authorization: 'Bearer wrong-wrong-wrong' },
    });
    expect(response.status).toBe(401);
    const text = await response.text();
    expect(text).toContain('UNAUTHENTICATED');
    expect(text).not.toContain(farm.apiKey);
  });

  it('a body of 10 MB: told so, or cut off while it still sends', async () => {
    // A server that closes on an unread body resets the connection, and then the answer may be lost with it.
    const answer = await farm
      .call('POST', '/v1/phones', { name: 'x'.repeat(10_000_000) })
      .then(async (response) => [response.status, ((await response.json()) as Problem).code])
      .catch((error: Error) => (error.cause as NodeJS.ErrnoException).code);
    expect([[413, 'MESSAGE_TOO_LARGE'], 'EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET']).toContainEqual(answer);
    expect((await farm.call('GET', '/v1/phones')).status).toBe(200);
  });
});

describe('an image is refused and nothing is left on disk', () => {
  const folder = path.join(farm.address.home, 'import');
  const store = (): string[] =>
    fs.readdirSync(path.join(farm.address.home, 'images')).toSorted((a, b) => a.localeCompare(b));

  async function refused(file: string, ...options: string[]): Promise<{ code: string; message: string }> {
    // --json may stand before the command and behind it.
    const result = await farm.cli(['image', 'import', file, '--json', ...options]);
    expect(result.code).not.toBe(0);
    const problem = JSON.parse(result.stderr.trim().split('\n').at(-1) ?? '{}') as {
      code: string;
      detail: string;
    };
    return { code: problem.code, message: problem.detail };
  }

  it('text, a truncated image, a path outside, a folder, a missing file', async () => {
    fs.mkdirSync(folder, { recursive: true });
    const before = store();
    const text = path.join(folder, 'text.sqfs');
    fs.writeFileSync(text, 'this is no image');
    expect((await refused(text)).code).toBe('IMAGE_INVALID');
    const whole = fs.readFileSync(await buildGuest());
    const cut = path.join(folder, 'cut.sqfs');
    fs.writeFileSync(cut, whole.subarray(0, whole.length >> 1));
    expect((await refused(cut)).code).toBe('IMAGE_INVALID');
    expect((await refused('/etc/passwd')).code).toBe('PATH_NOT_ALLOWED');
    expect(['PATH_NOT_ALLOWED', 'IMAGE_INVALID']).toContain((await refused(folder)).code);
    expect((await refused(path.join(folder, 'none.sqfs'))).code).toMatch(
      /IMAGE_NOT_FOUND|IMAGE_INVALID|PATH_NOT_ALLOWED/,
    );
    const sound = path.join(folder, 'sound.sqfs');
    fs.writeFileSync(sound, whole);
    const other = 'a'.repeat(64);
    for (const where of [[], ['--upload']])
      expect(await refused(sound, '--sha256', other, ...where)).toMatchObject({
        code: 'IMAGE_INVALID',
        message: expect.stringContaining(other) as string,
      });
    expect(store()).toEqual(before);
    fs.rmSync(folder, { recursive: true });
  });

  it.each<[string, string[], string]>([
    ['a digest that is none', ['a.img', '--sha256', 'abc'], "'abc' is no sha256"],
    ['fewer digests than files', ['a.img', 'b.img', '--sha256', 'a'.repeat(64)], '2 sources and 1 sha256'],
    ['a digest beside a reference', ['docker://r/n:t', '--sha256', 'a'.repeat(64)], 'an image of a registry'],
  ])('%s is refused before anything is sent', async (_, args, message) => {
    const result = await farm.cli(['image', 'import', ...args]);
    expect(result.stderr).toContain(message);
    expect(result.code).toBe(64);
  });
});

describe('the CLI', () => {
  it.each<[string, string[], number, string]>([
    ['refuses an unknown command', ['fly'], 64, 'unknown command'],
    ['refuses a size that is none', ['phone', 'create', '--size', 'big'], 64, 'WIDTHxHEIGHT'],
    ['names the phone that is not there', ['phone', 'show', 'ph_none'], 1, 'PHONE_NOT_FOUND'],
    ['names the operation that is not there', ['operation', 'wait', 'op_none'], 1, 'OPERATION_NOT_FOUND'],
    ['names the log that is not there', ['logs', 'nobody'], 64, "no log of 'nobody'"],
    ['names the tier that is not there', ['test', 'everything'], 64, 'everything'],
    ['refuses a second up', ['up', '--no-phone'], 1, 'runs already'],
  ])('%s', async (_, args, code, words) => {
    const result = await farm.cli(args);
    expect({ code: result.code, said: result.stderr }).toMatchObject({
      code,
      said: expect.stringContaining(words) as string,
    });
  });

  it('says which port is taken and what to do', async () => {
    const taken = await farm.cli(['up', '--no-phone'], {
      env: { ANCLOUD_RUN_DIR: `${farm.address.run}-other`, ANCLOUD_HOME: `${farm.address.home}-other` },
    });
    expect(taken.code).toBe(1);
    expect(taken.stderr).toMatch(/PORT_TAKEN.*port \d+/s);
    expect(taken.stderr).toContain('ANCLOUD_PORT_BASE');
    fs.rmSync(`${farm.address.home}-other`, { recursive: true, force: true });
    fs.rmSync(`${farm.address.run}-other`, { recursive: true, force: true });
  });
});

describe('a viewer is refused', () => {
  const join = async (message: unknown, origin?: string): Promise<{ code: string } | 'open'> => {
    const url = `${farm.address.url.replace('http', 'ws')}/v1/signal`;
    const { WebSocket: Client } = await import('ws');
    return new Promise((resolve) => {
      const socket = new Client(url, origin === undefined ? {} : { origin });
      socket.once('unexpected-response', (_request, response) =>
        resolve({ code: `HTTP ${response.statusCode}` }),
      );
      socket.once('error', () => resolve({ code: 'error' }));
      socket.once('open', () => socket.send(typeof message === 'string' ? message : JSON.stringify(message)));
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as {
          error?: { code: string };
          notify?: string;
          data?: { code: string };
        };
        if (frame.error !== undefined) resolve({ code: frame.error.code });
        else if (frame.notify === 'closing') resolve({ code: frame.data?.code ?? '' });
      });
      socket.once('close', () => resolve({ code: 'closed' }));
    });
  };

  it.each<[string, unknown, RegExp]>([
    ['a token that is none', { id: 1, method: 'join', data: { token: 'x.y.z' } }, /^TOKEN_INVALID$/],
    [
      'a request before join',
      { id: 1, method: 'consume', data: {} },
      /^(MESSAGE_MALFORMED|UNAUTHENTICATED|INVALID_STATE)$/,
    ],
    ['text that is no frame', 'hello', /^MESSAGE_MALFORMED$/],
    [
      'a frame of 100 kB',
      JSON.stringify({ id: 1, method: 'join', data: { token: 'x'.repeat(100_000) } }),
      /^(MESSAGE_TOO_LARGE|closed|error)$/,
    ],
  ])('for %s', async (_, message, code) => {
    expect(await join(message)).toEqual({ code: expect.stringMatching(code) as string });
  });

  it('for coming from another site', async () => {
    expect(await join({ id: 1, method: 'join', data: { token: 'x' } }, 'http://evil.example')).toEqual({
      code: expect.stringMatching(/ORIGIN_REFUSED|HTTP 403/) as string,
    });
  });

  it('for using a token twice', async () => {
    const phone = await farm.create({ display: { width: 240, height: 320, dpi: 120, fps: 30 } });
    await farm.viewable(phone.phoneId);
    const { token } = await farm.viewer(phone.phoneId, 'watch');
    const { WebSocket: Client } = await import('ws');
    const first = new Client(`${farm.address.url.replace('http', 'ws')}/v1/signal`);
    const joined = await new Promise<unknown>((resolve) => {
      first.once('open', () => first.send(JSON.stringify({ id: 1, method: 'join', data: { token } })));
      first.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as { readonly id?: number };
        // Who waits for long is pinged meanwhile.
        if (frame.id === 1) resolve(frame);
      });
    });
    expect(joined).toMatchObject({ id: 1, ok: { phone: phone.phoneId, role: 'watch' } });
    expect(await join({ id: 1, method: 'join', data: { token } })).toEqual({ code: 'TOKEN_USED' });
    first.close();
    await farm.delete(phone.phoneId);
  });
});
