import { FindingLevel } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import {
  addressFinding,
  allocationFinding,
  candidateFinding,
  relayFindings,
  softened,
  stunFinding,
  type Announced,
  type Tried,
} from './ice-findings.js';

const { FINDING_LEVEL_OK: OK, FINDING_LEVEL_WARN: WARN, FINDING_LEVEL_FAIL: FAIL } = FindingLevel;
const yes: Tried = { answered: true, got: 'an answer; it saw 192.0.2.9:4000' };
const no: Tried = { answered: false, got: 'no answer within 5 s' };
const own: Announced = {
  address: '192.0.2.1',
  resolved: '192.0.2.1',
  declared: false,
  own: true,
  listened: true,
};
const nat: Announced = {
  address: '198.51.100.7',
  resolved: '198.51.100.7',
  declared: true,
  own: false,
  listened: false,
};

describe('addressFinding', () => {
  it.each<[string, Announced, string, FindingLevel, RegExp]>([
    ['an own one', own, 'ADDRESS_OWN', OK, /has it/],
    ['a NAT’s', nat, 'ADDRESS_NAT', OK, /ANCLOUD_WEBRTC_ANNOUNCED declares it/],
    [
      'a name',
      { ...nat, address: 'media.example' },
      'ADDRESS_NAT',
      OK,
      /it is 198\.51\.100\.7; no interface/,
    ],
    ['a name without one', { ...nat, resolved: '' }, 'ADDRESS_UNKNOWN', FAIL, /no address/],
    ['all', { ...own, address: '0.0.0.0', resolved: '0.0.0.0' }, 'ADDRESS_UNSPECIFIED', FAIL, /none/],
    ['all of IPv6', { ...own, address: '::', resolved: '::' }, 'ADDRESS_UNSPECIFIED', FAIL, /none/],
  ])('of %s', (_, announced, code, level, got) => {
    const finding = addressFinding(announced);
    expect(finding).toMatchObject({ code, level });
    expect(finding.got).toMatch(got);
    expect(finding.fix === '').toBe(level === OK);
  });
});

describe('candidateFinding', () => {
  it.each<['udp' | 'tcp', Announced, Tried, Tried, string, FindingLevel, RegExp]>([
    ['udp', own, yes, yes, 'UDP_ANSWERED', OK, /^$/],
    ['tcp', own, yes, yes, 'TCP_ANSWERED', OK, /^$/],
    ['udp', own, no, yes, 'UDP_SILENT', FAIL, /let UDP port 7301 through this machine's firewall/],
    ['tcp', own, no, yes, 'TCP_SILENT', WARN, /let TCP port 7301 through/],
    [
      'udp',
      nat,
      no,
      yes,
      'UDP_SILENT',
      FAIL,
      /forward UDP port 7301 of 198\.51\.100\.7 .*ANCLOUD_WEBRTC_ANNOUNCED/,
    ],
    [
      'udp',
      { ...own, listened: false },
      no,
      yes,
      'UDP_SILENT',
      FAIL,
      /name 192\.0\.2\.1 in ANCLOUD_WEBRTC_LISTEN_IP/,
    ],
    ['udp', nat, no, no, 'WORKER_SILENT', FAIL, /logs media-svc/],
    ['tcp', own, no, no, 'WORKER_SILENT', FAIL, /logs media-svc/],
  ])('%s', (protocol, announced, there, local, code, level, fix) => {
    const candidate = { worker: 1, protocol, address: announced.address, port: 7_301 };
    const finding = candidateFinding(candidate, announced, { announced: there, local });
    expect(finding).toMatchObject({ code, level });
    expect(finding.tried).toContain(`${announced.address}:7301 by ${protocol.toUpperCase()}, media worker 1`);
    expect(finding.fix).toMatch(fix);
  });
});

it('softened: silent by UDP beside another address of the same worker that answers by UDP', () => {
  const tried = (worker: number, protocol: 'udp' | 'tcp', announced: Announced, there: Tried) => {
    const candidate = { worker, protocol, address: announced.address, port: 7_300 };
    return {
      candidate,
      finding: candidateFinding(candidate, announced, { announced: there, local: yes }),
    };
  };
  const findings = softened([
    tried(0, 'udp', own, yes),
    tried(0, 'udp', nat, no),
    tried(0, 'tcp', nat, no),
    tried(1, 'udp', own, no),
    tried(1, 'tcp', own, yes),
  ]);
  expect(findings.map(({ code, level }) => [code, level])).toEqual([
    ['UDP_ANSWERED', OK],
    ['UDP_SILENT', WARN],
    ['TCP_SILENT', WARN],
    ['UDP_SILENT', FAIL],
    ['TCP_ANSWERED', OK],
  ]);
});

it.each<[Tried, string]>([
  [yes, 'TURN_ALLOCATED'],
  [no, 'TURN_SILENT'],
  [{ answered: false, got: '401 Unauthorized', code: 401 }, 'TURN_REFUSED'],
  [{ answered: false, got: '486 Allocation Quota Reached', code: 486 }, 'TURN_FAILED'],
  [{ answered: false, got: 'it asks nobody for a login', code: 0 }, 'TURN_FAILED'],
])('allocationFinding: %j is %s', (tried, code) => {
  expect(allocationFinding('turn:t.example', '17:ice-self-test', tried).code).toBe(code);
});

it.each<[Tried, string]>([
  [yes, 'TURN_RELAYED'],
  [no, 'TURN_RELAY_SILENT'],
  [{ answered: false, got: '403 Forbidden IP', code: 403 }, 'TURN_RELAY_REFUSED'],
])('relayFindings: %j is %s', (tried, code) => {
  const candidate = { worker: 0, protocol: 'udp', address: '2001:db8::1', port: 7_300 } as const;
  const findings = relayFindings('turn:t.example', [{ candidate, tried }]);
  expect(findings.map((one) => one.code)).toEqual([code]);
  expect(findings[0]?.tried).toContain('[2001:db8::1]:7300 through turn:t.example');
});

it('relayFindings: a worker that is reached at one of its addresses is reached, another one is not by that', () => {
  const candidate = (worker: number, address: string) =>
    ({ worker, protocol: 'udp', address, port: 7_300 + worker }) as const;
  const findings = relayFindings('turn:t.example', [
    { candidate: candidate(0, '192.168.1.7'), tried: { answered: false, got: '403', code: 403 } },
    { candidate: candidate(0, '203.0.113.7'), tried: yes },
    { candidate: candidate(1, '192.168.1.7'), tried: { answered: false, got: '403', code: 403 } },
    { candidate: candidate(1, '203.0.113.7'), tried: no },
  ]);
  expect(findings.map(({ code, tried }) => `${code} ${tried.split(' ')[5]}`)).toEqual([
    'TURN_RELAYED 203.0.113.7:7300',
    'TURN_RELAY_REFUSED 192.168.1.7:7301',
    'TURN_RELAY_SILENT 203.0.113.7:7301',
  ]);
});

it.each([
  [yes, 'STUN_ANSWERED'],
  [no, 'STUN_SILENT'],
])('stunFinding: %j is %s', (tried, code) => {
  expect(stunFinding('stun:s.example', tried).code).toBe(code);
});
