import { iceCodes, type IceCode } from '@ancloud/contracts';
import { FindingLevel, type IceFinding } from '@ancloud/contracts/common/v1/common';

/** What came of one try. */
export type Tried =
  | {
      readonly answered: true;
      /** How the other side saw the asker, or what it gave. */ readonly got: string;
    }
  | {
      readonly answered: false;
      readonly got: string;
      /** The TURN error, where it was one. */ readonly code?: number;
    };

/** Where a media worker can be reached, as it tells viewers. */
export interface Candidate {
  readonly worker: number;
  readonly protocol: 'udp' | 'tcp';
  /** An address or a name. */
  readonly address: string;
  readonly port: number;
}

export interface Announced {
  /** What viewers are told. */
  readonly address: string;
  /** What the name stands for; the address itself; empty when the name has none. */
  readonly resolved: string;
  /** By ANCLOUD_WEBRTC_ANNOUNCED. */
  readonly declared: boolean;
  /** This machine's. */
  readonly own: boolean;
  /** Of an own one: media-svc listens there. */
  readonly listened: boolean;
}

type Finding = Omit<IceFinding, 'by'>;

const LEVELS = {
  ok: FindingLevel.FINDING_LEVEL_OK,
  warn: FindingLevel.FINDING_LEVEL_WARN,
  fail: FindingLevel.FINDING_LEVEL_FAIL,
} as const;

function finding(code: IceCode, tried: string, got: string, fix: string): Finding {
  return { level: LEVELS[iceCodes[code].level], code, tried, got, fix };
}

/** What there is to say of the announced address itself, before anything is sent. */
export function addressFinding(announced: Announced): Finding {
  const { address, resolved, declared, own } = announced;
  const tried = `the address that viewers are told: ${address}`;
  const set = 'let ANCLOUD_WEBRTC_ANNOUNCED name the addresses or names by which viewers reach this machine';
  if (resolved === '') return finding('ADDRESS_UNKNOWN', tried, 'the name has no address', set);
  const got = resolved === address ? '' : `it is ${resolved}`;
  if (resolved === '0.0.0.0' || resolved === '::')
    return finding('ADDRESS_UNSPECIFIED', tried, 'it means every address, and is none', set);
  if (own)
    return finding(
      'ADDRESS_OWN',
      tried,
      [got, "an interface of this machine's has it"].filter(Boolean).join('; '),
      '',
    );
  return finding(
    'ADDRESS_NAT',
    tried,
    [got, `no interface of this machine has it${declared ? '; ANCLOUD_WEBRTC_ANNOUNCED declares it' : ''}`]
      .filter(Boolean)
      .join('; '),
    '',
  );
}

/**
 * What a worker's candidate answered. `local` is what came of asking the same port on the address that the worker listens on: it tells a dead
 * worker from a way that is closed.
 */
export function candidateFinding(
  candidate: Candidate,
  announced: Announced,
  tries: { readonly announced: Tried; readonly local: Tried },
): Finding {
  const { protocol, address, port, worker } = candidate;
  const way = protocol === 'udp' ? 'UDP' : 'TCP';
  const tried = `a STUN binding request to ${at(address, port)} by ${way}, media worker ${worker}`;
  if (tries.announced.answered) return finding(`${way}_ANSWERED`, tried, tries.announced.got, '');
  if (!tries.local.answered)
    return finding(
      'WORKER_SILENT',
      tried,
      `${tries.announced.got}; and on the address that it listens on: ${tries.local.got}`,
      './ancloud logs media-svc tells whether the worker lives; start media-svc again',
    );
  if (announced.own && !announced.listened)
    return finding(
      `${way}_SILENT`,
      tried,
      `${tries.announced.got}; media-svc does not listen on that address of this machine`,
      `name ${address} in ANCLOUD_WEBRTC_LISTEN_IP, or no longer in ANCLOUD_WEBRTC_ANNOUNCED`,
    );
  const open = announced.own
    ? `let ${way} port ${port} through this machine's firewall, and through what lies before it`
    : `forward ${way} port ${port} of ${address} to the same port of this machine; when viewers reach it and only this machine does not, its NAT does not turn packets back`;
  const meant = `or let ANCLOUD_WEBRTC_ANNOUNCED name the addresses that viewers reach, and no other`;
  return finding(
    `${way}_SILENT`,
    tried,
    `${tries.announced.got}; the address that the worker listens on answers`,
    `${open}, ${meant}`,
  );
}

export function stunFinding(url: string, tried: Tried): Finding {
  const what = `a STUN binding request to ${url}`;
  return tried.answered
    ? finding('STUN_ANSWERED', what, tried.got, '')
    : finding('STUN_SILENT', what, tried.got, 'check the server in ANCLOUD_ICE_SERVERS, or leave it out');
}

/** What came of asking a TURN server for an address. */
export function allocationFinding(url: string, username: string, tried: Tried): Finding {
  const what = `an address of ${url}, as ${username}`;
  if (tried.answered) return finding('TURN_ALLOCATED', what, tried.got, '');
  switch (tried.code) {
    case undefined:
      return finding(
        'TURN_SILENT',
        what,
        tried.got,
        'is the server up, and is its port open to viewers and to this machine? By turns: its certificate has to be of an authority that both trust',
      );
    case 401:
    case 403:
      return finding(
        'TURN_REFUSED',
        what,
        tried.got,
        "give both sides one secret: the server's static-auth-secret (with use-auth-secret) is what ANCLOUD_TURN_SECRET_FILE holds; their clocks must agree",
      );
    default:
      return finding(
        'TURN_FAILED',
        what,
        tried.got,
        "the server's log tells why; 486 and 508: it has no more room",
      );
  }
}

/**
 * The ways by which somebody got through make others less grave: a worker that answers by UDP at one of its addresses serves those who reach
 * that one, and there are NATs that turn no packets back, and machines without IPv6, where all is well.
 */
export function softened(
  tries: readonly { readonly candidate: Candidate; readonly finding: Finding }[],
): Finding[] {
  const reached = new Set(
    tries.filter((one) => one.finding.code === 'UDP_ANSWERED').map(({ candidate }) => candidate.worker),
  );
  return tries.map(({ candidate, finding: one }) =>
    one.code === 'UDP_SILENT' && reached.has(candidate.worker) ? { ...one, level: LEVELS.warn } : one,
  );
}

/**
 * What came of sending requests to the workers through a TURN server. A worker that it reaches at one of its addresses is reached: servers
 * may be let to one address only, or have no IPv6.
 */
export function relayFindings(
  url: string,
  tries: readonly { readonly candidate: Candidate; readonly tried: Tried }[],
): Finding[] {
  const reached = new Set(
    tries.filter(({ tried }) => tried.answered).map(({ candidate }) => candidate.worker),
  );
  return tries
    .filter(({ candidate, tried }) => tried.answered || !reached.has(candidate.worker))
    .map(({ candidate, tried }) => relayFinding(url, candidate, tried));
}

function relayFinding(url: string, { address, port, worker }: Candidate, tried: Tried): Finding {
  const what = `a STUN binding request to ${at(address, port)} through ${url}, media worker ${worker}`;
  if (tried.answered) return finding('TURN_RELAYED', what, tried.got, '');
  if (tried.code !== undefined)
    return finding(
      'TURN_RELAY_REFUSED',
      what,
      tried.got,
      `let the server relay to ${address}: coturn's allowed-peer-ip, and allow-loopback-peers where that is loopback`,
    );
  return finding(
    'TURN_RELAY_SILENT',
    what,
    tried.got,
    `the server must reach UDP port ${port} of ${address}: open it, or announce an address that the server reaches`,
  );
}

/** A URL that browsers could not read either; and a TURN server that nobody can log in to. */
export function unusableUrl(url: string, why: string): Finding {
  return finding('TURN_FAILED', url, why, 'write e.g. turn:turn.example.com:3478?transport=udp');
}

export function noTurn(): Finding {
  return finding(
    'TURN_NONE',
    'the TURN servers that viewers are told',
    'there are none: viewers in networks that let neither UDP nor TCP to the media ports through fail',
    'run coturn and name it in ANCLOUD_TURN_URLS (docs/operations.md)',
  );
}

function at(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
