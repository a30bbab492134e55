import { AttachStreamRequest } from '@ancloud/contracts/session/v1/session';
import type { SrtpPolicy } from '@ancloud/kit';
import { describe, expect, it } from 'vitest';
import type { Session } from '../io/session.js';
import type { StreamWish } from '../io/stream-wish.js';
import { attachStream } from './attach-stream.js';

const KEY = Buffer.alloc(44, 7);

/** What the phone's streams were asked for. */
async function asked(
  srtp: SrtpPolicy,
  key: AttachStreamRequest['srtp'],
): Promise<StreamWish['rtp'] | undefined> {
  let wish: StreamWish | undefined;
  const session = {
    phoneId: 'ph_1',
    rtp: { ip: '127.0.0.1', port: 1, srtp },
    streams: {
      attach: (given: StreamWish) => {
        wish = given;
        return Promise.resolve({ size: undefined, audio: false });
      },
    },
  } as unknown as Session;
  const request = AttachStreamRequest.fromPartial({ ip: '192.0.2.1', port: 9, videoSsrc: 1, srtp: key });
  await attachStream(session, request, new AbortController().signal);
  return wish?.rtp;
}

describe('a key for the stream', () => {
  it.each<SrtpPolicy>(['auto', 'always', 'never'])('is used when it is given (%s)', async (policy) => {
    expect(await asked(policy, { cryptoSuite: 'AEAD_AES_256_GCM', key: KEY })).toMatchObject({
      srtp: { suite: 'AEAD_AES_256_GCM', key: KEY },
    });
  });

  it.each<SrtpPolicy>(['auto', 'never'])(
    'may be missing, as an older media-svc has none (%s)',
    async (policy) => {
      expect(await asked(policy, undefined)).toMatchObject({ srtp: undefined });
    },
  );

  it('may not be missing where nothing leaves without', async () => {
    await expect(asked('always', undefined)).rejects.toMatchObject({ code: 'SRTP_REQUIRED', field: 'srtp' });
  });

  it.each([
    ['AES_CM_128_HMAC_SHA1_80', 30, 'srtp.crypto_suite'],
    ['AEAD_AES_256_GCM', 28, 'srtp.key'],
    ['AEAD_AES_128_GCM', 44, 'srtp.key'],
    ['AEAD_AES_256_GCM', 0, 'srtp.key'],
  ])('is refused when it is none: %s of %i bytes', async (cryptoSuite, size, field) => {
    const error: unknown = await asked('auto', { cryptoSuite, key: Buffer.alloc(size, 7) }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', field });
    // What was given may have been meant as one.
    expect(JSON.stringify(error)).not.toContain('7,7');
    expect(String(error)).not.toContain('0707');
  });
});
