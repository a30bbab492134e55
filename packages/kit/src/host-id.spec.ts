import { describe, expect, it } from 'vitest';
import { hostId, hostIdFrom, instanceId } from './host-id.js';

describe('hostIdFrom', () => {
  it.each([
    ['node-7.example.org', 'node-7'],
    ['MY_Host', 'my-host'],
    ['---', 'host'],
    ['', 'host'],
    [`-${'x'.repeat(62)}-y`, 'x'.repeat(62)],
  ])('%j → %j', (hostname, id) => expect(hostIdFrom(hostname)).toBe(id));
});

describe('ids', () => {
  it('come from the machine’s name where none is given', () => {
    expect(hostId('Node-7.example.org').parse(undefined)).toBe('node-7');
    expect(instanceId('media', 'Node-7.example.org').parse(undefined)).toBe('media-node-7');
  });

  it.each(['No Host', 'a.b', '-a', 'a-', 'x'.repeat(64)])('refuse %j', (id) =>
    expect(hostId('h').safeParse(id).success).toBe(false),
  );
});
