import { describe, expect, it } from 'vitest';
import { hostIdFrom, layoutFrom } from './layout.js';

describe('layoutFrom', () => {
  it('keeps every port of two farms apart', () => {
    const flat = (base: string): number[] => {
      const { metrics, ...rest } = layoutFrom('/x', { ANCLOUD_PORT_BASE: base }, 'h').ports;
      return [...Object.values(rest), ...Object.values(metrics)];
    };
    const all = [...flat('7000'), ...flat('7400')];
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(['0', '80', '65500', 'x', '7000.5'])('refuses the port base %s and names the variable', (base) => {
    expect(() => layoutFrom('/x', { ANCLOUD_PORT_BASE: base }, 'h')).toThrow('ANCLOUD_PORT_BASE');
  });

  it.each(['', 'Bridge', 'sixteen-letters-', 'a b'])('refuses the bridge name %j', (name) => {
    expect(() => layoutFrom('/x', { ANCLOUD_BRIDGE: name }, 'h')).toThrow('ANCLOUD_BRIDGE');
  });
});

describe('hostIdFrom', () => {
  it.each([
    ['node-7.example.org', 'node-7'],
    ['MY_Host', 'my-host'],
    ['---', 'host'],
    ['', 'host'],
  ])('%j → %j', (hostname, id) => expect(hostIdFrom(hostname)).toBe(id));
});
