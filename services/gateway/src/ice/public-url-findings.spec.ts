import { describe, expect, it } from 'vitest';
import { mismatches, publicUrlFindings, reachOf, type Answer } from './public-url-findings.js';

it.each([
  ['localhost', 'loopback'],
  ['127.0.0.2', 'loopback'],
  ['[::1]', 'loopback'],
  ['10.1.2.3', 'private'],
  ['172.31.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['[fd00::1]', 'private'],
  ['2001:db8::1', 'public'],
  ['phones.example.com', 'public'],
  ['127.example.com', 'public'],
])('%s is %s', (host, reach) => {
  expect(reachOf(host)).toBe(reach);
});

describe('mismatches', () => {
  it.each<[string, readonly (readonly string[])[], readonly string[]]>([
    ['http://127.0.0.1:7080', [['127.0.0.1']], []],
    ['https://phones.example.com', [['127.0.0.1'], ['127.0.0.1']], ['ADDRESS_LOOPBACK']],
    ['http://192.168.1.2:7080', [['127.0.0.1']], ['ADDRESS_LOOPBACK']],
    ['http://192.168.1.2:7080', [['192.168.1.2']], []],
    ['https://phones.example.com', [['10.0.0.2'], ['198.51.100.7']], ['ADDRESS_PRIVATE']],
    // One of them is enough.
    ['https://phones.example.com', [['10.0.0.2', '198.51.100.7', '127.0.0.1']], []],
    ['http://192.168.1.2:7080', [['127.0.0.1', '192.168.1.2']], []],
    ['https://phones.example.com', [['127.0.0.1', 'fd00::1']], ['ADDRESS_PRIVATE']],
    // No worker lives: there is nothing to tell of.
    ['https://phones.example.com', [[]], []],
    ['https://phones.example.com', [['media.example.com']], []],
  ])('%s with media at %j: %j', (url, announced, codes) => {
    expect(mismatches(url, announced).map(({ code }) => code)).toEqual(codes);
  });
});

describe('publicUrlFindings', () => {
  const yes: Answer = { answered: true, farm: true, got: '200' };
  const other: Answer = { answered: true, farm: false, got: '404' };
  const no: Answer = { answered: false, got: 'ECONNREFUSED' };
  it.each<[string, Answer, Answer, readonly string[]]>([
    ['http://127.0.0.1:7080', yes, yes, ['URL_ANSWERED', 'SIGNAL_OPENED']],
    ['https://phones.example.com', yes, other, ['URL_ANSWERED', 'SIGNAL_REFUSED']],
    ['https://phones.example.com', yes, no, ['URL_ANSWERED', 'SIGNAL_REFUSED']],
    ['https://phones.example.com', other, other, ['URL_OTHER', 'SIGNAL_REFUSED']],
    // What is not there refuses nothing.
    ['https://phones.example.com', no, no, ['URL_SILENT']],
    ['http://phones.example.com', yes, yes, ['URL_ANSWERED', 'SIGNAL_OPENED', 'URL_INSECURE']],
  ])('%s', (url, page, signal, codes) => {
    const findings = publicUrlFindings(url, { page, signal });
    expect(findings.map(({ code }) => code)).toEqual(codes);
    for (const { code, fix } of findings) expect(fix === '', code).toBe(/ANSWERED|OPENED/.test(code));
  });
});
