import { AppError } from '@ancloud/kit';
import { errors } from 'mediasoup';
import { expect, it } from 'vitest';
import { readable, refusable } from './refusable.js';

it('what the worker refuses is the viewer’s fault', async () => {
  const refused = refusable('transport', Promise.reject(new Error('connect() already called')));
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', field: 'transport' });
  await expect(refused).rejects.toThrow('connect() already called');
});

it.each([
  ['a worker that is gone', new errors.WorkerClosedError('Channel closed')],
  ['what was asked and is gone', new errors.NotFoundError('Transport not found')],
  ['what cannot be read', new TypeError('missing params.streamId')],
  ['one that has a code', new AppError('STREAM_FAILED', 'gone')],
])('%s is told as it is', async (_, error) => {
  await expect(refusable('transport', Promise.reject(error))).rejects.toBe(error);
});

it('what mediasoup cannot read is malformed, and nothing else is', () => {
  expect(readable('consume', new TypeError('no codecs'))).toMatchObject({ code: 'MESSAGE_MALFORMED' });
  const own = new Error('ours');
  expect(readable('consume', own)).toBe(own);
});
