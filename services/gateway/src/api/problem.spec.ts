import { AppError } from '@ancloud/kit';
import { NotFoundException } from '@nestjs/common';
import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { asApiError, endWith, rawProblem } from './problem.js';

const fastifyError = (code: string, statusCode: number): Error =>
  Object.assign(new Error('words of a library'), { code, statusCode });

describe('asApiError', () => {
  it.each<[string, unknown, string]>([
    ['an AppError stays', new AppError('NO_HOST', 'none'), 'NO_HOST'],
    ['a wrong media type', fastifyError('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415), 'UNSUPPORTED_MEDIA'],
    ['a large body', fastifyError('FST_ERR_CTP_BODY_TOO_LARGE', 413), 'MESSAGE_TOO_LARGE'],
    ['a wrong length', fastifyError('FST_ERR_CTP_INVALID_CONTENT_LENGTH', 400), 'MESSAGE_MALFORMED'],
    ['an empty body', fastifyError('FST_ERR_CTP_EMPTY_JSON_BODY', 400), 'MESSAGE_MALFORMED'],
    [
      'broken JSON',
      Object.assign(new SyntaxError('Unexpected token'), { statusCode: 400 }),
      'MESSAGE_MALFORMED',
    ],
    ['a broken URL', fastifyError('FST_ERR_BAD_URL', 400), 'MESSAGE_MALFORMED'],
    ["Nest's 404", new NotFoundException(), 'ROUTE_NOT_FOUND'],
    ['another 4xx', fastifyError('FST_ERR_SOMETHING', 418), 'INVALID_ARGUMENT'],
    ['a bug', new TypeError('x is not a function'), 'INTERNAL'],
    ['a text', 'oops', 'INTERNAL'],
  ])('%s', (_, thrown, code) => expect(asApiError(thrown).code).toBe(code));

  it("never repeats a library's words", () => {
    expect(asApiError(new TypeError('secret path /srv/x')).message).not.toContain('/srv');
    expect(
      asApiError(Object.assign(new SyntaxError('"hunter2"'), { statusCode: 400 })).message,
    ).not.toContain('hunter2');
  });
});

describe('rawProblem', () => {
  it('is a whole HTTP answer', () => {
    const [head, body] = rawProblem(new AppError('ORIGIN_REFUSED', 'no')).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 403 /);
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body ?? '')}`);
    expect(JSON.parse(body ?? '')).toMatchObject({ status: 403, code: 'ORIGIN_REFUSED' });
  });
});

describe('endWith', () => {
  it('is heard whole, and frees the socket though the peer never closes its side', async () => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => endWith(socket, 'no'.repeat(1_000)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as net.AddressInfo;
    const peer = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let heard = '';
    peer.setEncoding('utf8').on('data', (text: string) => (heard += text));
    await once(peer, 'end');
    expect(heard).toBe('no'.repeat(1_000));
    // Ends only when no connection is left on this side.
    await new Promise((resolve) => server.close(resolve));
    peer.destroy();
  });
});
