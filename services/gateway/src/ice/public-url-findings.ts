import { BlockList, isIP } from 'node:net';
import { iceCodes, type IceCode } from '@ancloud/contracts';
import { FindingLevel, type IceFinding } from '@ancloud/contracts/common/v1/common';

/** Who tried, in findings. */
export const BY = 'gateway';

/** What came back from the public URL. */
export interface PublicUrlTries {
  /** A CORS preflight of the WHEP endpoint with the URL as its Origin. */
  readonly page: Answer;
  /** The signalling WebSocket, as a page of the URL opens it. */
  readonly signal: Answer;
}

export type Answer =
  /** `farm`: it was answered as this farm answers. */
  | { readonly answered: true; readonly farm: boolean; readonly got: string }
  | { readonly answered: false; readonly got: string };

const LEVELS = {
  ok: FindingLevel.FINDING_LEVEL_OK,
  warn: FindingLevel.FINDING_LEVEL_WARN,
  fail: FindingLevel.FINDING_LEVEL_FAIL,
} as const;

export function finding(code: IceCode, tried: string, got: string, fix: string): IceFinding {
  return { level: LEVELS[iceCodes[code].level], code, by: BY, tried, got, fix };
}

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  PRIVATE.addSubnet(network, bits);
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Who can reach an address. A name may be anybody's: it counts as public. */
export function reachOf(host: string): 'loopback' | 'private' | 'public' {
  const plain = host.replaceAll(/[[\]]/g, '');
  const family = isIP(plain);
  if (plain === 'localhost' || plain === '::1' || (family === 4 && plain.startsWith('127.')))
    return 'loopback';
  return family !== 0 && PRIVATE.check(plain, family === 4 ? 'ipv4' : 'ipv6') ? 'private' : 'public';
}

const REACHES = ['loopback', 'private', 'public'] as const;

/**
 * Whether who is let in by the public URL can also reach the media: of each media-svc at one of the addresses that it announces, which
 * are told of in its place.
 */
export function mismatches(publicUrl: string, medias: readonly (readonly string[])[]): IceFinding[] {
  const page = reachOf(new URL(publicUrl).hostname);
  const best = medias.map((announced) => {
    const reaches = announced.map((address) => REACHES.indexOf(reachOf(address)));
    const media = REACHES[Math.max(...reaches)];
    return { media, addresses: announced.join(', ') };
  });
  const told = new Map(best.map((one) => [one.addresses, one]));
  return [...told.values()].flatMap(({ media, addresses }) => {
    const tried = `pages of ${publicUrl} with media at ${addresses}`;
    const fix =
      'let ANCLOUD_WEBRTC_ANNOUNCED also name an address that those viewers reach (what it names is all that viewers are told)';
    if (media === 'loopback' && page !== 'loopback')
      return [finding('ADDRESS_LOOPBACK', tried, 'viewers of other machines would send to their own', fix)];
    if (media === 'private' && page === 'public')
      return [
        finding(
          'ADDRESS_PRIVATE',
          tried,
          'viewers outside that network need a TURN server',
          `${fix}, or run a TURN server`,
        ),
      ];
    return [];
  });
}

/** Whether browsers come in by the public URL, and may open what the player opens. */
export function publicUrlFindings(publicUrl: string, { page, signal }: PublicUrlTries): IceFinding[] {
  const findings: IceFinding[] = [];
  const asked = `OPTIONS ${publicUrl}/v1/whep`;
  if (!page.answered)
    findings.push(
      finding(
        'URL_SILENT',
        asked,
        page.got,
        'set ANCLOUD_PUBLIC_URL to what browsers call the farm by; when they reach it and only this machine does not, all is well',
      ),
    );
  else if (page.farm) findings.push(finding('URL_ANSWERED', asked, page.got, ''));
  else
    findings.push(
      finding(
        'URL_OTHER',
        asked,
        page.got,
        'let the proxy pass every path to the gateway, with the headers that come and go; or correct ANCLOUD_PUBLIC_URL',
      ),
    );
  const opened = `a WebSocket to ${publicUrl.replace(/^http/, 'ws')}/v1/signal from ${publicUrl}`;
  if (signal.answered && signal.farm) findings.push(finding('SIGNAL_OPENED', opened, signal.got, ''));
  else if (page.answered)
    findings.push(
      finding(
        'SIGNAL_REFUSED',
        opened,
        signal.got,
        'let the proxy pass Upgrade and Connection (nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade), and the Origin',
      ),
    );
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'http:' && reachOf(hostname) !== 'loopback')
    findings.push(
      finding(
        'URL_INSECURE',
        publicUrl,
        'browsers give plain HTTP no clipboard, no gamepads and no installing; tokens travel in clear text',
        'put a TLS proxy before the gateway and set ANCLOUD_PUBLIC_URL to https://…',
      ),
    );
  return findings;
}
