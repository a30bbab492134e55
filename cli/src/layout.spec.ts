import { describe, expect, it } from 'vitest';
import { layoutFrom, portsOf } from './layout.js';

describe('layoutFrom', () => {
  it('keeps every port of two farms apart', () => {
    const flat = (base: string): number[] =>
      portsOf(layoutFrom('/x', { ANCLOUD_PORT_BASE: base, ANCLOUD_MEDIA_INSTANCES: '2' }, 'h')).map(
        ([, port]) => port,
      );
    const all = [...flat('7000'), ...flat('7400')];
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(['0', '80', '65500', 'x', '7000.5'])('refuses the port base %s and names the variable', (base) => {
    expect(() => layoutFrom('/x', { ANCLOUD_PORT_BASE: base }, 'h')).toThrow('ANCLOUD_PORT_BASE');
  });

  it.each([
    ['ANCLOUD_BRIDGE', 'a b'],
    ['ANCLOUD_HOST_ID', 'Not_A_Label'],
    ['ANCLOUD_SUBNET', '10.0.0.1'],
    ['ANCLOUD_HTTP_IP', 'localhost'],
    ['ANCLOUD_MEDIA_INSTANCES', '3'],
    ['ANCLOUD_WEBRTC_LISTEN_IP', '10.0.0.256'],
    ['ANCLOUD_WEBRTC_LISTEN_IP', '10.0.0.2,10.0.0.2'],
  ])('refuses %s=%s by name', (name, value) => {
    expect(() => layoutFrom('/x', { [name]: value }, 'h')).toThrow(name);
  });

  it('tells all mistakes at once', () => {
    expect(() => layoutFrom('/x', { ANCLOUD_PORT_BASE: '1', ANCLOUD_SUBNET: 'x' }, 'h')).toThrow(
      /^2 mistakes[^]*ANCLOUD_SUBNET[^]*ANCLOUD_PORT_BASE/,
    );
  });

  it('takes an empty variable for an absent one, as the services do', () => {
    expect(layoutFrom('/x', { ANCLOUD_BRIDGE: '', ANCLOUD_HOST_ID: '' }, 'Node-7.lan')).toMatchObject({
      bridge: 'ancloud',
      hostId: 'node-7',
    });
  });
});
