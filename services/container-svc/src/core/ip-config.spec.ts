import { expect, it } from 'vitest';
import { ipConfigFile } from './ip-config.js';

it('ipconfig.txt of version 2 is these bytes', () => {
  const file = ipConfigFile({
    address: '192.168.250.2',
    prefix: 24,
    gateway: '192.168.250.1',
    dns: ['8.8.8.8'],
  });
  const expected = [
    '00000002',
    '000c 697041737369676e6d656e74', // ipAssignment
    '0006 535441544943', // STATIC
    '000b 6c696e6b41646472657373', // linkAddress
    '000d 3139322e3136382e3235302e32', // 192.168.250.2
    '00000018',
    '0007 67617465776179', // gateway
    '00000000',
    '00000001',
    '000d 3139322e3136382e3235302e31', // 192.168.250.1
    '0003 646e73', // dns
    '0007 382e382e382e38', // 8.8.8.8
    '0002 6964', // id
    '00000000',
    '0003 656f73', // eos
  ];
  expect(file.toString('hex')).toBe(expected.join('').replaceAll(' ', ''));
});

it('names every server', () => {
  const one = ipConfigFile({ address: '10.0.0.2', prefix: 8, gateway: '10.0.0.1', dns: [] });
  const two = ipConfigFile({
    address: '10.0.0.2',
    prefix: 8,
    gateway: '10.0.0.1',
    dns: ['1.1.1.1', '9.9.9.9'],
  });
  expect(two.length - one.length).toBe(2 * (2 + 7));
});
