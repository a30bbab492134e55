import type { Http } from './http.js';

/** One way to the media that was tried. */
export interface IceFinding {
  /** `warn`: some viewers are worse off; `fail`: viewers fail. */
  readonly level: 'ok' | 'warn' | 'fail' | 'unknown';
  readonly code: string;
  /** Who tried: a media-svc, or `gateway`. */
  readonly by: string;
  readonly tried: string;
  /** What came back. */
  readonly got: string;
  /** What to do about it; empty when all is well. */
  readonly fix: string;
}

export interface IceSelfTest {
  readonly ok: boolean;
  readonly findings: readonly IceFinding[];
}

/** Takes up to 25 s. */
export function testIce(http: Http): Promise<IceSelfTest> {
  return http.json('GET', '/v1/ice/self-test');
}
