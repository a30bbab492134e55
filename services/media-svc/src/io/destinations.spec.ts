import { silentLog } from '@ancloud/kit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Destinations } from './destinations.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('Destinations', () => {
  it.each([
    ['203.0.113.9', true],
    ['8.8.8.8', true],
    ['2606:4700::1111', true],
    ['127.0.0.1', false],
    ['127.9.9.9', false],
    ['0.0.0.0', false],
    ['10.1.2.3', false],
    ['172.31.255.255', false],
    ['172.32.0.1', true],
    ['192.168.240.17', false],
    ['100.64.1.1', false],
    // The clouds' metadata.
    ['169.254.169.254', false],
    ['fd00:ec2::254', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['::ffff:127.0.0.1', false],
    ['::ffff:203.0.113.9', true],
    ['::ffff:7f00:1', false],
    ['::127.0.0.1', false],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['fe80::1', false],
    ['fec0::1', false],
    ['::ffff:0:127.0.0.1', false],
    ['2001:0:7f00:1::', false],
    ['2001:200::1', true],
    ['192.88.99.1', false],
    ['ff02::1', false],
  ])('%s: %s', (address, allowed) => {
    expect(new Destinations([]).allows(address)).toBe(allowed);
  });

  it('allows inside what the operator lists, and no more', () => {
    const some = new Destinations(['127.0.0.1', '10.1.2.0/24', 'fd00:1::/32']);
    expect(
      ['127.0.0.1', '10.1.2.200', 'fd00:1::5', '::ffff:10.1.2.3'].map((one) => some.allows(one)),
    ).toEqual([true, true, true, true]);
    expect(['127.0.0.2', '10.1.3.1', 'fd00:2::5'].map((one) => some.allows(one))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("allows this machine's own addresses where the operator lists them, however they are written", () => {
    const own = (): string[] => ['203.0.113.7', '2606:4700::7'];
    const none = new Destinations([], { own });
    const these = ['203.0.113.7', '::ffff:203.0.113.7', '2606:4700:0:0::7'];
    expect(these.map((one) => none.allows(one))).toEqual([false, false, false]);
    expect(none.allows('203.0.113.8')).toBe(true);
    const some = new Destinations(['203.0.113.7', '2606:4700::7'], { own });
    expect(these.map((one) => some.allows(one))).toEqual([true, true, true]);
  });

  it("asks for this machine's own addresses once a second, however much is checked", () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const own = vi.fn<() => string[]>().mockReturnValueOnce([]).mockReturnValueOnce(['203.0.113.7']);
    const none = new Destinations([], { own });
    const allowed = Array.from({ length: 100 }, () => none.allows('203.0.113.7'));
    expect([allowed.every(Boolean), own.mock.calls.length]).toEqual([true, 1]);
    vi.advanceTimersByTime(1_000);
    expect([none.allows('203.0.113.7'), own.mock.calls.length]).toEqual([false, 2]);
  });

  it('goes by the addresses that were known last where they cannot be known, and tells so once', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let own = (): string[] => ['203.0.113.7'];
    const warn = vi.spyOn(silentLog, 'warn');
    const none = new Destinations([], { own: () => own(), log: silentLog });
    expect(none.allows('203.0.113.7')).toBe(false);
    own = () => {
      throw new Error('uv_interface_addresses returned EACCES');
    };
    for (let second = 0; second < 3; second += 1) {
      vi.advanceTimersByTime(1_000);
      expect(none.allows('203.0.113.7')).toBe(false);
    }
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
    // One that never knew them.
    const other = new Destinations([], { own: () => own() });
    expect(['203.0.113.7', '127.0.0.1', '10.1.2.3'].map((one) => other.allows(one))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('refuses a name that leads inside', async () => {
    const none = new Destinations([]);
    await expect(none.of('acme').addressOf('localhost')).rejects.toMatchObject({
      code: 'DESTINATION_REFUSED',
    });
    await expect(none.of('acme').addressOf('203.0.113.9')).resolves.toBe('203.0.113.9');
    await expect(new Destinations(['127.0.0.0/8', '::1']).of('acme').addressOf('localhost')).resolves.toMatch(
      /^(127|::1)/,
    );
  });

  it('sends nothing in clear text but where the operator lists', async () => {
    const some = new Destinations(['127.0.0.1']);
    await expect(some.of('acme').addressOf('127.0.0.1', { clear: true })).resolves.toBe('127.0.0.1');
    await expect(some.of('acme').addressOf('203.0.113.9', { clear: true })).rejects.toMatchObject({
      code: 'DESTINATION_REFUSED',
    });
  });

  it.each(['10.1.2.0/33', 'live.example', '10.1.2/24', ''])("is not made with '%s'", (network) => {
    expect(() => new Destinations([network])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
