import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { types } from 'mediasoup';
import type { IceFinding } from '@ancloud/contracts/common/v1/common';
import type { IceServer } from '@ancloud/contracts/media/v1/media';
import {
  addressFinding,
  allocationFinding,
  candidateFinding,
  noTurn,
  relayFindings,
  softened,
  stunFinding,
  unusableUrl,
  type Announced,
  type Candidate,
  type Tried,
} from '../core/ice-findings.js';
import { readIceUrl, type IceServerUrl } from '../core/ice-url.js';
import type { Names } from '../io/names.js';
import { attribute, errorOf, method, readXorAddress, u32, valueOf, type StunMessage } from '../io/stun.js';
import { StunLink, type StunRequest } from '../io/stun-link.js';
import { TurnProbe, TurnRefusal } from '../io/turn-probe.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { type Door, type OpenedDoors, openDoors } from './self-test-doors.js';

/** Of a peer-reflexive candidate (RFC 8445 §5.1.2.1); a lite agent does not weigh it. */
const PRIORITY = u32(((110 << 24) | (65_535 << 8) | 255) >>> 0);

/** Whose names they are that it asks for: one is looked up at a time. */
const OWNER = 'ICE self-test';

export interface IceSelfTestResult {
  readonly findings: IceFinding[];
  /** Addresses that viewers are told. */
  readonly announced: string[];
}

export interface IceSelfTestOptions {
  readonly mediaId: string;
  readonly pool: WorkerPool;
  readonly listenIps: readonly string[];
  /** By ANCLOUD_WEBRTC_ANNOUNCED. */
  readonly announced: readonly string[];
  /** Those of pushes: there are two lookups at once for all. */
  readonly names: Names;
}

type Finding = Omit<IceFinding, 'by'>;

/**
 * Tries the ways by which viewers come to this media-svc: each worker's port on the announced address, by UDP and TCP, and through the TURN
 * servers that they are told. One test at a time: who asks meanwhile gets its result.
 */
export class IceSelfTest {
  readonly #options: IceSelfTestOptions;
  #running: Promise<IceSelfTestResult> | undefined;

  constructor(options: IceSelfTestOptions) {
    this.#options = options;
  }

  /** What is silent takes up to 17 s, 6 for either of two names and 5 for an answer, and is a finding. Errors: UNAVAILABLE when a worker dies meanwhile. */
  run(servers: readonly IceServer[]): Promise<IceSelfTestResult> {
    this.#running ??= this.#run(servers).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #run(servers: readonly IceServer[]): Promise<IceSelfTestResult> {
    const { pool, mediaId } = this.#options;
    const opened: OpenedDoors[] = [];
    try {
      for (const worker of pool.living) opened.push(await openDoors(worker));
      const doors = opened.flatMap((one) => one.doors);
      const announced = await this.#announced(doors);
      const tried = await Promise.all([
        Promise.all(doors.map((door) => this.#ask(door, announced))).then((all) => softened(all.flat())),
        this.#servers(servers, doors, announced),
      ]);
      const findings = [...announced.map(addressFinding), ...tried.flat()];
      return {
        findings: findings.map((one) => ({ ...one, by: mediaId })),
        announced: announced.map(({ address }) => address),
      };
    } finally {
      for (const one of opened) one.close();
    }
  }

  async #announced(doors: readonly Door[]): Promise<Announced[]> {
    const mine = new Set(
      Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address)),
    );
    const addresses = new Set(doors.map(({ candidate }) => candidate.address));
    return Promise.all(
      [...addresses].map(async (address) => {
        const [resolved = ''] = await this.#addressesOf(address).catch(() => []);
        // All of 127/8 is this machine's, though its interface has but one address of it.
        const own = mine.has(resolved) || resolved.startsWith('127.');
        const { announced, listenIps } = this.#options;
        return {
          address,
          resolved,
          declared: announced.length > 0,
          own,
          listened: listensOn(listenIps, resolved),
        };
      }),
    );
  }

  async #ask(
    door: Door,
    all: readonly Announced[],
  ): Promise<{ readonly candidate: Candidate; readonly finding: Finding }[]> {
    const announced = all.find(({ address }) => address === door.candidate.address);
    if (announced === undefined || announced.resolved === '') return [];
    const { protocol, port } = door.candidate;
    const there = await bind(protocol, announced.resolved, port, door.ice);
    const local = there.answered
      ? there
      : await bind(protocol, localOf(this.#options.listenIps, announced.resolved), port, door.ice);
    const finding = candidateFinding(door.candidate, announced, { announced: there, local });
    return [{ candidate: door.candidate, finding }];
  }

  async #servers(
    servers: readonly IceServer[],
    doors: readonly Door[],
    announced: readonly Announced[],
  ): Promise<Finding[]> {
    const urls = servers.flatMap(({ urls: all, ...login }) => all.map((url) => ({ url, login })));
    const findings = await Promise.all(
      urls.map(async ({ url, login }): Promise<Finding[]> => {
        const server = readIceUrl(url);
        if (server === undefined) return [unusableUrl(url, 'that is no URL of a STUN or TURN server')];
        const open = (): Promise<StunLink> => this.#open(server);
        if (server.scheme === 'turn') return turn(url, open, login, doors, announced);
        return [stunFinding(url, await triedBy(open))];
      }),
    );
    return urls.some(({ url }) => url.startsWith('turn')) ? findings.flat() : [...findings.flat(), noTurn()];
  }

  /** Errors: UNAVAILABLE when its name is not found or nobody is there, DEADLINE_EXCEEDED. */
  async #open({ host, port, way }: IceServerUrl): Promise<StunLink> {
    const addresses = await this.#addressesOf(host);
    if (way === 'udp') return StunLink.udp(addresses[0] ?? '', port);
    // Certificates are held against the name.
    return StunLink.tcp(host, port, { framing: 'none', tls: way === 'tls', addresses });
  }

  /** As the world has them now, not as they were found for a push. Errors: UNAVAILABLE. */
  async #addressesOf(host: string): Promise<readonly string[]> {
    return isIP(host) === 0 ? this.#options.names.addressesOf(host, OWNER, { anew: true }) : [host];
  }
}

async function turn(
  url: string,
  open: () => Promise<StunLink>,
  login: { readonly username: string; readonly credential: string },
  doors: readonly Door[],
  announced: readonly Announced[],
): Promise<Finding[]> {
  const { username } = login;
  let probe: TurnProbe;
  try {
    probe = await TurnProbe.allocate(await open(), login);
  } catch (error) {
    return [allocationFinding(url, username, failed(error))];
  }
  try {
    const { relayed } = probe;
    const got = relayed === undefined ? 'an address' : `${relayed.address}:${relayed.port}`;
    const relays = doors
      .filter(({ candidate }) => candidate.protocol === 'udp')
      .map(async ({ candidate, ice }) => {
        const address = announced.find((one) => one.address === candidate.address)?.resolved ?? '';
        const peer = { address, port: candidate.port };
        if (address === '') return [];
        const request = { kind: 'request', transaction: randomBytes(12), ...checkOf(ice) } as const;
        const tried = await probe
          .relay(peer, { ...request, attributes: request.attributes() }, Buffer.from(ice.password))
          .then((answer) => seen(answer), failed);
        return [{ candidate, tried }];
      });
    return [
      allocationFinding(url, username, { answered: true, got }),
      ...relayFindings(url, (await Promise.all(relays)).flat()),
    ];
  } finally {
    await probe.close();
  }
}

/** A connectivity check (RFC 8445 §7.2.4), without USE-CANDIDATE: nothing is chosen. */
function checkOf({
  usernameFragment,
}: types.IceParameters): StunRequest & { attributes: () => StunMessage['attributes'] } {
  return {
    method: method.binding,
    attributes: () => [
      { type: attribute.username, value: Buffer.from(`${usernameFragment}:test`) },
      { type: attribute.priority, value: PRIORITY },
      { type: attribute.iceControlling, value: randomBytes(8) },
    ],
  };
}

/** One binding request; with `ice` to a media worker, else to a STUN server. */
function bind(
  protocol: 'udp' | 'tcp',
  host: string,
  port: number,
  ice?: types.IceParameters,
): Promise<Tried> {
  return triedBy(
    () =>
      protocol === 'udp'
        ? Promise.resolve(StunLink.udp(host, port))
        : StunLink.tcp(host, port, { framing: 'length', tls: false }),
    ice,
  );
}

async function triedBy(open: () => Promise<StunLink>, ice?: types.IceParameters): Promise<Tried> {
  let link: StunLink | undefined;
  try {
    link = await open();
    const plain: StunRequest = { method: method.binding, attributes: () => [] };
    return seen(
      ice === undefined ? await link.ask(plain) : await link.ask(checkOf(ice), Buffer.from(ice.password)),
    );
  } catch (error) {
    return failed(error);
  } finally {
    link?.close();
  }
}

function seen(answer: StunMessage): Tried {
  const error = errorOf(answer);
  if (answer.kind !== 'success')
    return { answered: false, got: `${error?.code ?? ''} ${error?.reason ?? ''}`.trim() };
  const mapped = valueOf(answer, attribute.xorMappedAddress);
  const as = mapped === undefined ? undefined : readXorAddress(mapped, answer.transaction);
  return {
    answered: true,
    got: as === undefined ? 'an answer' : `an answer; it saw ${as.address}:${as.port}`,
  };
}

function failed(error: unknown): Tried {
  const got = error instanceof Error ? error.message : String(error);
  return error instanceof TurnRefusal ? { answered: false, got, code: error.code } : { answered: false, got };
}

/** `::` is of both families (RFC 4291 §2.5.5.2). */
function listensOn(ips: readonly string[], address: string): boolean {
  return ips.some((one) => one === address || one === '::' || (one === '0.0.0.0' && isIP(address) === 4));
}

/** Where this machine reaches what listens on one of `ips`: the one of the family of `address`, where there is one. */
function localOf(ips: readonly string[], address: string): string {
  const ip = ips.find((one) => isIP(one) === isIP(address)) ?? ips[0] ?? '';
  if (ip === '0.0.0.0') return '127.0.0.1';
  return ip === '::' ? '::1' : ip;
}
