import { describe, expect, it } from 'vitest';
import { turnServer } from './turn.js';

describe('turnServer', () => {
  it('names the end of the right and the viewer, and signs both', () => {
    const turn = { urls: ['turn:turn.example:3478?transport=udp'], secret: 'a-shared-secret' };
    // printf '1700000000:vw_1' | openssl dgst -sha1 -hmac a-shared-secret -binary | base64
    expect(turnServer(turn, 'vw_1', (1_700_000_000 - 12 * 3_600) * 1_000)).toEqual({
      urls: ['turn:turn.example:3478?transport=udp'],
      username: '1700000000:vw_1',
      credential: 'gfYZh7FguX3Ehk06lntYrLYd6wQ=',
    });
  });
});
