import type { viewer as protocol } from '@ancloud/contracts';
import { FindingLevel } from '@ancloud/contracts/common/v1/common';
import type { IceSelfTest } from '@ancloud/contracts/gateway/v1/gateway';
import { requireAdmin, type Principal } from '../auth/principal.js';
import { askMedias, type MediaAsking } from '../signal/ask-medias.js';
import { finding, mismatches, publicUrlFindings } from './public-url-findings.js';
import { tryPublicUrl } from './try-public-url.js';

/** What is silent takes a media-svc 17 s (ice-self-test.ts). */
const TEST_MS = 25_000;
/** In the user name of the credentials that TURN servers are tried with: no viewer's id. */
const TESTER = 'ice-self-test';

export interface IceTestParts extends MediaAsking {
  readonly publicUrl: string;
  readonly iceServers: (viewer: string) => readonly protocol.IceServer[];
}

/**
 * Why a viewer fails: every media-svc tries its own ports and the TURN servers, this gateway the public URL.
 * Errors: FORBIDDEN; UNAVAILABLE when a media-svc does not answer.
 */
export async function testIce(parts: IceTestParts, principal: Principal): Promise<IceSelfTest> {
  requireAdmin(principal, 'the ICE self-test');
  const servers = parts
    .iceServers(TESTER)
    .map(({ urls, username = '', credential = '' }) => ({ urls: [...urls], username, credential }));
  const [medias, url] = await Promise.all([
    askMedias(parts, async (media) => [
      await media.testIce({ servers }, { deadlineMs: TEST_MS, retries: 0 }),
    ]),
    tryPublicUrl(parts.publicUrl),
  ]);
  const findings = [
    ...(medias.length === 0
      ? [finding('NO_MEDIA', 'the media-svcs of the farm', 'there is none', 'start media-svc')]
      : []),
    ...medias.flatMap(({ what }) => what.findings),
    ...mismatches(
      parts.publicUrl,
      medias.map(({ what }) => what.announced),
    ),
    ...publicUrlFindings(parts.publicUrl, url),
  ];
  return { ok: findings.every(({ level }) => level !== FindingLevel.FINDING_LEVEL_FAIL), findings };
}
