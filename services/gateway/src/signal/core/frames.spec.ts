import { viewer } from '@ancloud/contracts';
import { describe, expect, it } from 'vitest';
import { readJoin } from './frames.js';

const join = (data: unknown, method = 'join') =>
  readJoin(viewer.parseFrame(JSON.stringify({ id: 1, method, data })));

describe('readJoin', () => {
  it('reads a token and a resume secret', () => {
    expect(join({ token: 't' })).toEqual({ id: 1, join: { kind: 'token', token: 't' }, receive: false });
    expect(join({ viewer: 'v', resume: 'r', receive: true })).toEqual({
      id: 1,
      join: { kind: 'resume', viewer: 'v', resume: 'r' },
      receive: true,
    });
  });

  it.each<[string, unknown]>([
    ['both credentials', { token: 't', viewer: 'v', resume: 'r' }],
    ['a resume secret of nobody', { resume: 'r' }],
    ['a number', { token: 1 }],
    ['a wish to receive that is neither', { token: 't', receive: 'yes' }],
    ['an empty object', {}],
    ['null', null],
    ['a text', 'token'],
  ])('refuses %s', (_, data) =>
    expect(join(data)).toMatchObject({ id: 1, problem: expect.any(String) as string }),
  );

  it('refuses anything before the join', () => {
    expect(join({ token: 't' }, 'consume')).toHaveProperty('problem');
    expect(readJoin(null)).toHaveProperty('problem');
    expect(readJoin({ notify: 'leave', data: {} })).toHaveProperty('problem');
  });
});
