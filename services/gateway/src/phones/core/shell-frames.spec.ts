import { viewer } from '@ancloud/contracts';
import { describe, expect, it } from 'vitest';
import { readOpen, readShellNotice } from './shell-frames.js';

const frame = (value: unknown) => viewer.parseFrame(JSON.stringify(value));

describe('readOpen', () => {
  it('fills in a terminal', () => {
    expect(readOpen(frame({ id: 1, method: 'open', data: { key: 'k' } }))).toEqual({
      id: 1,
      key: 'k',
      command: '',
      rows: 24,
      columns: 80,
    });
    expect(readOpen(frame({ id: 1, method: 'open' }))).toMatchObject({ key: undefined });
  });

  it.each([
    { id: 1, method: 'exec', data: {} },
    { notify: 'open', data: {} },
    { id: 1, method: 'open', data: [] },
    { id: 1, method: 'open', data: { key: 1 } },
    { id: 1, method: 'open', data: { command: ['id'] } },
    { id: 1, method: 'open', data: { command: 'x'.repeat(65_537) } },
    { id: 1, method: 'open', data: { rows: 0 } },
    { id: 1, method: 'open', data: { columns: 10_001 } },
    { id: 1, method: 'open', data: { rows: '24' } },
  ])('refuses %j', (value) => expect(readOpen(frame(value))).toHaveProperty('problem'));
});

describe('readShellNotice', () => {
  it('knows two', () => {
    expect(readShellNotice(frame({ notify: 'resize', data: { rows: 1, columns: 2 } }))).toEqual({
      kind: 'resize',
      rows: 1,
      columns: 2,
    });
    expect(readShellNotice(frame({ notify: 'stdinClosed' }))).toEqual({ kind: 'stdinClosed' });
    expect(readShellNotice(frame({ notify: 'resize', data: { rows: -1, columns: 2 } }))).toBeUndefined();
    expect(readShellNotice(frame({ id: 1, ok: {} }))).toBeUndefined();
  });
});
